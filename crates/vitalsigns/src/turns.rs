//! Work that many ask for at the same time, done once for all of them.
//!
//! Who comes while it is being done waits for the next time, and so do all others who come by then:
//! what is done was begun after any of them asked, and for all of them. So one works at a time,
//! however many ask. The next turn is that of the most patient one: who has little time cuts the
//! work short, and those who have more would have to see it done again.

use std::cmp::Reverse;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Work that gives a `T`; each who asks for it needs an `N`.
pub(crate) struct Turns<N, T> {
    state: Mutex<State<N, T>>,
    /// Somebody has done the work, has given it up, or waits no longer.
    changed: Condvar,
}

struct State<N, T> {
    /// Tells what was before what.
    clock: u64,
    /// What came of the last time and when that began, for as long as somebody waits.
    done: Option<(u64, T)>,
    /// Somebody works.
    is_taken: bool,
    waiting: Vec<Waiting<N>>,
}

struct Waiting<N> {
    arrived: u64,
    until: Instant,
    need: N,
}

impl<N, T> State<N, T> {
    fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Whether it is the turn of who arrived then.
    fn is_next(&self, arrived: u64) -> bool {
        let patience = |one: &&Waiting<N>| (one.until, Reverse(one.arrived));
        let next = self.waiting.iter().max_by_key(patience);
        !self.is_taken && next.is_some_and(|next| next.arrived == arrived)
    }

    fn leave(&mut self, arrived: u64) {
        self.waiting.retain(|one| one.arrived != arrived);
        if self.waiting.is_empty() {
            self.done = None;
        }
    }
}

impl<N, T> Default for Turns<N, T> {
    fn default() -> Self {
        Turns {
            state: Mutex::new(State {
                clock: 0,
                done: None,
                is_taken: false,
                waiting: Vec::new(),
            }),
            changed: Condvar::new(),
        }
    }
}

impl<N: Clone, T: Clone> Turns<N, T> {
    /// What came of work that was begun after this was called, here or by somebody else; of
    /// somebody else's, what does not `suit` is not taken. The work is told what everybody needs
    /// who waits for it. Who has waited `until` waits no longer, and has nothing.
    pub(crate) fn shared(
        &self,
        need: N,
        until: Instant,
        suits: impl Fn(&T) -> bool,
        work: impl FnOnce(&[N]) -> T,
    ) -> Option<T> {
        let waits = self.arrive(need, until);
        let mut state = self.state();
        while !state.is_next(waits.arrived) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
            match &state.done {
                Some((begun, known)) if *begun > waits.arrived && suits(known) => {
                    return Some(known.clone());
                }
                _ => {}
            }
        }
        state.is_taken = true;
        let begun = state.now();
        let needs: Vec<N> = state.waiting.iter().map(|one| one.need.clone()).collect();
        state.leave(waits.arrived);
        drop(state);
        let turn = Turn(self);
        let done = work(&needs);
        let mut state = self.state();
        if !state.waiting.is_empty() {
            state.done = Some((begun, done.clone()));
        }
        drop(state);
        drop(turn);
        Some(done)
    }

    fn arrive(&self, need: N, until: Instant) -> Waits<'_, N, T> {
        let mut state = self.state();
        let arrived = state.now();
        state.waiting.push(Waiting {
            arrived,
            until,
            need,
        });
        Waits {
            turns: self,
            arrived,
        }
    }
}

impl<N, T> Turns<N, T> {
    fn state(&self) -> MutexGuard<'_, State<N, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many wait for the next time.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }
}

/// One who waits. The last one to leave leaves nothing behind.
struct Waits<'a, N, T> {
    turns: &'a Turns<N, T>,
    arrived: u64,
}

impl<N, T> Drop for Waits<'_, N, T> {
    fn drop(&mut self) {
        self.turns.state().leave(self.arrived);
        // The turn of who leaves is another one's.
        self.turns.changed.notify_all();
    }
}

/// Somebody works. The next one's turn comes when this goes, however that happens.
struct Turn<'a, N, T>(&'a Turns<N, T>);

