//! Observations counted by size.

mod elapsed;

use std::fmt;
use std::time::{Duration, Instant};

use super::cell::{RetiredAt, add_finite, is_shared};
use super::sealed::Recorded;
use super::{Metric, Native, Shape};
use crate::exemplar::{Exemplar, Slots, tick};
use crate::kind::Kind;
use crate::sample::{HistogramValue, NativeReader, Value};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU64, Ordering, fence};

/// Observations counted by size: durations, sizes, scores.
///
/// A bucket counts what is less than or equal to its bound and greater than the bound before;
/// what is above the last bound counts in `+Inf`. The count is the sum of the buckets, so it
/// always equals the `+Inf` bucket of the page; a scrape in the middle of an observation can see
/// the observation in a bucket and not yet in the sum.
///
/// A value that is no measurement is not counted in a bucket and not added to the sum, because it
/// would spoil the sum for ever: NaN, both infinities, and negative values where the first bound
/// is 0 or more. Each such value adds one to `vitalsigns_observations_rejected_total`.
///
/// A value that would make the sum infinite counts in its bucket, and as rejected from the sum.
///
/// A histogram with a negative bound accepts negative values; its sum can shrink, so the page has
/// its buckets and neither `_sum` nor `_count`, as OpenMetrics demands.
///
/// The bounds are set where the histogram is declared, by `#[metric(buckets = […])]`; without them
/// they follow from the unit: [`SECONDS_BUCKETS`], [`BYTES_BUCKETS`] or [`RATIO_BUCKETS`].
///
/// # Native histograms
///
/// With `#[metric(histogram = "native")]` there are no bounds to choose: buckets are made where
/// values are, each about 1.09 times as far as the one before, for all sizes from 2⁻¹²⁸ up. What
/// is smaller counts as 0. If values fall into more than 160 buckets, two neighbours become one
/// from then on, and `vitalsigns_native_resolution_halvings_total` counts it. Only the protobuf
/// format can carry them; Prometheus asks for it with `--enable-feature=native-histograms`. In the
/// text formats such a histogram has the `+Inf` bucket, `_sum` and `_count`.
///
/// `#[metric(histogram = "both")]` keeps the classic buckets beside them, for a change from one to
/// the other, or where not every reader understands protobuf.
///
/// An observation allocates the first time, 4 KiB, and again after the resolution was halved.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::{Histogram, MetricGroup, Registry};
///
/// #[derive(MetricGroup)]
/// #[metrics(prefix = "db")]
/// struct Database {
///     /// Time from sending a query to its last row.
///     query_duration_seconds: Histogram,
///     /// Rows that a query returned.
///     #[metric(buckets = [0.0, 1.0, 10.0, 100.0, 1000.0])]
///     query_rows: Histogram,
/// }
///
/// let registry = Registry::new();
/// let database = Database::register(&registry)?;
/// database.query_duration_seconds.observe(Duration::from_millis(12));
/// database.query_rows.observe(3);
/// assert_eq!(database.query_rows.count(), 1);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Histogram {
    cell: Arc<HistogramCell>,
}

#[derive(Debug)]
struct HistogramCell {
    shape: std::sync::Arc<Shape>,
    /// Not cumulative; one more than there are bounds.
    buckets: Box<[AtomicU64]>,
    /// The bits of an `f64`.
    sum: AtomicU64,
    retired_at: RetiredAt,
    /// Beside the buckets, which are one then if the histogram is native only.
    native: Option<Box<Native>>,
    /// Of a family that keeps exemplars.
    exemplars: Option<Box<Slots>>,
}

/// What a [`Histogram`] can observe: floats and integers as they are, a [`Duration`] in seconds.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::Observation;
///
/// assert_eq!(Duration::from_millis(250).value(), 0.25);
/// assert_eq!(3.value(), 3.0);
/// ```
pub trait Observation {
    /// The value in the base unit.
    fn value(self) -> f64;
}

impl Observation for Duration {
    fn value(self) -> f64 {
        self.as_secs_f64()
    }
}

macro_rules! observed {
    ($($number:ty),+) => {$(
        impl Observation for $number {
            fn value(self) -> f64 {
                self as f64
            }
        }
    )+};
}

observed!(f64, f32, i32, i64, isize, u8, u16, u32, u64, usize);

impl<O: Observation + Copy> Observation for &O {
    fn value(self) -> f64 {
        (*self).value()
    }
}

