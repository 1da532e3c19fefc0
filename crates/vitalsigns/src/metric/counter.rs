//! A total that only grows.

use std::fmt;
use std::marker::PhantomData;
use std::time::Instant;

use super::cell::{RetiredAt, add_finite, is_shared};
use super::cells::{Block, Member, Own};
use super::sealed::Recorded;
use super::{Metric, Shape};
use crate::exemplar::{Exemplar, Slot, tick};
use crate::kind::Kind;
use crate::sample::{Number, Value};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU64, Ordering};

/// A total that only grows: events, bytes, seconds spent.
///
/// `Counter` counts in whole numbers; `Counter<f64>` adds fractions, as for seconds. The name of
/// its field ends in `_total`. It starts at 0, and a restart of the process starts it again, which
/// Prometheus's `rate` and `increase` take into account.
///
/// A whole-number counter wraps to 0 after 2^64 - 1, which reads as a restart. Scrapers keep
/// samples as floats: beyond 2^53 they see the nearest one.
///
/// Each thread counts in a cell of its own, which costs a few plain instructions however many threads
/// there are; the total is their sum, and what a thread has counted stays when it ends.
/// `#[metric(cells = "shared")]` has them share one, by an atomic addition.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Counter, MetricGroup, Registry};
///
/// #[derive(MetricGroup)]
/// #[metrics(prefix = "mail")]
/// struct Mail {
///     /// Messages handed to the server.
///     sent_total: Counter,
///     /// Time spent composing messages.
///     composing_seconds_total: Counter<f64>,
/// }
///
/// let registry = Registry::new();
/// let mail = Mail::register(&registry)?;
/// mail.sent_total.inc();
/// mail.sent_total.add(2);
/// mail.composing_seconds_total.add(0.25);
/// assert_eq!(mail.sent_total.get(), 3);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct Counter<N = u64> {
    cell: Arc<CounterCell>,
    number: PhantomData<fn(N)>,
}

#[derive(Debug)]
struct CounterCell {
    /// What is not in the block: a `u64`, or the bits of an `f64`.
    shared: AtomicU64,
    /// One word, of the same kind.
    block: Block,
    retired_at: RetiredAt,
    shape: std::sync::Arc<Shape>,
    /// Of a family that keeps exemplars.
    exemplar: Option<Box<Slot>>,
}

/// The number types that a [`Counter`] can count in: `u64` and `f64`.
///
/// # Examples
///
/// ```
/// fn total<N: vitalsigns::CounterNumber>(counter: &vitalsigns::Counter<N>) -> N {
///     counter.get()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a counter does not count in `{Self}`",
    label = "neither `u64` nor `f64`",
    note = "`Counter` counts in `u64`, `Counter<f64>` adds fractions"
)]
pub trait CounterNumber: Copy + Send + Sync + 'static + CounterOps {}

impl CounterNumber for u64 {}
impl CounterNumber for f64 {}

#[allow(unnameable_types)]
pub trait CounterOps: Sized {
    const ONE: Self;
    const REJECTS: bool;
    /// Adds to the bits; false if the amount was refused.
    fn add_to(self, bits: &AtomicU64) -> bool;
    /// Adds to a word of this thread; false if that is not possible.
    #[allow(private_interfaces)]
    fn add_to_own(self, own: Own) -> bool;
    /// The sum of bits and words.
    #[allow(private_interfaces)]
    fn total(bits: u64, block: &Block) -> Self;
    /// Whether it can be a total.
    fn can_be_total(self) -> bool;
    /// What the bits have to be for this to be the sum of them and `own`, if it is less now.
    fn raise(self, bits: u64, own: Self) -> Option<u64>;
    #[allow(private_interfaces)]
    fn number(self) -> Number;
}

#[allow(private_interfaces)]
impl CounterOps for u64 {
    const ONE: Self = 1;
    const REJECTS: bool = false;

    fn add_to(self, bits: &AtomicU64) -> bool {
        // Relaxed: the total publishes no other memory.
        bits.fetch_add(self, Ordering::Relaxed);
        true
    }

    #[inline]
    fn add_to_own(self, own: Own) -> bool {
        own.add(0, self);
        true
    }

    fn total(bits: u64, block: &Block) -> Self {
        bits.wrapping_add(block.sum(0))
    }

    fn can_be_total(self) -> bool {
        true
    }

    fn raise(self, bits: u64, own: Self) -> Option<u64> {
        (self > bits.wrapping_add(own)).then(|| self.wrapping_sub(own))
    }

