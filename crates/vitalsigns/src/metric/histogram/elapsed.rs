//! Observing what a clock of this process has measured, in as few instructions as it takes.

use std::time::Duration;

use super::{BUCKETS, Histogram, HistogramCell, NANOS, Search};
use crate::metric::cells::{Member, Own};

/// Finds the bucket of a time by its nanoseconds, where [`Search`] would by its seconds.
#[derive(Debug)]
pub(crate) struct Nanos {
    /// What is shorter is in the first bucket, as most of what is fast is.
    first: u64,
    search: Search,
}

impl Nanos {
    /// For bounds in seconds.
    pub(crate) fn new(bounds: &[f64]) -> Self {
        let bounds: Vec<f64> = bounds.iter().copied().map(longest).collect();
        Nanos {
            first: bounds
                .first()
                .map_or(u64::MAX, |first| (first + 1.0) as u64),
            search: Search::new(&bounds),
        }
    }

    #[inline]
    fn position(&self, nanos: u64) -> usize {
        if nanos < self.first {
            0
        } else {
            self.search.position(nanos as i64 as f64)
        }
    }
}

/// The most nanoseconds that are not longer than a bound in seconds.
fn longest(bound: f64) -> f64 {
    let nanos = bound * 1e9;
    if !(0.0..=LARGEST_EXACT).contains(&nanos) {
        return nanos;
    }
    let is_within = |nanos: f64| Duration::from_nanos(nanos as u64).as_secs_f64() <= bound;
    // A product is rounded, and so are seconds.
    let around = [nanos.floor() + 1.0, nanos.floor(), nanos.floor() - 1.0];
    let found = around.into_iter().find(|nanos| is_within(*nanos));
    found.unwrap_or(nanos)
}

/// Greater whole numbers are not all floats.
const LARGEST_EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;

/// A time in nanoseconds, of which there are enough for 272 years.
#[inline]
fn nanos(elapsed: Duration) -> u64 {
    elapsed.as_secs().min(1 << 33) * 1_000_000_000 + u64::from(elapsed.subsec_nanos())
}

impl Histogram {
    /// Observes a time, which is neither negative nor infinite, so that nothing is looked at that
    /// [`observe`](Self::observe) has to look at.
    #[inline(always)]
    pub(crate) fn observe_elapsed(&self, elapsed: Duration) {
        if self.cell.native.is_none()
            && let Some(own) = self.cell.block.own()
        {
            self.observe_elapsed_in(own, elapsed);
        } else {
            self.cell.observe_slowly(elapsed.as_secs_f64());
        }
    }

    /// Observes a time in the words of this thread, which [`member`](Self::member) has told.
    #[inline(always)]
    pub(in crate::metric) fn observe_elapsed_in(&self, own: Own, elapsed: Duration) {
        let nanos = nanos(elapsed);
        let HistogramCell { shape, .. } = &*self.cell;
        own.add(BUCKETS + shape.nanos.position(nanos), 1);
        if !own.add_checked(NANOS, nanos) {
            self.cell
                .add_shared(Duration::from_nanos(nanos).as_secs_f64());
        }
    }

    /// Its block, unless there is more to record than what is in there.
    pub(in crate::metric) fn member(&self) -> Option<Member<'_>> {
        let cell = &*self.cell;
        let is_classic = cell.native.is_none();
        is_classic.then(|| (&cell.block, cell.shape.room.as_ref()))
    }
}
