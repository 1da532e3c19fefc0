//! Observations counted by size.

mod bounds;
mod elapsed;
mod search;
mod timer;

use std::fmt;
use std::time::{Duration, Instant};

pub use bounds::{
    BYTES_BUCKETS, RATIO_BUCKETS, SECONDS_BUCKETS, exponential_buckets, linear_buckets,
};
pub(crate) use bounds::{BucketFault, check_buckets, default_buckets};
pub(crate) use elapsed::Nanos;
pub(crate) use search::Search;
pub use timer::HistogramTimer;

use super::cell::{RetiredAt, add_finite, is_shared};
use super::cells::{Block, Own};
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
/// Each thread counts in cells of its own, as with [`Counter`](crate::Counter).
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
    /// The sums and the buckets.
    block: Block,
    /// What is not in the block. Not cumulative; one more than there are bounds.
    buckets: Box<[AtomicU64]>,
    /// The bits of an `f64`.
    sum: AtomicU64,
    retired_at: RetiredAt,
    /// Beside the buckets, which are one then if the histogram is native only.
    native: Option<Box<Native>>,
    /// Of a family that keeps exemplars.
    exemplars: Option<Box<Slots>>,
}

/// Where the sum is in a block, that of [times](Histogram::observe_elapsed), and the first bucket.
const SUM: usize = 0;
const NANOS: usize = 1;
const BUCKETS: usize = 2;

/// The bits of a float that is finite and not below zero are less.
const INFINITE: u64 = f64::INFINITY.to_bits();

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
        self.cell.sum()
    }
}

impl HistogramCell {
    /// Counts a value; the number of its bucket, if it was counted.
    #[inline]
    fn observe(&self, value: f64) -> Option<usize> {
        if value.to_bits() < INFINITE
            && self.native.is_none()
            && let Some(own) = self.block.own()
        {
            let bucket = self.shape.search.position(value);
            self.add(own, bucket, value);
            return Some(bucket);
        }
        self.observe_slowly(value)
    }

    /// What is not usual: the first observation of a thread, where it has no words of its own, and
    /// values that are negative, or none.
    #[cold]
    fn observe_slowly(&self, value: f64) -> Option<usize> {
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
        let bucket = match value.to_bits() < INFINITE {
            true => shape.search.position(value),
            false => shape.search.halve(value),
        };
        match self.block.claim(shape.room.as_ref()) {
            Some(own) => self.add(own, bucket, value),
            None => {
                // Relaxed: bucket and sum publish no other memory, and a scrape may fall in between.
                self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
                self.add_shared(value);
            }
        }
        Some(bucket)
    }

    #[inline]
    fn add(&self, own: Own, bucket: usize, value: f64) {
        own.add(BUCKETS + bucket, 1);
        if !own.add_f64(SUM, value) {
            self.add_shared(value);
        }
    }

    #[cold]
    fn add_shared(&self, value: f64) {
        if !add_finite(&self.sum, value) {
            self.shape.reject();
        }
    }

    fn count(&self) -> u64 {
        let load = |bucket: &AtomicU64| bucket.load(Ordering::Relaxed);
        let mut count: u64 = self.buckets.iter().map(load).sum();
        self.block.each(|words| {
            let buckets = BUCKETS..BUCKETS + self.buckets.len();
            count += buckets.map(|index| words.get(index)).sum::<u64>();
        });
        count
    }

    fn sum(&self) -> f64 {
        let mut sum = f64::from_bits(self.sum.load(Ordering::Relaxed));
        let mut nanos = 0_u128;
        // The order is always the same, so the sum cannot shrink while the words grow.
        self.block.each(|words| {
            sum += words.get_f64(SUM);
            nanos += u128::from(words.get(NANOS));
        });
        sum + nanos as f64 / 1e9
    }

    /// Writes what is in each bucket to `counts`, which is empty.
    fn read(&self, counts: &mut Vec<u64>) {
        let load = |bucket: &AtomicU64| bucket.load(Ordering::Relaxed);
        counts.extend(self.buckets.iter().map(load));
        self.block.each(|words| {
            for (index, count) in counts.iter_mut().enumerate() {
                *count += words.get(BUCKETS + index);
            }
        });
    }
}

impl Drop for HistogramCell {
    fn drop(&mut self) {
        self.block.free(self.shape.room.as_ref());
    }
}

impl Metric for Histogram {
    const KIND: Kind = Kind::Histogram;
}

#[allow(private_interfaces)]
impl Recorded for Histogram {
    const REJECTS: bool = true;
    const OWN_CELLS: Option<bool> = Some(true);

    fn make(shape: &std::sync::Arc<Shape>) -> Self {
        let buckets: Box<[AtomicU64]> = (0..=shape.bounds.len())
            .map(|_| AtomicU64::new(0))
            .collect();
        let cell = HistogramCell {
            shape: std::sync::Arc::clone(shape),
            block: Block::new(BUCKETS + buckets.len(), shape.room.as_ref()),
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
        self.cell.read(scratch);
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
