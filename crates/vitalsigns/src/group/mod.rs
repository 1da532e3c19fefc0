//! Metrics as the fields of a struct.

mod builder;
mod field;

pub(crate) use builder::Declaration;
pub use builder::{FieldSpec, GroupBuilder};
pub use field::MetricField;

use crate::error::RegisterError;
use crate::registry::Registry;
#[cfg(doc)]
use crate::{Counter, Exemplar, Family, Gauge, Histogram, Info, StateSet};

/// A struct whose fields are metrics: `derive(MetricGroup)`.
///
/// Each field is a metric of the page:
/// - its **name** is the namespace of the registry, the prefix of the group and the name of the
///   field, joined by underscores; `#[metric(name = "…")]` replaces the last part;
/// - its **help** is the first paragraph of its doc comment, which it must have;
/// - its **kind** and **labels** are its type: [`Counter`], [`Gauge`], [`Histogram`], [`Info`],
///   [`StateSet`], or a [`Family`] of one of them;
/// - its **unit** is the last word of its name (`_seconds`, `_bytes`, `_ratio`, …);
///   `#[metric(unit = "frames")]` declares another one, with which the name must then end;
/// - the **bounds** of a histogram are `#[metric(buckets = […])]`, or follow from the unit;
/// - a histogram is classic, or as `#[metric(histogram = "native")]` or `"both"` says (see
///   [`Histogram`]);
/// - `#[metric(exemplars)]` has a counter or histogram keep exemplars (see [`Exemplar`]);
/// - counters and histograms count in **cells of each thread's own**, so that threads do not wait
///   for each other's cache lines; that takes 8 bytes for a counter and each thread that records in
///   it, 128 for a histogram of 14 bounds, for 1024 series of a family and 1 MiB of a thread at the
///   most. `#[metric(cells = "shared")]` does without; `cells = "thread"` has a gauge do the same
///   (see [`Gauge`]);
/// - a family with capped labels has **at most 2000 series**, or `#[metric(max_series = N)]`; once
///   it has them, the text of further ones reads `other`.
///
/// `#[metrics(prefix = "…")]` on the struct sets the prefix; `#[metrics(namespace = false)]` leaves
/// the namespace of the registry out, for names that are the same in every service, as
/// `process_cpu_seconds_total`; `#[metrics(crate = path)]` says where this crate is if it was
/// renamed. Mistakes in all of this are compile errors.
///
/// Registering is the only way to get the handles, so a metric that exists is on the page. A group
/// that is declared and never registered draws the compiler's warning for unused code.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Counter, Format, Histogram, MetricGroup, Registry};
///
/// #[derive(MetricGroup)]
/// #[metrics(prefix = "checkout")]
/// struct Checkout {
///     /// Orders placed.
///     orders_total: Counter,
///     /// Time from the first click to the placed order.
///     #[metric(buckets = [0.1, 0.5, 1.0, 2.5])]
///     order_duration_seconds: Histogram,
/// }
///
/// let registry = Registry::builder().namespace("shop").build()?;
/// let checkout = Checkout::register(&registry)?;
/// checkout.orders_total.inc();
/// assert!(registry.render(Format::Text).contains("shop_checkout_orders_total 1\n"));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a group of metrics",
    note = "put `#[derive(MetricGroup)]` on the struct whose fields are the metrics"
)]
pub trait MetricGroup: Sized + Send + Sync + 'static {
    /// The name of the struct, for the catalogue and for errors.
    #[doc(hidden)]
    const NAME: &'static str;

    /// The words in front of the names of the fields; may be empty.
    #[doc(hidden)]
    const PREFIX: &'static str;

    /// Whether the namespace of the registry stands in front as well.
    #[doc(hidden)]
    const NAMESPACED: bool = true;

    #[doc(hidden)]
    fn build(group: &mut GroupBuilder<'_>) -> Result<Self, RegisterError>;

    /// The same handles once more.
    #[doc(hidden)]
    fn share(&self) -> Self;

    /// Puts the metrics of the group into `registry` and returns the handles to record with.
    ///
    /// Registering the same group in the same registry again returns the same handles, so that two
    /// parts of a program can both ask for it.
    ///
    /// # Errors
    ///
    /// [`RegisterError`] if a name with namespace and prefix breaks a rule, if a metric of another
    /// group has the name already, or if the bounds of a histogram are missing. Then no metric of
    /// the group is registered.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[derive(vitalsigns::MetricGroup)]
    /// # struct Jobs {
    /// #     /// Jobs.
    /// #     jobs_total: vitalsigns::Counter,
    /// # }
    /// use vitalsigns::{MetricGroup, Registry};
    ///
    /// let registry = Registry::new();
    /// let one = Jobs::register(&registry)?;
    /// let same = Jobs::register(&registry)?;
    /// one.jobs_total.inc();
    /// assert_eq!(same.jobs_total.get(), 1);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    fn register(registry: &Registry) -> Result<Self, RegisterError> {
        registry.register_group()
    }
}