    fn number(self) -> Number {
        Number::Unsigned(self)
    }
}

#[allow(private_interfaces)]
impl CounterOps for f64 {
    const ONE: Self = 1.0;
    const REJECTS: bool = true;

    fn add_to(self, bits: &AtomicU64) -> bool {
        self.can_be_total() && add_finite(bits, self)
    }

    #[inline]
    fn add_to_own(self, own: Own) -> bool {
        // Not so for NaN; what is infinite does not fit.
        self >= 0.0 && own.add_f64(0, self)
    }

    fn total(bits: u64, block: &Block) -> Self {
        block.sum_f64(0, f64::from_bits(bits))
    }

    fn can_be_total(self) -> bool {
        self.is_finite() && self >= 0.0
    }

    fn raise(self, bits: u64, own: Self) -> Option<u64> {
        let shared = f64::from_bits(bits);
        // Rounding must not make less of it.
        (self > shared + own).then(|| (self - own).max(shared).to_bits())
    }

    fn number(self) -> Number {
        Number::Float(self)
    }
}

impl<N: CounterNumber> Counter<N> {
    /// Adds one.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Jobs {
    /// #     /// Jobs.
    /// #     jobs_total: vitalsigns::Counter,
    /// # }
    /// # let jobs = <Jobs as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// jobs.jobs_total.inc();
    /// assert_eq!(jobs.jobs_total.get(), 1);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn inc(&self) {
        self.add(N::ONE);
    }

    /// Adds `amount`.
    ///
    /// An `f64` that is negative, infinite or NaN is not added, nor is one that would make the total
    /// infinite; it is counted in `vitalsigns_observations_rejected_total`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Pump {
    /// #     /// Water.
    /// #     water_grams_total: vitalsigns::Counter<f64>,
    /// # }
    /// # let pump = <Pump as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// pump.water_grams_total.add(12.5);
    /// pump.water_grams_total.add(-1.0); // Refused: a total does not shrink.
    /// assert_eq!(pump.water_grams_total.get(), 12.5);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn add(&self, amount: N) {
        if !self.cell.add(amount) {
            self.cell.shape.reject();
        }
    }

    /// Adds one, and points to the event behind it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Jobs {
    /// #     /// Jobs.
    /// #     #[metric(exemplars)]
    /// #     jobs_total: vitalsigns::Counter,
    /// # }
    /// # let jobs = <Jobs as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// # let header = "";
    /// jobs.jobs_total.inc_with(vitalsigns::TraceContext::parse(header));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn inc_with<'e>(&self, exemplar: impl Into<Exemplar<'e>>) {
        self.add_with(N::ONE, exemplar);
    }

    /// Adds `amount`, as [`add`](Self::add) does, and points to the event behind it. The value of the
    /// exemplar is `amount`.
    ///
    /// The counter keeps the newest exemplar, at most ten in a second, and only if it is declared
    /// with `#[metric(exemplars)]` and the exemplar [fits](Exemplar::fits). Besides what `add` does
    /// this reads the clock; it never waits: an exemplar that comes while another is written is
    /// lost. The first one allocates, and so do those whose labels are longer than any before, or
    /// text after a trace.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Shop {
    /// #     /// Sold.
    /// #     #[metric(exemplars)]
    /// #     sold_bytes_total: vitalsigns::Counter,
    /// # }
    /// # let shop = <Shop as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// shop.sold_bytes_total.add_with(4096, &[("order", "A-17")]);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn add_with<'e>(&self, amount: N, exemplar: impl Into<Exemplar<'e>>) {
        self.add_at(amount, &exemplar.into(), Instant::now);
    }

    /// The same by a clock that was read already; it is not asked where there is nothing to keep.
    #[inline]
    pub(crate) fn add_at(&self, amount: N, exemplar: &Exemplar<'_>, now: impl FnOnce() -> Instant) {
        if !self.cell.add(amount) {
            return self.cell.shape.reject();
        }
        if let (Some(slot), Some(began)) = (&self.cell.exemplar, self.cell.shape.exemplars_since)
            && !exemplar.is_nothing()
        {
            slot.offer(tick(began, now()), amount.number().as_f64(), exemplar);
        }
    }

    /// Raises the total to one that something else keeps, as the operating system does for the
    /// processor time of a process.
    ///
    /// A total that is not above the one that is known changes nothing: totals do not shrink. An
    /// `f64` that is infinite, NaN or negative is counted in
    /// `vitalsigns_observations_rejected_total`. What threads add at the same time comes on top; an
    /// `f64` to which some was added is raised by a difference of floats, which rounds.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Process {
    /// #     /// Time.
    /// #     cpu_seconds_total: vitalsigns::Counter<f64>,
    /// # }
    /// # let process = <Process as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// process.cpu_seconds_total.raise_to(12.25);
    /// process.cpu_seconds_total.raise_to(12.0);
    /// assert_eq!(process.cpu_seconds_total.get(), 12.25);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn raise_to(&self, total: N) {
        if !total.can_be_total() {
            return self.cell.shape.reject();
        }
        let shared = &self.cell.shared;
        let mut bits = shared.load(Ordering::Relaxed);
        // What threads add to words of their own meanwhile comes on top, as if it were later.
        while let Some(raised) = total.raise(bits, N::total(0, &self.cell.block)) {
            match shared.compare_exchange(bits, raised, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => bits = other,
            }
        }
    }

    /// The total so far.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Jobs {
    /// #     /// Jobs.
    /// #     jobs_total: vitalsigns::Counter,
    /// # }
    /// # let jobs = <Jobs as vitalsigns::MetricGroup>::register(&vitalsigns::Registry::new())?;
    /// assert_eq!(jobs.jobs_total.get(), 0);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn get(&self) -> N {
        let shared = self.cell.shared.load(Ordering::Relaxed);
        N::total(shared, &self.cell.block)
    }
}

