//! Stores that block: their work is done on threads for that, in epochs.
//!
//! Whoever gives up waiting for such a thread does not stop it. Work that belongs to an earlier
//! epoch than the one that has begun is refused when its turn comes.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio::task::spawn_blocking;

use crate::memory::StoreError;

/// Something that one thread at a time may use.
#[derive(Debug)]
pub(super) struct Epochs<T> {
    inner: Arc<(Mutex<T>, AtomicU64)>,
}

impl<T: Send + 'static> Epochs<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            inner: Arc::new((Mutex::new(value), AtomicU64::new(0))),
        }
    }

    /// Works in the epoch that it is.
    pub(super) async fn work<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let epoch = self.inner.1.load(Ordering::SeqCst);
        self.work_in(epoch, work).await
    }

    /// Begins a new epoch with this work.
    pub(super) async fn begin<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let epoch = self.inner.1.fetch_add(1, Ordering::SeqCst) + 1;
        self.work_in(epoch, work).await
    }

    async fn work_in<R: Send + 'static>(
        &self,
        epoch: u64,
        work: impl FnOnce(&mut T) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let inner = Arc::clone(&self.inner);
        let done = spawn_blocking(move || {
            // What a panic has left is put right by the next takeover.
            let mut value = inner.0.lock().unwrap_or_else(PoisonError::into_inner);
            if inner.1.load(Ordering::SeqCst) != epoch {
                return Err(StoreError::Unavailable("it was taken over".to_owned()));
            }
            work(&mut value)
        });
        done.await
            .unwrap_or_else(|error| Err(StoreError::unavailable(error)))
    }
}
