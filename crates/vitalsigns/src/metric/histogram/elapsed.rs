//! Observing what a clock of this process has measured, in as few instructions as it takes.

use std::time::Duration;

use super::Histogram;

impl Histogram {
    /// Observes the time since an instant of this process.
    ///
    /// Such a time is neither negative nor infinite, and no sum of them is, so nothing is looked at
    /// that [`observe`](Self::observe) has to look at.
    #[inline]
    pub(crate) fn observe_elapsed(&self, elapsed: Duration) {
        let cell = &*self.cell;
        // Signed numbers become floats in one instruction; the process is not that old.
        let seconds = elapsed.as_secs() as i64 as f64 + elapsed.subsec_nanos() as i32 as f64 / 1e9;
        if cell.native.is_none()
            && let Some(own) = cell.block.own()
        {
            cell.add(own, cell.shape.search.position(seconds), seconds);
        } else {
            cell.observe_slowly(seconds);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use crate::{Histogram, MetricGroup, Registry, SECONDS_BUCKETS};

    #[derive(MetricGroup)]
    struct Group {
        /// By the short way.
        one_seconds: Histogram,
        /// By the usual way.
        two_seconds: Histogram,
    }

    #[test]
    fn it_is_what_observe_does() {
        let group = Group::register(&Registry::new()).unwrap();
        let around = |bound: &f64| {
            let nanos = (bound * 1e9) as u64;
            [nanos - 1, nanos, nanos + 1]
        };
        let more = [0, 1, 999_999_999, 11_000_000_000, 1 << 60];
        for nanos in SECONDS_BUCKETS.iter().flat_map(around).chain(more) {
            let elapsed = Duration::from_nanos(nanos);
            group.one_seconds.observe_elapsed(elapsed);
            group.two_seconds.observe(elapsed);
            assert_eq!(group.one_seconds.sum(), group.two_seconds.sum(), "{nanos}");
        }
        let counts = |histogram: &Histogram| -> Vec<u64> {
            let mut counts = Vec::new();
            histogram.cell.read(&mut counts);
            counts
        };
        assert_eq!(counts(&group.one_seconds), counts(&group.two_seconds));
    }
}
