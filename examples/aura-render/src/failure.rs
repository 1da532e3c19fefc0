//! Why a job failed.

use std::{fmt, io, time::Duration};

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A stage took longer than its deadline.
    Timeout,
    /// The request is well formed, but no video can be made from it.
    InvalidInput,
    /// ffmpeg could not be run, or failed.
    Dependency,
    /// A file could not be written, read or kept.
    Storage,
    /// A fault in this program.
    Internal,
}

impl ErrorKind {
    /// The name that users see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::InvalidInput => "invalid_input",
            Self::Dependency => "dependency",
            Self::Storage => "storage",
            Self::Internal => "internal",
        }
    }
}

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
        write!(f, "{}: {}", self.kind.name(), self.reason)
    }
}

impl std::error::Error for JobError {}

impl From<io::Error> for JobError {
    fn from(error: io::Error) -> Self {
        Self::storage("a file of the job", error)
    }
}
