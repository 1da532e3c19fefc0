//! Since when the oldest of many has been waiting.
//!
//! Who joins stands at the end of a line; who leaves may stand anywhere in it. The gauge shows when
//! the first of the line joined, so that its age is `time() - gauge`, and NaN while nobody stands
//! there: NaN has no age, and no alert on an age fires. Joining and leaving take a lock for a few
//! memory accesses and allocate only while the line is longer than it ever was. A scrape reads the
//! gauge alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Gauge;

const NOBODY: usize = usize::MAX;

/// Seconds since 1970; a time before that gives 0.
pub(super) fn unix_seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64()
}

pub(super) struct Oldest {
    gauge: Gauge<f64>,
    line: Mutex<Line>,
}

/// A doubly linked list in a vector; slots that are free are linked through `after`.
struct Line {
    slots: Vec<Slot>,
    first: usize,
    last: usize,
    free: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    since: f64,
    before: usize,
    after: usize,
}

impl Oldest {
    pub(super) fn new(gauge: Gauge<f64>) -> Arc<Self> {
        gauge.set(f64::NAN);
        let line = Line {
            slots: Vec::new(),
            first: NOBODY,
            last: NOBODY,
            free: NOBODY,
        };
        Arc::new(Oldest {
            gauge,
            line: Mutex::new(line),
        })
    }

    /// Joins the line now; leaves it when the place is dropped.
    pub(super) fn join(self: &Arc<Self>) -> Place {
        let mut line = self.line();
        let slot = line.push(unix_seconds(SystemTime::now()));
        self.show(&line);
        drop(line);
        Place {
            oldest: Arc::clone(self),
            slot,
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under the lock, so that the gauge shows the last change and not the one before.
    fn show(&self, line: &Line) {
        let since = line.slots.get(line.first).map(|slot| slot.since);
        self.gauge.set(since.unwrap_or(f64::NAN));
    }
}

/// A place in the line.
pub(super) struct Place {
    oldest: Arc<Oldest>,
    slot: usize,
}

impl Place {
    /// Goes to the end of the line, as if it had just come.
    pub(super) fn renew(&mut self) {
        let mut line = self.oldest.line();
        line.take(self.slot);
        self.slot = line.push(unix_seconds(SystemTime::now()));
        self.oldest.show(&line);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut line = self.oldest.line();
        line.take(self.slot);
        self.oldest.show(&line);
    }
}

impl Line {
    fn push(&mut self, since: f64) -> usize {
        let slot = Slot {
            since,
            before: self.last,
            after: NOBODY,
        };
        let index = match self.slots.get_mut(self.free) {
            Some(free) => {
                let index = std::mem::replace(&mut self.free, free.after);
                *free = slot;
                index
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        match self.slots.get_mut(self.last) {
            Some(last) => last.after = index,
            None => self.first = index,
        }
        self.last = index;
        index
    }

    fn take(&mut self, index: usize) {
        let Some(Slot { before, after, .. }) = self.slots.get(index).copied() else {
            return;
        };
        match self.slots.get_mut(before) {
            Some(before) => before.after = after,
            None => self.first = after,
        }
        match self.slots.get_mut(after) {
            Some(after) => after.before = before,
            None => self.last = before,
        }
        self.slots[index].after = std::mem::replace(&mut self.free, index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times in the line, from its start and from its end.
    fn times(line: &Line) -> (Vec<f64>, Vec<f64>) {
        let walk = |start, next: fn(&Slot) -> usize| {
            let mut index = start;
            let steps = std::iter::from_fn(|| {
                let slot = line.slots.get(index)?;
                index = next(slot);
                Some(slot.since)
            });
            steps.collect()
        };
        (
            walk(line.first, |slot| slot.after),
            walk(line.last, |slot| slot.before),
        )
    }

    proptest::proptest! {
        #[test]
        fn the_line_keeps_its_order_whoever_leaves(
            steps in proptest::collection::vec(proptest::option::of(0..50usize), 0..200),
        ) {
            let mut line = Line { slots: Vec::new(), first: NOBODY, last: NOBODY, free: NOBODY };
            let mut model: Vec<(usize, f64)> = Vec::new();
            let (mut clock, mut longest) = (0.0, 0);
            for step in steps {
                match step {
                    Some(leaves) if leaves < model.len() => {
                        line.take(model.remove(leaves).0);
                    }
                    _ => {
                        clock += 1.0;
                        model.push((line.push(clock), clock));
                    }
                }
                longest = longest.max(model.len());
                let expected: Vec<f64> = model.iter().map(|(_, since)| *since).collect();
                let (forwards, mut backwards) = times(&line);
                backwards.reverse();
                assert_eq!(forwards, expected);
                assert_eq!(backwards, expected);
                assert_eq!(line.slots.len(), longest);
            }
        }
    }
}
