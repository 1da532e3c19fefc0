//! One change of an item at a time.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

const LOCKS: usize = 256;

/// Locks for keys; some keys share one.
#[derive(Debug)]
pub(super) struct Locks {
    locks: [Mutex<()>; LOCKS],
    hashes: RandomState,
}

impl Default for Locks {
    fn default() -> Self {
        Self {
            locks: std::array::from_fn(|_| Mutex::default()),
            hashes: RandomState::new(),
        }
    }
}

impl Locks {
    pub(super) async fn lock(&self, key: &str) -> MutexGuard<'_, ()> {
        let index = self.hashes.hash_one(key) % LOCKS as u64;
        self.locks[index as usize].lock().await
    }
}
