//! Where threads are held until they are let go.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Shut at first. Whoever passes waits until it is open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Door(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    is_open: bool,
    waiting: usize,
}

impl Door {
    pub(crate) fn pass(&self) {
        let mut state = self.lock();
        state.waiting += 1;
        self.0.1.notify_all();
        while !state.is_open {
            state = self.wait(state);
        }
        state.waiting -= 1;
    }

    /// Waits until somebody is at the door.
    pub(crate) fn wait_for_one(&self) {
        let mut state = self.lock();
        while state.waiting == 0 {
            state = self.wait(state);
        }
    }

    pub(crate) fn open(&self) {
        self.lock().is_open = true;
        self.0.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}
