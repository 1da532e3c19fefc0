//! The connections that read, lent out one by one.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vitalsigns::families::{
    Database,
    database::{self, AcquireError, PoolState},
};

use super::{error::StorageError, session::Session};
use crate::metrics::Pool;

/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// The pool.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Arc<Semaphore>,
    max: u32,
    metrics: Database<Pool>,
}

/// A connection that goes back into the pool, however its use ends.
struct Lent {
    /// `None` once it is back.
    connection: Option<Connection>,
    readers: Readers,
    // Let go of in this order, after the connection is back.
    _in_use: database::Connection,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>, metrics: Database<Pool>) -> Self {
        let readers = Self {
            free: Arc::new(Semaphore::new(connections.len())),
            max: u32::try_from(connections.len()).unwrap_or(u32::MAX),
            idle: Arc::new(Mutex::new(connections)),
            metrics,
        };
        readers.with_idle(|_| ());
        readers
    }

    /// Runs work on one of the connections, on a thread that may block.
    pub(super) async fn run<T, E>(
        &self,
        work: impl FnOnce(&Session<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let lent = self.lend().await?;
        let done = tokio::task::spawn_blocking(move || match &lent.connection {
            Some(connection) => work(&Session::new(connection, &lent.readers.metrics)),
            None => Err(StorageError::Closed.into()),
        });
        done.await
            .unwrap_or_else(|_| Err(StorageError::Lost.into()))
    }

    async fn lend(&self) -> Result<Lent, StorageError> {
        let waiting = self.metrics.acquire();
        let permit = tokio::time::timeout(PATIENCE, self.free.clone().acquire_owned()).await;
        let Ok(permit) = permit else {
            waiting.fail(AcquireError::Timeout);
            return Err(StorageError::Busy);
        };
        let connection = self.with_idle(Vec::pop);
        let (Ok(permit), Some(connection)) = (permit, connection) else {
            waiting.fail(AcquireError::Error);
            return Err(StorageError::Closed);
        };
        Ok(Lent {
            connection: Some(connection),
            readers: self.clone(),
            _in_use: waiting.acquired(),
            _permit: permit,
        })
    }

    /// Closes the connections that nobody uses, and has nobody get one any more.
    pub(super) fn close(&self) {
        self.free.close();
        drop(self.with_idle(std::mem::take));
    }

    fn with_idle<T>(&self, change: impl FnOnce(&mut Vec<Connection>) -> T) -> T {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut idle);
        self.metrics.pool(PoolState {
            open: self.max,
            idle: u32::try_from(idle.len()).unwrap_or(u32::MAX),
            max: self.max,
        });
        result
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.with_idle(|idle| idle.push(connection));
        }
    }
}
