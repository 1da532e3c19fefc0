//! The folder that a service keeps its data in.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tempfile::TempDir;

/// Why a folder cannot be used.
#[derive(Debug)]
pub enum FolderError {
    /// Another program works in it.
    InUse(PathBuf),
    /// What the system says.
    Failed(PathBuf, io::Error),
}

/// A folder that is ours alone; a temporary one is removed with it.
#[derive(Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Held so that no second service works here.
    lock: File,
    temporary: Mutex<Option<TempDir>>,
}

impl Folder {
    /// Opens or makes a folder; where none is wanted, a temporary one with the name of the service in
    /// front.
    ///
    /// # Errors
    ///
    /// Where another program works in it, or it cannot be used.
    pub fn open(service: &str, wanted: Option<&Path>) -> Result<Self, FolderError> {
        let temporary = match wanted {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix(&format!("{service}-"))
                    .tempdir()
                    .map_err(|error| FolderError::Failed(std::env::temp_dir(), error))?,
            ),
        };
        let path = match (wanted, &temporary) {
            (None, Some(temporary)) => temporary.path(),
            (wanted, _) => wanted.unwrap_or(Path::new(".")),
        };
        let path = path.to_owned();
        let failed = |error| FolderError::Failed(path.clone(), error);
        fs::create_dir_all(&path).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path,
                lock,
                temporary: Mutex::new(temporary),
            }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path)),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Leaves it to others, and removes it if it is a temporary one.
    pub fn close(&self) {
        // Not when the file is closed: a process that is being started may have it for a moment.
        // What cannot be unlocked is so then.
        let _ = self.lock.unlock();
        let mut temporary = self
            .temporary
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // What cannot be removed is in the folder for temporary files.
        drop(temporary.take());
    }
}
