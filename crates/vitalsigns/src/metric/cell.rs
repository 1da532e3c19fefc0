//! The memory of one series, and how a removed one is told from one that is in use.
//!
//! A removed series is only *marked*: its cell remembers the value that it had. Recording through
//! a handle that is still held changes the value, which takes the mark away, so the series is back
//! on the next page without the recorder having checked anything.

use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

/// The mark of a series that is in use. A series whose total is this very number cannot be removed,
/// which is no loss: as a count it is the last one before it wraps, as a float it is a NaN.
const NOT_RETIRED: u64 = u64::MAX;

/// The total at the moment of removal.
#[derive(Debug)]
pub(crate) struct RetiredAt(AtomicU64);

impl RetiredAt {
    pub(crate) fn never() -> Self {
        RetiredAt(AtomicU64::new(NOT_RETIRED))
    }

    pub(crate) fn set(&self, total: u64) {
        self.0.store(total, Ordering::Relaxed);
    }

    pub(crate) fn clear(&self) {
        self.0.store(NOT_RETIRED, Ordering::Relaxed);
    }

    /// The total is asked for only where there is a mark: it can take a sum to know it.
    pub(crate) fn is(&self, total: impl FnOnce() -> u64) -> bool {
        let mark = self.0.load(Ordering::Relaxed);
        mark != NOT_RETIRED && mark == total()
    }
}

/// The mark of a series whose value can be set to what it was, so that the value tells nothing.
#[derive(Debug)]
pub(crate) struct RetiredFlag(AtomicBool);

impl RetiredFlag {
    pub(crate) fn new() -> Self {
        RetiredFlag(AtomicBool::new(false))
    }

    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Called in every recording: a load of the line that was just written, and a store after a
    /// removal only.
    #[inline]
    pub(crate) fn clear(&self) {
        if self.is() {
            self.0.store(false, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The handles that a family keeps itself: where look-ups find the series, and for the scrape.
const FAMILY: usize = 2;

/// Whether somebody else than the family has a handle on the cell.
///
/// The answer "no" can be relied on by a caller who keeps others from getting a handle: whatever
/// was recorded through handles that are gone is visible afterwards.
pub(crate) fn is_shared<T>(cell: &Arc<T>) -> bool {
    let shared = Arc::strong_count(cell) > FAMILY;
    // Pairs with the release decrement of a dropped handle, as `Arc` itself does before freeing.
    fence(Ordering::Acquire);
    shared
}

/// Adds to a float that is kept as its bits.
///
/// `bits` stands alone: no other memory is published by it, so relaxed ordering is enough.
#[inline]
pub(crate) fn add_f64(bits: &AtomicU64, delta: f64) {
    change_f64(bits, delta, |_| true);
}

/// Adds to a total; false if it would no longer be finite, and then it stays as it is.
#[inline]
pub(crate) fn add_finite(bits: &AtomicU64, delta: f64) -> bool {
    change_f64(bits, delta, f64::is_finite)
}

#[inline]
fn change_f64(bits: &AtomicU64, delta: f64, is_good: impl Fn(f64) -> bool) -> bool {
    let mut current = bits.load(Ordering::Relaxed);
    loop {
        let next = f64::from_bits(current) + delta;
        if !is_good(next) {
            return false;
        }
        let next = next.to_bits();
        match bits.compare_exchange_weak(current, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return true,
            Err(actual) => current = actual,
        }
    }
}
