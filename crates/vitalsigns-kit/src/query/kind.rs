//! What a family is, as a type: so that the compiler refuses what means nothing.

/// A total that only grows: it has a rate.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Counter, Selector, Vector};
///
/// fn per_second(requests: &Selector<Counter>) -> Vector {
///     requests.rate()
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {}

/// A value that goes up and down.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Gauge, Selector, Vector};
///
/// fn now(depth: &Selector<Gauge>) -> Vector {
///     depth.value()
/// }
/// ```
///
/// It has no rate:
///
/// ```compile_fail,E0277
/// use vitalsigns_kit::query::{Gauge, Selector, Vector};
///
/// fn per_second(depth: &Selector<Gauge>) -> Vector {
///     depth.rate()
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauge {}

/// Observations counted by size.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Histogram, QueryError, Selector, Vector};
///
/// fn slow(durations: &Selector<Histogram>) -> Result<Vector, QueryError> {
///     durations.by(["route"])?.quantile(0.99)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Histogram {}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Counter {}
    impl Sealed for super::Gauge {}
    impl Sealed for super::Histogram {}
}

/// What only grows, so that it has a rate: counters.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Cumulative, Selector, Vector};
///
/// fn in_an_hour<K: Cumulative>(selector: &Selector<K>) -> Vector {
///     selector.increase()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a {Self} has no rate and no increase",
    label = "only a counter grows and never falls",
    note = "a gauge has `value()`; a histogram has `by([…])?.rate()`"
)]
pub trait Cumulative: sealed::Sealed {}

impl Cumulative for Counter {}

/// What has a value at each moment: gauges.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Level, Selector, Vector};
///
/// fn now<K: Level>(selector: &Selector<K>) -> Vector {
///     selector.value()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the value of a {Self} at one moment says nothing",
    label = "only a gauge has a value that means something by itself",
    note = "a counter has `rate()` and `increase()`; a histogram has `by([…])?.quantile(0.99)`"
)]
pub trait Level: sealed::Sealed {}

impl Level for Gauge {}

/// What counts observations by size: histograms.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Distribution, Observed, Selector};
///
/// fn all<K: Observed>(selector: &Selector<K>) -> Distribution {
///     selector.whole()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a {Self} has no quantiles, no shares and no mean",
    label = "only a histogram knows how large its observations were",
    note = "a counter has `rate()` and `increase()`; a gauge has `value()`"
)]
pub trait Observed: sealed::Sealed {}

impl Observed for Histogram {}
