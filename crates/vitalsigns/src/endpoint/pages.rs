//! Pages that are asked for at the same time are written once.
//!
//! Who comes while a page is being written waits for the next one, and so do all others who come
//! by then: it has what was recorded before any of them asked. So at most one page of a kind is
//! being written, however many ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Pages of type `P`, one for each kind `K` at most; kinds are few.
pub(super) struct Pages<K, P> {
    slots: Mutex<HashMap<K, Arc<Slot<P>>>>,
    /// Tells what was before what.
    clock: AtomicU64,
    /// How many wait for a page or write one.
    open: AtomicUsize,
}

struct Slot<P> {
    turn: Mutex<Turn<P>>,
    /// A page has been written, or has not.
    ended: Condvar,
    waiting: AtomicUsize,
}

struct Turn<P> {
    /// The last page and when it was begun, for as long as somebody waits.
    page: Option<(u64, P)>,
    /// Somebody writes the next one.
    is_taken: bool,
}

impl<K, P> Default for Pages<K, P> {
    fn default() -> Self {
        Pages {
            slots: Mutex::default(),
            clock: AtomicU64::new(0),
            open: AtomicUsize::new(0),
        }
    }
}

impl<K: Eq + Hash, P: Clone> Pages<K, P> {
    /// Room for one more who asks, unless there are `most` already.
    pub(super) fn enter(&self, most: usize) -> Option<Entered<'_>> {
        let entered = Entered(&self.open);
        (self.open.fetch_add(1, Ordering::AcqRel) < most).then_some(entered)
    }

    /// A page that was begun after this was called, written here or by somebody else; one of
    /// somebody else that does not `suit` is not taken. Who has waited `until` waits no longer.
    pub(super) fn shared(
        &self,
        kind: K,
        until: Instant,
        suits: impl Fn(&P) -> bool,
        write: impl FnOnce() -> P,
    ) -> P {
        let arrived = self.clock.fetch_add(1, Ordering::AcqRel);
        let slot = Arc::clone(lock(&self.slots).entry(kind).or_insert_with(|| {
            Arc::new(Slot {
                turn: Mutex::new(Turn {
                    page: None,
                    is_taken: false,
                }),
                ended: Condvar::new(),
                waiting: AtomicUsize::new(0),
            })
        }));
        let waiting = Waiting::new(&slot);
        let slot = waiting.0;
        let mut turn = lock(&slot.turn);
        loop {
            match &turn.page {
                Some((begun, known)) if *begun > arrived && suits(known) => return known.clone(),
                _ if !turn.is_taken => break,
                _ => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(turn);
                return write();
            }
            let woken = slot.ended.wait_timeout(turn, left);
            turn = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        turn.is_taken = true;
        drop(turn);
        let taken = Taken(slot);
        let begun = self.clock.fetch_add(1, Ordering::AcqRel);
        let new = write();
        lock(&slot.turn).page = Some((begun, new.clone()));
        drop(taken);
        new
    }
}

/// Somebody writes. The next one's turn comes when this goes, however that happens.
struct Taken<'a, P>(&'a Slot<P>);

impl<P> Drop for Taken<'_, P> {
    fn drop(&mut self) {
        lock(&self.0.turn).is_taken = false;
        self.0.ended.notify_all();
    }
}

/// One who waits for a page of this kind. The last one to leave leaves no page behind.
struct Waiting<'a, P>(&'a Slot<P>);

impl<'a, P> Waiting<'a, P> {
    fn new(slot: &'a Slot<P>) -> Self {
        slot.waiting.fetch_add(1, Ordering::AcqRel);
        Waiting(slot)
    }
}

impl<P> Drop for Waiting<'_, P> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            let mut turn = lock(&self.0.turn);
            if self.0.waiting.load(Ordering::Acquire) == 0 {
                turn.page = None;
            }
        }
    }
}

/// One who asks for a page.
pub(super) struct Entered<'a>(&'a AtomicUsize);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(600)
    }

    #[test]
    fn who_waits_for_a_page_shares_the_next_one() {
        let pages = Pages::<(), usize>::default();
        let written = AtomicUsize::new(0);
        let (started, goes_on) = (Barrier::new(2), Barrier::new(2));
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                pages.shared(
                    (),
                    later(),
                    |_| true,
                    || {
                        started.wait();
                        goes_on.wait();
                        written.fetch_add(1, Ordering::Relaxed)
                    },
                )
            });
            started.wait();
            let others: Vec<_> = (0..20)
                .map(|_| {
                    scope.spawn(|| {
                        let write = || written.fetch_add(1, Ordering::Relaxed);
                        pages.shared((), later(), |_| true, write)
                    })
                })
                .collect();
            while lock(&pages.slots)[&()].waiting.load(Ordering::Relaxed) < 21 {
                thread::yield_now();
            }
            goes_on.wait();
            assert_eq!(first.join().unwrap(), 0);
            for other in others {
                // Begun after it asked, by one for all.
                assert_eq!(other.join().unwrap(), 1);
            }
        });
        assert_eq!(written.into_inner(), 2);
        // Nobody waits: nothing is kept, and the next one gets a new page.
        assert!(lock(&lock(&pages.slots)[&()].turn).page.is_none());
        assert_eq!(pages.shared((), later(), |_| true, || 7), 7);
    }

    #[test]
    fn a_page_that_does_not_suit_is_written_again() {
        let pages = Pages::<(), usize>::default();
        let (started, goes_on) = (Barrier::new(2), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                pages.shared(
                    (),
                    later(),
                    |_| true,
                    || {
                        started.wait();
                        goes_on.wait();
                        0
                    },
                )
            });
            started.wait();
            let others: Vec<_> = (1..=3)
                .map(|own| {
                    let pages = &pages;
                    scope.spawn(move || {
                        (
                            own,
                            pages.shared((), later(), |known| *known >= own, || own),
                        )
                    })
                })
                .collect();
            while lock(&pages.slots)[&()].waiting.load(Ordering::Relaxed) < 4 {
                thread::yield_now();
            }
            goes_on.wait();
            for other in others {
                let (own, page) = other.join().unwrap();
                assert!(page >= own, "{page}, {own}");
            }
        });
    }

    #[test]
    fn who_has_no_time_left_does_not_wait_for_a_writer() {
        let pages = Pages::<(), usize>::default();
        let (started, goes_on) = (Barrier::new(2), Barrier::new(2));
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
            assert!(Instant::now() >= soon);
            goes_on.wait();
            assert_eq!(long.join().unwrap(), 1);
        });
    }

    #[test]
    fn a_writer_that_panics_stops_nobody() {
        let pages = Pages::<(), usize>::default();
        let panics = std::panic::AssertUnwindSafe(|| {
            pages.shared((), later(), |_| true, || panic!("in the writer"))
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(pages.shared((), later(), |_| true, || 7), 7);
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
