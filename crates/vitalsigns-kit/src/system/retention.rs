//! How long measurements are kept.

/// How long measurements are kept: whatever comes first.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::system::{Retention, System};
///
/// let system = System::new("shop").retention(Retention::new("90d", "50GB"));
/// assert_eq!(system.retention.size, "50GB");
/// assert_eq!(Retention::default().time, "30d");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// For so long, as Prometheus writes it: `90d`.
    pub time: String,
    /// No more than this, as Prometheus writes it: `50GB`.
    pub size: String,
}

impl Retention {
    /// By time and by size, each as Prometheus writes it.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(time: impl Into<String>, size: impl Into<String>) -> Self {
        Retention {
            time: time.into(),
            size: size.into(),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Retention::new("30d", "10GB")
    }
}
