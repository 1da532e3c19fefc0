//! Metrics with labels.

mod admission;
mod dense;
mod list;
mod newcomers;
#[cfg(all(loom, test))]
mod races;
mod shard;
mod single;
mod sparse;
mod values;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use dense::Dense;
pub(crate) use single::Single;
use sparse::Sparse;

use crate::descriptor::Descriptor;
use crate::label::LabelSet;
use crate::metric::{Counter, Metric, Shape};
use crate::sample::{Collect, Sink};

/// The most labels that a set can have.
pub(crate) const MAX_LABELS: usize = 16;

/// The most series that a family of closed labels makes when it is registered.
const DENSE_LIMIT: usize = 1024;

/// A metric with labels: one series for each set of label values.
///
/// If all labels are closed, every series is there from the start, at 0, and is found by an index
/// (up to 1024 combinations; beyond that, series are made when they are first asked for). If a
/// label is capped, series are made when they are first asked for, and the values of a label
/// beyond its cap share one series, in which the label reads `other`: what is recorded is kept,
/// and each such look-up adds one to `vitalsigns_series_overflow_total`. The same happens to all
/// text labels of a new series once the family has 2000 of them, or as many as
/// `#[metric(max_series = N)]` allows; closed labels keep their values even then.
///
/// Looking up a series that exists allocates nothing. It does not wait for a scrape, other than for
/// the moment in which one forgets removed series, nor for the creation of others, but for the
/// moment in which one of a few hundred that are kept with it is put in its place. The handle that
/// [`with`](Self::with) gives can be kept, so that recording needs no look-up at all.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Counter, Family, LabelSet, LabelValue, MetricGroup, Registry};
///
/// #[derive(LabelValue)]
/// enum Outcome {
///     Delivered,
///     Bounced,
/// }
///
/// #[derive(LabelSet)]
/// struct Delivery {
///     outcome: Outcome,
/// }
///
/// #[derive(MetricGroup)]
/// #[metrics(prefix = "mail")]
/// struct Mail {
///     /// Messages that left the queue, by outcome.
///     deliveries_total: Family<Delivery, Counter>,
/// }
///
/// let registry = Registry::new();
/// let mail = Mail::register(&registry)?;
///
/// let bounced = mail.deliveries_total.with(&Delivery { outcome: Outcome::Bounced });
/// bounced.inc(); // One addition, nothing to look up.
/// bounced.inc();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct Family<L, M> {
    cell: Arc<FamilyCell<M>>,
    labels: PhantomData<fn(L)>,
}

struct FamilyCell<M> {
    descriptor: Descriptor,
    store: Store<M>,
}

#[allow(
    clippy::large_enum_variant,
    reason = "there is one in a family; a box would cost every look-up a step"
)]
enum Store<M> {
    Dense(Dense<M>),
    Sparse(Sparse<M>),
}

impl<L: LabelSet<Schema = L>, M: Metric> Family<L, M> {
    const FITS: () = {
        assert!(
            L::LABELS.len() <= MAX_LABELS,
            "a label set has 16 labels at the most"
        );
        assert!(
            !matches!(crate::label::combinations(L::LABELS), Some(0)),
            "a closed label has at least one value"
        );
    };

    pub(crate) fn make(
        descriptor: Descriptor,
        shape: Arc<Shape>,
        overflow: Option<Counter>,
    ) -> (Self, Arc<dyn Collect>) {
        const { Self::FITS };
        let store = match crate::label::combinations(descriptor.labels) {
            Some(count) if count <= DENSE_LIMIT => {
                Store::Dense(Dense::new(&descriptor, &shape, count))
            }
            _ => Store::Sparse(Sparse::new(&descriptor, shape, overflow)),
        };
        let cell = Arc::new(FamilyCell { descriptor, store });
        (
            Family {
                cell: Arc::clone(&cell),
                labels: PhantomData,
            },
            cell,
        )
    }

    /// A handle on the series with these labels, which is made if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Counter, Family, LabelSet, MetricGroup, Registry};
    /// #[derive(LabelSet)]
    /// struct Topic<'a> {
    ///     #[label(cap = 2)]
    ///     topic: &'a str,
    /// }
    /// # #[derive(MetricGroup)]
    /// # struct Bus {
    /// #     /// Events.
    /// #     events_total: Family<Topic<'static>, Counter>,
    /// # }
    /// # let bus = Bus::register(&Registry::new())?;
    ///
    /// for topic in ["orders", "refunds", "a topic too many", "another"] {
    ///     bus.events_total.with(&Topic { topic }).inc();
    /// }
    /// assert_eq!(bus.events_total.with(&Topic { topic: "other" }).get(), 2);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[inline]
    pub fn with<Q: LabelSet<Schema = L>>(&self, labels: &Q) -> M {
        match &self.cell.store {
            Store::Dense(dense) => dense.with(labels),
            Store::Sparse(sparse) => sparse.with(labels),
        }
    }

    /// Takes the series with these labels off the page; false if there is none.
    ///
    /// A handle that is still held does not record into nothing: the next time it records (adding 0
    /// to a total is not recording), the series is back on the page and goes on from the value that
    /// it had. Asking for the labels again brings it back as well. If no handle is held, the series
    /// is forgotten and would start again at 0, and the values of its labels no longer count against
    /// their caps; if the last handle goes later, that room is there after the next scrape. The
    /// series of closed labels are hidden, not forgotten.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Counter, Family, Format, LabelSet, MetricGroup, Registry};
    /// # #[derive(LabelSet)]
    /// # struct Topic<'a> {
    /// #     #[label(cap = 2)]
    /// #     topic: &'a str,
    /// # }
    /// # #[derive(MetricGroup)]
    /// # struct Bus {
    /// #     /// Events.
    /// #     events_total: Family<Topic<'static>, Counter>,
    /// # }
    /// # let registry = Registry::new();
    /// # let bus = Bus::register(&registry)?;
    /// let orders = bus.events_total.with(&Topic { topic: "orders" });
    /// orders.inc();
    ///
    /// assert!(bus.events_total.remove(&Topic { topic: "orders" }));
    /// assert!(!registry.render(Format::Text).contains("orders"));
    ///
    /// orders.inc();
    /// assert!(registry.render(Format::Text).contains("events_total{topic=\"orders\"} 2\n"));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn remove<Q: LabelSet<Schema = L>>(&self, labels: &Q) -> bool {
        match &self.cell.store {
            Store::Dense(dense) => dense.remove(labels),
            Store::Sparse(sparse) => sparse.remove(labels),
        }
    }
}

impl<M: Metric> Collect for FamilyCell<M> {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn collect(&self, sink: &mut dyn Sink) {
        match &self.store {
            Store::Dense(dense) => dense.collect(sink),
            Store::Sparse(sparse) => sparse.collect(sink),
        }
    }
}

impl<L, M> Clone for Family<L, M> {
    fn clone(&self) -> Self {
        Family {
            cell: Arc::clone(&self.cell),
            labels: PhantomData,
        }
    }
}

impl<L, M> fmt::Debug for Family<L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("name", &self.cell.descriptor.name)
            .finish_non_exhaustive()
    }
}
