//! The database: SQLite in a folder, one connection that writes and some that read.
//!
//! Nothing here blocks a thread that serves requests: writes are made on a thread of their own,
//! reads on threads that may block. In a folder that was asked for, what [`Storage::write`] has
//! answered survives the end of the process and of the machine (write-ahead log, synchronised at
//! each commit). A temporary folder goes with the service, so nobody waits for a disk there.

mod error;
mod migrations;
mod observer;
mod readers;
mod session;
mod writer;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use visitor::folder::{Folder, FolderError};

pub use error::StorageError;
pub use observer::{Held, Observer};
pub use session::Session;

use crate::{config::Config, metrics::Metrics};
use migrations::MigrateError;
use readers::Readers;
use writer::Writer;

/// How long a statement waits for another program that holds the database.
const BUSY: Duration = Duration::from_secs(2);

/// Why a database could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another service works in the folder.
    InUse(PathBuf),
    /// The folder cannot be used.
    Folder(PathBuf, io::Error),
    /// A newer program has written the database.
    TooNew(PathBuf),
    /// The database cannot be used.
    Database(PathBuf, rusqlite::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(path) => {
                let path = path.display();
                write!(f, "another program works in the data folder {path}")
            }
            Self::Folder(path, error) => {
                write!(f, "cannot use the data folder {}: {error}", path.display())
            }
            Self::TooNew(path) => {
                let path = path.display();
                write!(f, "a newer azora has written the database {path}")
            }
            Self::Database(path, error) => {
                write!(f, "cannot use the database {}: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for OpenError {}

/// The database.
#[derive(Debug)]
pub struct Storage {
    writer: Writer,
    readers: Readers,
    // Removed last, where it is a temporary one.
    folder: Folder,
}

impl Storage {
    /// Opens the database, brings it up to date, and gives what the metrics page looks at it with.
    pub fn open(config: &Config, metrics: &Metrics) -> Result<(Self, Observer), OpenError> {
        let folder =
            Folder::open("azora", config.data_dir.as_deref()).map_err(|error| match error {
                FolderError::InUse(path) => OpenError::InUse(path),
                FolderError::Failed(path, error) => OpenError::Folder(path, error),
            })?;
        let path = folder.path.join("azora.sqlite");
        let failed = |error| OpenError::Database(path.clone(), error);
        let writing = writing(&path, config.data_dir.is_some()).map_err(|error| match error {
            MigrateError::TooNew => OpenError::TooNew(path.clone()),
            MigrateError::Failed(error) => failed(error),
        })?;
        let connections: Result<Vec<_>, _> =
            (0..config.readers.max(1)).map(|_| reading(&path)).collect();
        let readers = Readers::new(connections.map_err(failed)?, metrics.reads.clone());
        let observer = Observer::new(reading(&path).map_err(failed)?, metrics.reads.clone());
        let writer = Writer::start(writing, config.writes, metrics)
            .map_err(|error| OpenError::Folder(folder.path.clone(), error))?;
        let storage = Self {
            writer,
            readers,
            folder,
        };
        Ok((storage, observer))
    }

    /// Runs work as one transaction. It is done whether or not somebody still waits; an error, of
    /// the database or of the work, takes it all back.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&Session<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.writer.run(work).await
    }

    /// Runs work that changes nothing.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&Session<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.readers.run(work).await
    }

    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// Does the writes that wait and takes no more, and removes a temporary folder. Blocks for as
    /// long as that takes.
    pub fn close(&self) {
        self.readers.close();
        self.writer.close();
        self.folder.close();
    }
}

fn writing(path: &Path, is_kept: bool) -> Result<Connection, MigrateError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = if is_kept { "FULL" } else { "OFF" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrations::migrate(&mut connection)?;
    Ok(connection)
}

fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}
