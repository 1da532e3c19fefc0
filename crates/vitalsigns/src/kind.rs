//! What a metric measures like: the kinds of OpenMetrics that a program can record.

use std::fmt;

/// The kind of a metric family.
///
/// # Examples
///
/// ```
/// use vitalsigns::Kind;
///
/// assert_eq!(Kind::Counter.to_string(), "counter");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "json", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Kind {
    /// A total that only grows, until the process restarts.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Observations counted by size, in buckets.
    Histogram,
    /// Facts about the program, as the labels of a sample that is always 1.
    Info,
    /// Which of a closed set of states are on.
    StateSet,
    /// Of a kind that its source did not say; only foreign metrics are of it.
    Unknown,
}

impl Kind {
    /// The name of the kind as OpenMetrics writes it after `# TYPE`.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns::Kind::StateSet.as_str(), "stateset");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            Kind::Info => "info",
            Kind::StateSet => "stateset",
            Kind::Unknown => "unknown",
        }
    }

    /// What distinguishes the names of this kind: `_total`, `_info` or nothing.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            _ => "",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
