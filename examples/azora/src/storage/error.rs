//! What can go wrong with the database.

use std::fmt;

use rusqlite::ErrorCode;
use vitalsigns::families::database::QueryError;

/// Why the database did not do what it should.
#[derive(Debug)]
pub enum StorageError {
    /// It has too much to do: the line is full, no connection came free, or another program holds
    /// it.
    Busy,
    /// It was closed: the service goes down.
    Closed,
    /// The work was lost to a panic.
    Lost,
    /// Anything else that SQLite says.
    Failed(rusqlite::Error),
}

impl StorageError {
    /// What it counts as.
    pub(super) fn kind(&self) -> QueryError {
        match self {
            Self::Busy => QueryError::Timeout,
            Self::Closed | Self::Lost | Self::Failed(_) => QueryError::Error,
        }
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Failed(error),
        }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the database is busy"),
            Self::Closed => f.write_str("the database is closed"),
            Self::Lost => f.write_str("the work at the database has panicked"),
            Self::Failed(error) => write!(f, "the database failed: {error}"),
        }
    }
}

impl std::error::Error for StorageError {}