impl Histogram {
    /// Counts one observation.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Db {
    /// #     /// Time.
    /// #     query_duration_seconds: vitalsigns::Histogram,
    /// # }
    /// # let db = <Db as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// let started = Instant::now();
    /// // … the query …
    /// db.query_duration_seconds.observe(started.elapsed());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn observe(&self, value: impl Observation) {
        self.cell.observe(value.value());
    }

    /// Counts one observation, and points to the event behind it.
    ///
    /// The histogram keeps the newest exemplar of each bucket, at most ten in a second, and only if
    /// it is declared with `#[metric(exemplars)]` and the exemplar [fits](Exemplar::fits). One that is
    /// native only keeps eight, of neighbouring powers of two. Besides what
    /// [`observe`](Self::observe) does this reads the clock; it never waits: an exemplar that comes
    /// while another of its bucket is written is lost. The first of each bucket allocates, and so do
    /// those whose labels are longer than any before, or text after a trace.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Db {
    /// #     /// Time.
    /// #     #[metric(exemplars)]
    /// #     query_duration_seconds: vitalsigns::Histogram,
    /// # }
    /// # let db = <Db as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// # let trace = vitalsigns::TraceContext::from_ids([7; 16], [9; 8], true);
    /// db.query_duration_seconds.observe_with(Duration::from_millis(12), trace);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn observe_with<'e>(&self, value: impl Observation, exemplar: impl Into<Exemplar<'e>>) {
        self.observe_at(value.value(), &exemplar.into(), Instant::now);
    }

    /// The same by a clock that was read already; it is not asked where there is nothing to keep.
    #[inline]
    pub(crate) fn observe_at(
        &self,
        value: f64,
        exemplar: &Exemplar<'_>,
        now: impl FnOnce() -> Instant,
    ) {
        let cell = &*self.cell;
        let Some(bucket) = cell.observe(value) else {
            return;
        };
        if let (Some(slots), Some(began)) = (&cell.exemplars, cell.shape.exemplars_since)
            && !exemplar.is_nothing()
        {
            let slot = slots.of(bucket, cell.shape.bounds.len(), value);
            slot.offer(tick(began, now()), value, exemplar);
        }
    }

    /// Starts a timer that observes its age in seconds when it is dropped.
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
    /// {
    ///     let _timer = db.query_duration_seconds.start_timer();
    ///     // … the query …
    /// }
    /// assert_eq!(db.query_duration_seconds.count(), 1);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn start_timer(&self) -> HistogramTimer {
        HistogramTimer {
            histogram: Some(self.clone()),
            started: Instant::now(),
        }
    }

    /// How many observations were counted.
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
    /// assert_eq!(db.query_duration_seconds.count(), 0);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn count(&self) -> u64 {
        self.cell.count()
    }

    /// The sum of what was counted.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Page {
    /// #     /// Size.
    /// #     page_bytes: vitalsigns::Histogram,
    /// # }
    /// # let page = <Page as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// page.page_bytes.observe(2048);
    /// page.page_bytes.observe(1024);
    /// assert_eq!(page.page_bytes.sum(), 3072.0);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn sum(&self) -> f64 {
        f64::from_bits(self.cell.sum.load(Ordering::Relaxed))
    }
}

impl HistogramCell {
    /// Counts a value; the number of its bucket, if it was counted.
    #[inline]
    fn observe(&self, value: f64) -> Option<usize> {
        let shape = &*self.shape;
        if !value.is_finite()
            || (value < 0.0 && shape.bounds.first().is_none_or(|first| *first >= 0.0))
        {
            shape.reject();
            return None;
        }
        if let Some(native) = &self.native {
            native.observe(value, shape);
            // A page that sees the value in a classic bucket sees it in a native one.
            fence(Ordering::Release);
        }
        let index = shape.bounds.partition_point(|bound| *bound < value);
        // Relaxed: bucket and sum publish no other memory, and a scrape may fall in between.
        self.buckets[index].fetch_add(1, Ordering::Relaxed);
        if !add_finite(&self.sum, value) {
            shape.reject();
        }
        Some(index)
    }

    fn count(&self) -> u64 {
        self.buckets
            .iter()
            .map(|bucket| bucket.load(Ordering::Relaxed))
            .sum()
    }
}

impl Metric for Histogram {
    const KIND: Kind = Kind::Histogram;
}

#[allow(private_interfaces)]
impl Recorded for Histogram {
    const REJECTS: bool = true;

    fn make(shape: &std::sync::Arc<Shape>) -> Self {
        let buckets = (0..=shape.bounds.len())
            .map(|_| AtomicU64::new(0))
            .collect();
        let cell = HistogramCell {
            shape: std::sync::Arc::clone(shape),
            buckets,
            sum: AtomicU64::new(0),
            retired_at: RetiredAt::never(),
            native: shape.native.then(|| Box::new(Native::new())),
            exemplars: shape
                .exemplars_since
                .map(|_| Box::new(Slots::new(shape.bounds.len()))),
        };
        Histogram {
            cell: Arc::new(cell),
        }
    }

