//! How much an alert matters.

/// How much an alert matters: a closed set, so that each has a way to somebody.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::alert::Severity;
///
/// assert_eq!(Severity::Critical.as_str(), "critical");
/// assert!(Severity::Critical > Severity::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It always fires, and shows that alerts arrive.
    None,
    /// Somebody may want to know.
    Info,
    /// Somebody looks at it on a working day.
    Warning,
    /// Somebody is woken.
    Critical,
}

impl Severity {
    /// The value of the label `severity`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::None => "none",
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}