impl<N, T> Drop for Turn<'_, N, T> {
    fn drop(&mut self) {
        self.0.state().is_taken = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn after(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    /// Somebody who works until told to go on.
    struct Long {
        started: Barrier,
        goes_on: Barrier,
    }

    impl Long {
        fn new() -> Self {
            Long {
                started: Barrier::new(2),
                goes_on: Barrier::new(2),
            }
        }

        fn work<T>(&self, gives: T) -> T {
            self.started.wait();
            self.goes_on.wait();
            gives
        }
    }

    fn wait_for<N, T>(turns: &Turns<N, T>, waiting: usize) {
        let deadline = after(60);
        while turns.waiting() < waiting {
            assert!(Instant::now() < deadline);
            thread::yield_now();
        }
    }

    #[test]
    fn who_waits_shares_the_next_time_and_it_is_told_what_all_need() {
        let turns = Turns::<usize, Vec<usize>>::default();
        let (long, times) = (Long::new(), AtomicUsize::new(0));
        let work = |needs: &[usize]| {
            times.fetch_add(1, Ordering::Relaxed);
            let mut needs = needs.to_vec();
            needs.sort_unstable();
            needs
        };
        thread::scope(|scope| {
            let first = scope
                .spawn(|| turns.shared(0, after(600), |_| true, |needs| long.work(work(needs))));
            long.started.wait();
            let others: Vec<_> = (1..=20)
                .map(|need| {
                    let turns = &turns;
                    scope.spawn(move || turns.shared(need, after(600), |_| true, work))
                })
                .collect();
            wait_for(&turns, 20);
            long.goes_on.wait();
            assert_eq!(first.join().unwrap(), Some(vec![0]));
            let all: Vec<usize> = (1..=20).collect();
            for other in others {
                // Begun after it asked, by one for all.
                assert_eq!(other.join().unwrap().as_ref(), Some(&all));
            }
        });
        assert_eq!(times.into_inner(), 2);
        // Nobody waits: nothing is kept, and the next one has new work done.
        assert!(turns.state().done.is_none());
        let next = turns.shared(7, after(600), |_| true, <[usize]>::to_vec);
        assert_eq!(next, Some(vec![7]));
    }

    #[test]
    fn the_most_patient_one_works_for_all() {
        let turns = Turns::<(), u64>::default();
        let long = Long::new();
        thread::scope(|scope| {
            scope.spawn(|| turns.shared((), after(60), |_| true, |_| long.work(0)));
            long.started.wait();
            let others: Vec<_> = [70, 600, 80, 90]
                .into_iter()
                .map(|patience| {
                    let turns = &turns;
                    scope.spawn(move || {
                        let suits = |known: &u64| *known >= patience;
                        turns.shared((), after(patience), suits, |_| patience)
                    })
                })
                .collect();
            wait_for(&turns, 4);
            long.goes_on.wait();
            for other in others {
                assert_eq!(other.join().unwrap(), Some(600));
            }
        });
    }

    #[test]
    fn what_does_not_suit_is_done_again() {
        let turns = Turns::<(), u64>::default();
        let long = Long::new();
        thread::scope(|scope| {
            scope.spawn(|| turns.shared((), after(600), |_| true, |_| long.work(0)));
            long.started.wait();
            let others: Vec<_> = (1..=3)
                .map(|own| {
                    let turns = &turns;
                    scope.spawn(move || {
                        // Who is patient is content with little, so the others come after it.
                        let until = after(600 - 100 * own);
                        let done = turns.shared((), until, |known| *known >= own, |_| own);
                        (own, done)
                    })
                })
                .collect();
            wait_for(&turns, 3);
            long.goes_on.wait();
            for other in others {
                let (own, done) = other.join().unwrap();
                assert_eq!(done, Some(own));
            }
        });
    }

    #[test]
    fn who_has_no_time_left_waits_for_nobody() {
        let turns = Turns::<(), u64>::default();
        let long = Long::new();
        thread::scope(|scope| {
            let first = scope.spawn(|| turns.shared((), after(600), |_| true, |_| long.work(1)));
            long.started.wait();
            let soon = Instant::now() + Duration::from_millis(20);
            assert_eq!(turns.shared((), soon, |_| true, |_| 2), None);
            assert!(Instant::now() >= soon);
            long.goes_on.wait();
            assert_eq!(first.join().unwrap(), Some(1));
        });
    }

    #[test]
    fn work_that_panics_stops_nobody() {
        let turns = Turns::<(), u64>::default();
        let panics =
            AssertUnwindSafe(|| turns.shared((), after(600), |_| true, |_| panic!("in the work")));
        assert!(catch_unwind(panics).is_err());
        assert_eq!(turns.shared((), after(600), |_| true, |_| 7), Some(7));
    }
}
