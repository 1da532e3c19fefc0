//! Counts and a histogram in atomics: shared by all threads, or of one thread alone.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::traffic::BOUNDS;

/// How a cell is added to.
pub(super) trait Add {
    fn count(cell: &AtomicU64);
    fn sum(cell: &AtomicU64, value: f64);
}

/// Only one thread adds, others read: a load and a store.
pub(super) enum Own {}

impl Add for Own {
    #[inline]
    fn count(cell: &AtomicU64) {
        cell.store(cell.load(Relaxed) + 1, Relaxed);
    }

    #[inline]
    fn sum(cell: &AtomicU64, value: f64) {
        let sum = f64::from_bits(cell.load(Relaxed)) + value;
        cell.store(sum.to_bits(), Relaxed);
    }
}

/// All threads add.
pub(super) enum Shared {}

impl Add for Shared {
    #[inline]
    fn count(cell: &AtomicU64) {
        cell.fetch_add(1, Relaxed);
    }

    #[inline]
    fn sum(cell: &AtomicU64, value: f64) {
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        let _ = cell.fetch_update(Relaxed, Relaxed, add);
    }
}

/// Requests by status, and a histogram.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Cells {
    pub(super) statuses: [AtomicU64; 4],
    buckets: [AtomicU64; 15],
    sum: AtomicU64,
}

impl Cells {
    #[inline]
    pub(super) fn observe<A: Add>(&self, value: f64) {
        let place = BOUNDS.partition_point(|bound| *bound < value);
        A::count(&self.buckets[place]);
        A::sum(&self.sum, value);
    }

    /// Adds what the other has.
    pub(super) fn merge(&self, other: &Cells) {
        let both = self.statuses.iter().zip(&other.statuses);
        for (to, from) in both.chain(self.buckets.iter().zip(&other.buckets)) {
            to.fetch_add(from.load(Relaxed), Relaxed);
        }
        Shared::sum(&self.sum, f64::from_bits(other.sum.load(Relaxed)));
    }

    /// The lines of the histogram; the labels are those in front of `le`, with a comma.
    pub(super) fn histogram(&self, name: &str, labels: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut count = 0;
        let bounds = BOUNDS.iter().copied().chain([f64::INFINITY]);
        for (bound, bucket) in bounds.zip(&self.buckets) {
            count += bucket.load(Relaxed);
            let le = match bound {
                f64::INFINITY => "+Inf".to_owned(),
                bound => bound.to_string(),
            };
            lines.push(format!("{name}_bucket{{{labels}le=\"{le}\"}} {count}\n"));
        }
        let labels = match labels.strip_suffix(',') {
            Some(labels) => format!("{{{labels}}}"),
            None => String::new(),
        };
        let sum = f64::from_bits(self.sum.load(Relaxed));
        lines.push(format!("{name}_sum{labels} {sum}\n"));
        lines.push(format!("{name}_count{labels} {count}\n"));
        lines
    }
}