impl<N> Counter<N> {
    pub(super) fn member(&self) -> Member<'_> {
        (&self.cell.block, self.cell.shape.room.as_ref())
    }
}

impl CounterCell {
    /// False if the amount was refused.
    #[inline]
    fn add<N: CounterNumber>(&self, amount: N) -> bool {
        match self.block.own() {
            Some(own) if amount.add_to_own(own) => true,
            _ => self.add_slowly(amount),
        }
    }

    /// The first of a thread, where there are no words of its own, and what does not fit into one.
    #[cold]
    fn add_slowly<N: CounterNumber>(&self, amount: N) -> bool {
        match self.block.claim(self.shape.room.as_ref()) {
            Some(own) if amount.add_to_own(own) => true,
            _ => amount.add_to(&self.shared),
        }
    }

    /// The bits of all words: like those of each, this sum grows with whatever is added.
    fn trace(&self) -> u64 {
        let shared = self.shared.load(Ordering::Relaxed);
        shared.wrapping_add(self.block.sum(0))
    }
}

impl Drop for CounterCell {
    fn drop(&mut self) {
        self.block.free(self.shape.room.as_ref());
    }
}

impl<N: CounterNumber> Metric for Counter<N> {
    const KIND: Kind = Kind::Counter;
}

#[allow(private_interfaces)]
impl<N: CounterNumber> Recorded for Counter<N> {
    const REJECTS: bool = N::REJECTS;
    const OWN_CELLS: Option<bool> = Some(true);

    fn make(shape: &std::sync::Arc<Shape>) -> Self {
        let cell = CounterCell {
            // 0 is also the bits of 0.0.
            shared: AtomicU64::new(0),
            block: Block::new(1, shape.room.as_ref()),
            retired_at: RetiredAt::never(),
            shape: std::sync::Arc::clone(shape),
            exemplar: shape.exemplars_since.map(|_| Box::new(Slot::new())),
        };
        Counter {
            cell: Arc::new(cell),
            number: PhantomData,
        }
    }

    fn read(&self, _: &mut Vec<u64>, read: &mut dyn FnMut(Value<'_>)) {
        let exemplar = self.cell.exemplar.as_deref();
        read(Value::Counter(self.get().number(), exemplar));
    }

    fn trace(&self) -> u64 {
        self.cell.trace()
    }

    fn is_held(&self) -> bool {
        is_shared(&self.cell)
    }

    fn retire(&self) {
        self.cell.retired_at.set(self.cell.trace());
    }

    fn is_retired(&self) -> bool {
        self.cell.retired_at.is(|| self.cell.trace())
    }

    fn revive(&self) {
        self.cell.retired_at.clear();
    }
}

impl<N> Clone for Counter<N> {
    fn clone(&self) -> Self {
        Counter {
            cell: Arc::clone(&self.cell),
            number: PhantomData,
        }
    }
}

impl<N: CounterNumber + fmt::Debug> fmt::Debug for Counter<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.get()).finish()
    }
}
