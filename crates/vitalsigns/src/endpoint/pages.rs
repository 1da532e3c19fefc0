//! Pages that are asked for at the same time are written once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::turns::Turns;

/// Pages of type `P`, one of each kind `K` being written at most; kinds are few.
pub(super) struct Pages<K, P> {
    slots: Mutex<HashMap<K, Arc<Turns<(), P>>>>,
    /// How many wait for a page or write one.
    open: Arc<AtomicUsize>,
}

impl<K, P> Default for Pages<K, P> {
    fn default() -> Self {
        Pages {
            slots: Mutex::default(),
            open: Arc::default(),
        }
    }
}

impl<K: Eq + Hash, P: Clone> Pages<K, P> {
    /// Room for one more who asks, unless there are `most` already.
    pub(super) fn enter(&self, most: usize) -> Option<Entered> {
        let entered = Entered(Arc::clone(&self.open));
        (self.open.fetch_add(1, Ordering::AcqRel) < most).then_some(entered)
    }

    /// A page that was begun after this was called, written here or by somebody else; one of
    /// somebody else that does not `suit` is not taken. Who has waited `until` waits no longer.
    pub(super) fn shared(
        &self,
        kind: K,
        until: Instant,
        suits: impl Fn(&P) -> bool,
        write: impl Fn() -> P,
    ) -> P {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = Arc::clone(slots.entry(kind).or_default());
        drop(slots);
        let page = slot.shared((), until, suits, |_| write());
        page.unwrap_or_else(write)
    }
}

/// One who asks for a page.
#[derive(Debug)]
pub(super) struct Entered(Arc<AtomicUsize>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_has_no_time_left_writes_a_page_of_its_own() {
        let pages = Pages::<(), usize>::default();
        let (started, goes_on) = (Barrier::new(2), Barrier::new(2));
        let later = || Instant::now() + Duration::from_secs(600);
        thread::scope(|scope| {
            let long = scope.spawn(|| {
                let write = || {
                    started.wait();
                    goes_on.wait();
                    1
                };
                pages.shared((), later(), |_| true, write)
            });
            started.wait();
            let soon = Instant::now() + Duration::from_millis(20);
            assert_eq!(pages.shared((), soon, |_| true, || 2), 2);
            goes_on.wait();
            assert_eq!(long.join().unwrap(), 1);
        });
    }

    #[test]
    fn there_is_room_for_as_many_as_said() {
        let pages = Pages::<(), usize>::default();
        let one = pages.enter(2);
        let two = pages.enter(2);
        assert!(one.is_some() && two.is_some() && pages.enter(2).is_none());
        drop(one);
        assert!(pages.enter(2).is_some());
    }
}
