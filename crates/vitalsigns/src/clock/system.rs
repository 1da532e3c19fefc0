//! The monotonic clock of the system.

use std::time::{Duration, Instant};

/// Something that has begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

/// This clock is always ready.
#[inline]
pub(crate) fn prepare() {}

impl Stopwatch {
    #[inline]
    pub(crate) fn start() -> Self {
        Stopwatch(Instant::now())
    }

    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// When it was that this much had elapsed.
    #[inline]
    pub(crate) fn instant(self, elapsed: Duration) -> Instant {
        self.0 + elapsed
    }
}
