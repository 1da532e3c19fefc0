//! Why a job failed.

use std::{fmt, io, time::Duration};

use vitalsigns::LabelValue;
pub use vitalsigns::families::video::ErrorKind;

/// A failure with its reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobError {
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// What happened, for the user.
    pub reason: String,
}

impl JobError {
    /// A failure of a kind, with its reason.
    pub fn new(kind: ErrorKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
        }
    }

    /// A file that could not be handled.
    pub fn storage(what: &str, error: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Storage, format!("{what}: {error}"))
    }

    /// A deadline that has passed.
    pub fn timeout(what: &str, deadline: Duration) -> Self {
        Self::new(
            ErrorKind::Timeout,
            format!("{what} took longer than {deadline:?}"),
        )
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.as_label(), self.reason)
    }
}

impl std::error::Error for JobError {}

impl From<io::Error> for JobError {
    fn from(error: io::Error) -> Self {
        Self::storage("a file of the job", error)
    }
}
