//! What is usual for somebody, and how far from it they are: running means.

/// How much a new value counts in the long run, and of late.
const SLOW: f64 = 0.03;
const FAST: f64 = 0.35;
/// So many values make a usual.
const ENOUGH: u32 = 12;

/// The course of one kind of value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trend {
    count: u32,
    usual: f64,
    variance: f64,
    lately: f64,
}

impl Trend {
    /// Takes a value in, and gives by how many standard deviations it differs from the usual, once
    /// there is one.
    pub(super) fn take(&mut self, value: f64, least_deviation: f64) -> Option<f64> {
        let was = self.score_of(value, least_deviation);
        self.count = self.count.saturating_add(1);
        // At first, the plain mean.
        let slow = SLOW.max(1.0 / f64::from(self.count));
        let fast = FAST.max(1.0 / f64::from(self.count));
        let difference = value - self.usual;
        self.usual += slow * difference;
        self.variance = (1.0 - slow) * (self.variance + slow * difference * difference);
        self.lately += fast * (value - self.lately);
        was
    }

    /// By how many standard deviations the last values differ from the usual.
    pub(super) fn shift(&self, least_deviation: f64) -> Option<f64> {
        self.score_of(self.lately, least_deviation)
    }

    fn score_of(&self, value: f64, least_deviation: f64) -> Option<f64> {
        let deviation = self.variance.sqrt().max(least_deviation);
        (self.count >= ENOUGH).then(|| (value - self.usual) / deviation)
    }

    pub(super) fn usual(&self) -> f64 {
        self.usual
    }
}
