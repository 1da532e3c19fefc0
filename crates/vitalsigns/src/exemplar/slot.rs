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
