//! A value that goes up and down.

pub(super) mod moves;

use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use moves::Moves;

use super::cell::{RetiredFlag, add_f64, is_shared};
use super::cells::Member;
use super::sealed::Recorded;
use super::{Metric, Shape};
use crate::kind::Kind;
use crate::sample::{Number, Value};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU64, Ordering};

/// A value that goes up and down: jobs in progress, a temperature, a fill level.
///
/// `Gauge` holds whole numbers, `Gauge<f64>` any float, NaN and infinities included: they are
/// legal values of a gauge and read as such. It starts at 0. What goes up by one and must come
/// down again is better held by a [`GaugeGuard`] than counted by hand.
///
/// All threads share one cell, because a gauge is mostly set. One of whole numbers that threads move
/// up and down all the time, as for what is in flight, is better declared with
/// `#[metric(cells = "thread")]`: then each thread moves a cell of its own, and reading sums them
/// up. It can be set then as well, at the price of a sum. While it is read, what goes up can be seen
/// before what has gone down meanwhile, never the other way round.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Gauge, MetricGroup, Registry};
///
/// #[derive(MetricGroup)]
/// #[metrics(prefix = "oven")]
/// struct Oven {
///     /// Loaves in the oven.
///     loaves: Gauge,
///     /// Temperature in the middle of the oven.
///     temperature_celsius: Gauge<f64>,
/// }
///
/// let registry = Registry::new();
/// let oven = Oven::register(&registry)?;
/// oven.temperature_celsius.set(231.5);
/// {
///     let _baking = oven.loaves.hold(12);
///     assert_eq!(oven.loaves.get(), 12);
/// }
/// assert_eq!(oven.loaves.get(), 0);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct Gauge<N = i64> {
    cell: Arc<GaugeCell>,
    number: PhantomData<fn(N)>,
}

#[derive(Debug)]
struct GaugeCell {
    /// The bits of an `i64` or of an `f64`.
    bits: AtomicU64,
    /// Of a gauge that goes up and down in words of each thread's own.
    own: Option<Moves>,
    /// Unlike a total, a gauge can be set to the value that it had: removal needs a flag.
    retired: RetiredFlag,
}

/// The number types that a [`Gauge`] can hold: `i64` and `f64`.
///
/// # Examples
///
/// ```
/// fn clear<N: vitalsigns::GaugeNumber + Default>(gauge: &vitalsigns::Gauge<N>) {
///     gauge.set(N::default());
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a gauge does not hold `{Self}`",
    label = "neither `i64` nor `f64`",
    note = "`Gauge` holds `i64`, `Gauge<f64>` any float"
)]
pub trait GaugeNumber: Copy + Send + Sync + 'static + GaugeOps {}

impl GaugeNumber for i64 {}
impl GaugeNumber for f64 {}

#[allow(unnameable_types)]
pub trait GaugeOps: Sized {
    const ONE: Self;
    const OWN_CELLS: Option<bool>;
    fn add_to(self, bits: &AtomicU64);
    fn negated(self) -> Self;
    fn to_bits(self) -> u64;
    fn from_bits(bits: u64) -> Self;
    #[allow(private_interfaces)]
    fn number(self) -> Number;
}

#[allow(private_interfaces)]
impl GaugeOps for i64 {
    const ONE: Self = 1;
    const OWN_CELLS: Option<bool> = Some(false);

    fn add_to(self, bits: &AtomicU64) {
        // Two's complement: adding the bits adds the numbers, wrapping at the ends.
        bits.fetch_add(self as u64, Ordering::Relaxed);
    }

    fn negated(self) -> Self {
        self.wrapping_neg()
    }

    fn to_bits(self) -> u64 {
        self as u64
    }

    fn from_bits(bits: u64) -> Self {
        bits as i64
    }

    fn number(self) -> Number {
        Number::Signed(self)
    }
}

#[allow(private_interfaces)]
impl GaugeOps for f64 {
    const ONE: Self = 1.0;
    // Sums of fractions would not come out even.
    const OWN_CELLS: Option<bool> = None;

    fn add_to(self, bits: &AtomicU64) {
        add_f64(bits, self);
    }

    fn negated(self) -> Self {
        -self
    }

    fn to_bits(self) -> u64 {
        f64::to_bits(self)
    }

    fn from_bits(bits: u64) -> Self {
        f64::from_bits(bits)
    }

    fn number(self) -> Number {
        Number::Float(self)
    }
}

