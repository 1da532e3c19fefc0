//! What threads meet at: the standard library's, or loom's, which tries every order of events.
//!
//! Only what recording and scraping race for goes through here; `Arc<str>` and the like do not.

#[cfg(not(loom))]
pub(crate) use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic,
};

#[cfg(loom)]
pub(crate) use loom::sync::{
    Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic,
};

/// Loom has none of its own; what is in this one is never freed.
#[cfg(loom)]
#[derive(Debug)]
pub(crate) struct OnceLock<T: 'static>(Mutex<Option<&'static T>>);

#[cfg(loom)]
impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        OnceLock(Mutex::new(None))
    }

    pub(crate) fn get(&self) -> Option<&T> {
        *self.lock()
    }

    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        self.lock()
            .get_or_insert_with(|| Box::leak(Box::new(init())))
    }

    fn lock(&self) -> MutexGuard<'_, Option<&'static T>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