    fn read(&self, scratch: &mut Vec<u64>, read: &mut dyn FnMut(Value<'_>)) {
        scratch.clear();
        scratch.extend(
            self.cell
                .buckets
                .iter()
                .map(|bucket| bucket.load(Ordering::Relaxed)),
        );
        read(Value::Histogram(HistogramValue {
            bounds: &self.cell.shape.bounds,
            bound_labels: &self.cell.shape.bound_labels,
            counts: scratch,
            sum: self.sum(),
            native: self.cell.native.as_deref().map(|native| NativeReader {
                native,
                shape: &self.cell.shape,
            }),
            exemplars: self.cell.exemplars.as_deref(),
        }));
    }

    fn trace(&self) -> u64 {
        self.cell.count()
    }

    fn is_held(&self) -> bool {
        is_shared(&self.cell)
    }

    fn retire(&self) {
        self.cell.retired_at.set(self.cell.count());
    }

    fn is_retired(&self) -> bool {
        self.cell.retired_at.is(|| self.cell.count())
    }

    fn revive(&self) {
        self.cell.retired_at.clear();
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count())
            .field("sum", &self.sum())
            .finish_non_exhaustive()
    }
}

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
    histogram: Option<Histogram>,
    started: Instant,
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

/// Bounds for durations of requests and queries, in seconds: those that the OpenTelemetry
/// conventions give for `http.server.request.duration`.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::SECONDS_BUCKETS.last(), Some(&10.0));
/// ```
pub const SECONDS_BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Bounds for sizes, in bytes: powers of four from 256 B to 64 MiB.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::BYTES_BUCKETS[0], 256.0);
/// ```
pub const BYTES_BUCKETS: &[f64] = &[
    256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0, 67108864.0,
];

/// Bounds for shares from 0 to 1: tenths, finer towards the end where quality is decided.
///
/// # Examples
///
/// ```
/// assert!(vitalsigns::RATIO_BUCKETS.contains(&0.99));
/// ```
pub const RATIO_BUCKETS: &[f64] = &[
    0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0,
];

/// `N` bounds, each `factor` times the one before; for use in `#[metric(buckets = …)]`.
///
/// # Panics
///
/// Never; a `start` that is not positive or a `factor` that is not above 1 gives bounds that do
/// not increase, which are refused when the program is compiled.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::exponential_buckets::<4>(1.0, 2.0), [1.0, 2.0, 4.0, 8.0]);
/// ```
pub const fn exponential_buckets<const N: usize>(start: f64, factor: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let mut index = 1;
    while index < N {
        bounds[index] = bounds[index - 1] * factor;
        index += 1;
    }
    bounds
}

/// `N` bounds, each `width` above the one before; for use in `#[metric(buckets = …)]`.
///
/// # Panics
///
/// Never; a `width` that is not positive gives bounds that do not increase, which are refused when
/// the program is compiled.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::linear_buckets::<3>(0.0, 0.5), [0.0, 0.5, 1.0]);
/// ```
pub const fn linear_buckets<const N: usize>(start: f64, width: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let mut index = 1;
    while index < N {
        bounds[index] = start + width * index as f64;
        index += 1;
    }
    bounds
}

/// Why bounds were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BucketFault {
    None,
    NotFinite,
    NotIncreasing,
}

impl BucketFault {
    pub(crate) const fn message(self) -> &'static str {
        match self {
            BucketFault::None => {
                "no bounds follow from the name of this histogram (they do from `_seconds`, \
                 `_bytes` and `_ratio`); say `#[metric(buckets = [...])]`"
            }
            BucketFault::NotFinite => {
                "a bucket bound is a finite number; the `+Inf` bucket is always there"
            }
            BucketFault::NotIncreasing => "bucket bounds increase from one to the next",
        }
    }
}

/// Checks that bounds are finite and strictly increasing.
pub(crate) const fn check_buckets(bounds: &[f64]) -> Result<(), BucketFault> {
    if bounds.is_empty() {
        return Err(BucketFault::None);
    }
    let mut index = 0;
    while index < bounds.len() {
        if !bounds[index].is_finite() {
            return Err(BucketFault::NotFinite);
        }
        if index > 0 && bounds[index - 1] >= bounds[index] {
            return Err(BucketFault::NotIncreasing);
        }
        index += 1;
    }
    Ok(())
}

/// The bounds that a histogram of this unit gets if its declaration names none.
pub(crate) const fn default_buckets(unit: Option<&str>) -> Option<&'static [f64]> {
    // Compared by bytes, because this is evaluated when the program is compiled.
    match unit {
        Some(unit) => match unit.as_bytes() {
            b"seconds" => Some(SECONDS_BUCKETS),
            b"bytes" => Some(BYTES_BUCKETS),
            b"ratio" => Some(RATIO_BUCKETS),
            _ => None,
        },
        None => None,
    }
}