impl<N: GaugeNumber> Gauge<N> {
    /// Sets the value.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Queue {
    /// #     /// Depth.
    /// #     depth: vitalsigns::Gauge,
    /// # }
    /// # let queue = <Queue as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// queue.depth.set(42);
    /// assert_eq!(queue.depth.get(), 42);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn set(&self, value: N) {
        match &self.cell.own {
            None => self.cell.bits.store(value.to_bits(), Ordering::Relaxed),
            Some(own) => own.set(&self.cell.bits, value.to_bits()),
        }
        self.cell.retired.clear();
    }

    /// Adds one.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Queue {
    /// #     /// Depth.
    /// #     depth: vitalsigns::Gauge,
    /// # }
    /// # let queue = <Queue as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// queue.depth.inc();
    /// queue.depth.dec();
    /// assert_eq!(queue.depth.get(), 0);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn inc(&self) {
        self.add(N::ONE);
    }

    /// Takes one away; see [`inc`](Self::inc).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Queue {
    /// #     /// Depth.
    /// #     depth: vitalsigns::Gauge,
    /// # }
    /// # let queue = <Queue as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// queue.depth.dec();
    /// assert_eq!(queue.depth.get(), -1);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn dec(&self) {
        self.add(N::ONE.negated());
    }

    /// Adds `amount`, which may be negative. Whole numbers wrap at the ends of `i64`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Queue {
    /// #     /// Depth.
    /// #     depth: vitalsigns::Gauge,
    /// # }
    /// # let queue = <Queue as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// queue.depth.add(5);
    /// queue.depth.add(-2);
    /// assert_eq!(queue.depth.get(), 3);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn add(&self, amount: N) {
        match &self.cell.own {
            None => amount.add_to(&self.cell.bits),
            Some(own) => own.add(&self.cell.bits, amount.to_bits()),
        }
        self.cell.retired.clear();
    }

    /// Adds `amount` until the guard is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Pool {
    /// #     /// Used.
    /// #     used_bytes: vitalsigns::Gauge,
    /// # }
    /// # let pool = <Pool as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// let buffer = pool.used_bytes.hold(4096);
    /// assert_eq!(pool.used_bytes.get(), 4096);
    /// drop(buffer);
    /// assert_eq!(pool.used_bytes.get(), 0);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn hold(&self, amount: N) -> GaugeGuard<N> {
        self.add(amount);
        GaugeGuard {
            gauge: self.clone(),
            amount,
        }
    }

    /// The value of now.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Queue {
    /// #     /// Depth.
    /// #     depth: vitalsigns::Gauge,
    /// # }
    /// # let queue = <Queue as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// assert_eq!(queue.depth.get(), 0);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn get(&self) -> N {
        N::from_bits(self.cell.bits())
    }
}

impl GaugeCell {
    fn bits(&self) -> u64 {
        match &self.own {
            None => self.bits.load(Ordering::Relaxed),
            Some(own) => own.total(&self.bits),
        }
    }
}

impl Gauge<f64> {
    /// Sets the value to the seconds of `duration`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Queue {
    /// #     /// Age.
    /// #     oldest_age_seconds: vitalsigns::Gauge<f64>,
    /// # }
    /// # let queue = <Queue as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// queue.oldest_age_seconds.set_duration(Duration::from_millis(1500));
    /// assert_eq!(queue.oldest_age_seconds.get(), 1.5);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn set_duration(&self, duration: Duration) {
        self.set(duration.as_secs_f64());
    }

    /// Sets the value to the present time in seconds since 1970, as `time() - metric` expects it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Backup {
    /// #     /// Last success.
    /// #     last_success_timestamp_seconds: vitalsigns::Gauge<f64>,
    /// # }
    /// # let backup = <Backup as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// backup.last_success_timestamp_seconds.set_to_now();
    /// assert!(backup.last_success_timestamp_seconds.get() > 1.7e9);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn set_to_now(&self) {
        // A clock before 1970 gives the epoch itself: recording does not fail.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        self.set(since.as_secs_f64());
    }
}

/// Holds a part of a [`Gauge`] and gives back exactly what it took when it is dropped.
///
/// Being dropped by a panic or with a cancelled future gives it back as well. Of a `Gauge<f64>` it
/// takes the amount away again by a subtraction of floats, which rounds: hold whole numbers where
/// the sum must come out even.
///
/// # Examples
///
/// ```
/// # #[derive(vitalsigns::MetricGroup)]
/// # struct Queue {
/// #     /// Workers.
/// #     busy_workers: vitalsigns::Gauge,
/// # }
/// # let queue = <Queue as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
/// let busy: vitalsigns::GaugeGuard = queue.busy_workers.hold(1);
/// # drop(busy);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "the gauge goes back as soon as the guard is dropped"]
pub struct GaugeGuard<N: GaugeNumber = i64> {
    gauge: Gauge<N>,
    amount: N,
}

impl<N: GaugeNumber> Drop for GaugeGuard<N> {
    fn drop(&mut self) {
        self.gauge.add(self.amount.negated());
    }
}

impl<N: GaugeNumber + fmt::Debug> fmt::Debug for GaugeGuard<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GaugeGuard")
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

impl<N> Gauge<N> {
    /// Its block, if it goes up and down in words of each thread's own.
    pub(super) fn member(&self) -> Option<Member<'_>> {
        self.cell.own.as_ref().map(Moves::member)
    }
}

impl<N: GaugeNumber> Metric for Gauge<N> {
    const KIND: Kind = Kind::Gauge;
}

#[allow(private_interfaces)]
impl<N: GaugeNumber> Recorded for Gauge<N> {
    const OWN_CELLS: Option<bool> = N::OWN_CELLS;

    fn make(shape: &std::sync::Arc<Shape>) -> Self {
        let is_moved = N::OWN_CELLS.is_some() && shape.room.is_some();
        let cell = GaugeCell {
            bits: AtomicU64::new(0),
            own: is_moved.then(|| Moves::new(shape)),
            retired: RetiredFlag::new(),
        };
        Gauge {
            cell: Arc::new(cell),
            number: PhantomData,
        }
    }

    fn read(&self, _: &mut Vec<u64>, read: &mut dyn FnMut(Value<'_>)) {
        read(Value::Gauge(self.get().number()));
    }

    fn trace(&self) -> u64 {
        self.cell.bits()
    }

    fn is_held(&self) -> bool {
        is_shared(&self.cell)
    }

    fn retire(&self) {
        self.cell.retired.set();
    }

    fn is_retired(&self) -> bool {
        self.cell.retired.is()
    }

    fn revive(&self) {
        self.cell.retired.clear();
    }
}

impl<N> Clone for Gauge<N> {
    fn clone(&self) -> Self {
        Gauge {
            cell: Arc::clone(&self.cell),
            number: PhantomData,
        }
    }
}

impl<N: GaugeNumber + fmt::Debug> fmt::Debug for Gauge<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gauge").field(&self.get()).finish()
    }
}
