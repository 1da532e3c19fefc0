//! Observing how long something takes.

use std::time::{Duration, Instant};

use super::Histogram;

/// Observes its age in seconds when it is dropped, by whatever way.
///
/// # Examples
///
/// ```
/// # #[derive(vitalsigns::MetricGroup)]
/// # struct Db {
/// #     /// Time.
/// #     query_duration_seconds: vitalsigns::Histogram,
/// # }
/// # let db = <Db as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
/// let timer = db.query_duration_seconds.start_timer();
/// let elapsed = timer.stop();
/// assert_eq!(db.query_duration_seconds.sum(), elapsed.as_secs_f64());
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "the timer observes as soon as it is dropped"]
#[derive(Debug)]
pub struct HistogramTimer {
    /// `None` once it was told what to do.
    pub(super) histogram: Option<Histogram>,
    pub(super) started: Instant,
}

impl HistogramTimer {
    /// Observes now and returns what was observed.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Db {
    /// #     /// Time.
    /// #     query_duration_seconds: vitalsigns::Histogram,
    /// # }
    /// # let db = <Db as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// db.query_duration_seconds.start_timer().stop();
    /// assert_eq!(db.query_duration_seconds.count(), 1);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn stop(mut self) -> Duration {
        let elapsed = self.started.elapsed();
        if let Some(histogram) = self.histogram.take() {
            histogram.observe(elapsed);
        }
        elapsed
    }

    /// Observes nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Db {
    /// #     /// Time.
    /// #     query_duration_seconds: vitalsigns::Histogram,
    /// # }
    /// # let db = <Db as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// db.query_duration_seconds.start_timer().discard();
    /// assert_eq!(db.query_duration_seconds.count(), 0);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn discard(mut self) {
        self.histogram = None;
    }
}

impl Drop for HistogramTimer {
    fn drop(&mut self) {
        if let Some(histogram) = self.histogram.take() {
            histogram.observe(self.started.elapsed());
        }
    }
}
