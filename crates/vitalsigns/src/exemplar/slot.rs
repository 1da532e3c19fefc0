//! Where exemplars are kept: a slot holds the newest of its counter or bucket.
//!
//! Losing an exemplar is fine, waiting for one is not: who finds the slot taken goes on, and so
//! does who comes in the same tenth of a second as the one that is there. That is found out by one
//! load, so a hot counter does not write its slot each time.

use std::sync::PoisonError;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Exemplar, KeptLabels};
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// One exemplar.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) labels: KeptLabels,
    pub(crate) value: f64,
    /// Since 1970.
    pub(crate) at: Duration,
}

/// Room for one exemplar, which is allocated when there is one.
#[derive(Debug)]
pub(crate) struct Slot {
    /// In which tick the exemplar came; 0 if there is none.
    tick: AtomicU32,
    kept: Mutex<Option<Box<Kept>>>,
}

/// The slots of one histogram.
#[derive(Debug)]
pub(crate) struct Slots(Box<[Slot]>);

/// The number of the tenth of a second since the family began, from 1 on; enough for 13 years.
pub(crate) fn tick(began: Instant, now: Instant) -> u32 {
    let since = now.saturating_duration_since(began);
    let ticks = since.as_secs().saturating_mul(10) + u64::from(since.subsec_nanos() / 100_000_000);
    u32::try_from(ticks + 1).unwrap_or(u32::MAX)
}

impl Slot {
    pub(crate) fn new() -> Self {
        Slot {
            tick: AtomicU32::new(0),
            kept: Mutex::new(None),
        }
    }

    /// Keeps the exemplar, if it fits and none came in this tick, and if nobody else is at it.
    #[inline]
    pub(crate) fn offer(&self, tick: u32, value: f64, exemplar: &Exemplar<'_>) {
        // Relaxed: it only says whether it is worth a try.
        if self.tick.load(Ordering::Relaxed) != tick {
            self.replace(tick, value, exemplar);
        }
    }

    #[cold]
    fn replace(&self, tick: u32, value: f64, exemplar: &Exemplar<'_>) {
        if !exemplar.fits() {
            return;
        }
        let at = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let Some(mut kept) = self.try_lock() else {
            return;
        };
        // Somebody may have been here since.
        if self.tick.load(Ordering::Relaxed) == tick {
            return;
        }
        match &mut *kept {
            Some(kept) => {
                if !kept.labels.set(exemplar) {
                    return;
                }
                (kept.value, kept.at) = (value, at);
            }
            none => {
                let Some(labels) = KeptLabels::of(exemplar) else {
                    return;
                };
                *none = Some(Box::new(Kept { labels, value, at }));
            }
        }
        self.tick.store(tick, Ordering::Relaxed);
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Option<Box<Kept>>>> {
        match self.kept.try_lock() {
            Ok(kept) => Some(kept),
            Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }

    /// The exemplar, if there is one. A page waits for who is writing it.
    pub(crate) fn read(&self) -> Option<Kept> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_deref().cloned()
    }
}

/// How many slots a histogram has that has no classic buckets.
const NATIVE_SLOTS: usize = 8;

impl Slots {
    /// A slot for each bucket; some, where buckets are native only.
    pub(crate) fn new(bounds: usize) -> Self {
        let slots = match bounds {
            0 => NATIVE_SLOTS,
            _ => bounds + 1,
        };
        Slots((0..slots).map(|_| Slot::new()).collect())
    }

    /// The slot for a value that counts in the classic bucket with this number.
    ///
    /// Of a histogram that is native only, neighbouring powers of two have different slots.
    pub(crate) fn of(&self, bucket: usize, bounds: usize, value: f64) -> &Slot {
        let slot = match bounds {
            0 => (value.to_bits() >> 52) as usize % NATIVE_SLOTS,
            _ => bucket,
        };
        &self.0[slot]
    }

    pub(crate) fn of_bucket(&self, bucket: usize) -> Option<Kept> {
        self.0.get(bucket)?.read()
    }

    /// Of all slots in which there is one.
    pub(crate) fn read(&self) -> impl Iterator<Item = Kept> {
        self.0.iter().filter_map(Slot::read)
    }

    /// The newest of all.
    pub(crate) fn newest(&self) -> Option<Kept> {
        self.read().max_by_key(|kept| kept.at)
    }
}

/// Every order in which recorders and a page can meet at a slot.
#[cfg(all(test, loom))]
mod races {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;
    use crate::exemplar::TraceContext;

    fn explore(races: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(races);
    }

    /// An exemplar of which every part says who recorded it.
    fn offer(slot: &Slot, tick: u32, by: u8) {
        let trace = TraceContext::from_ids([by; 16], [by; 8], true);
        slot.offer(tick, f64::from(by), &Exemplar::from(trace));
    }

    fn recorder(kept: &Kept) -> u8 {
        let KeptLabels::Trace(trace) = kept.labels else {
            panic!("a trace");
        };
        let by = trace.trace_id()[0];
        assert_eq!((trace.trace_id(), trace.span_id()), ([by; 16], [by; 8]));
        assert_eq!(kept.value, f64::from(by));
        by
    }

    #[test]
    fn races_show_no_exemplar_that_is_half_of_one_and_half_of_another() {
        explore(|| {
            let slot = Arc::new(Slot::new());
            let recorders: Vec<_> = [1, 2]
                .into_iter()
                .map(|by| {
                    let slot = Arc::clone(&slot);
                    thread::spawn(move || offer(&slot, u32::from(by), by))
                })
                .collect();
            if let Some(kept) = slot.read() {
                recorder(&kept);
            }
            for recorder in recorders {
                recorder.join().unwrap();
            }
            match slot.read() {
                Some(kept) => assert!((1..=2).contains(&recorder(&kept))),
                // Both found the page at it.
                None => assert_eq!(slot.tick.load(Ordering::Relaxed), 0),
            }
        });
    }

    #[test]
    fn races_in_one_tick_write_once() {
        explore(|| {
            let slot = Arc::new(Slot::new());
            offer(&slot, 1, 1);
            let other = {
                let slot = Arc::clone(&slot);
                thread::spawn(move || offer(&slot, 2, 2))
            };
            offer(&slot, 2, 3);
            other.join().unwrap();
            let first = recorder(&slot.read().unwrap());
            offer(&slot, 2, 4);
            assert_eq!(recorder(&slot.read().unwrap()), first);
        });
    }

    #[test]
    fn a_recorder_that_races_with_who_holds_the_slot_does_not_wait() {
        explore(|| {
            let slot = Arc::new(Slot::new());
            let held = slot.kept.lock().unwrap();
            let recorder = {
                let slot = Arc::clone(&slot);
                thread::spawn(move || offer(&slot, 1, 1))
            };
            // It ends although nobody lets go.
            recorder.join().unwrap();
            drop(held);
            assert!(slot.read().is_none());
        });
    }
}
