//! The primitives: what can be recorded.
//!
//! Each is a handle: cloning it is cheap and both clones record into the same value. Counters and
//! histograms count in [cells] of each thread's own; the others are an atomic operation or a few.
//! Recording waits for no lock, allocates nothing (but for the first values of a thread and of a
//! native histogram, and for exemplars), cannot fail and does not panic. Handles come from a
//! registered group, so what they record is on the page.

mod calls;
mod cell;
mod cells;
mod counter;
mod gauge;
mod histogram;
mod info;
mod native;
mod state_set;

use std::sync::Arc;
use std::time::Instant;

pub(crate) use calls::Calls;
use cells::Room;
pub use counter::{Counter, CounterNumber};
pub use gauge::{Gauge, GaugeGuard, GaugeNumber};
pub use histogram::{
    BYTES_BUCKETS, Histogram, HistogramTimer, Observation, RATIO_BUCKETS, SECONDS_BUCKETS,
    exponential_buckets, linear_buckets,
};
pub(crate) use histogram::{BucketFault, check_buckets, default_buckets};
use histogram::{Nanos, Search};
pub use info::Info;
pub(crate) use info::InfoCell;
pub(crate) use native::{Native, NativeBuckets, ZERO_THRESHOLD};
pub use state_set::StateSet;

use crate::exposition::number::canonical;
use crate::kind::Kind;
use crate::sample::Value;

/// What all series of one family share.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) bounds: Arc<[f64]>,
    /// `le="…"` for each bound and for `+Inf`, as it stands on the page.
    pub(crate) bound_labels: Box<[Box<str>]>,
    /// Finds the bucket of a value.
    search: Search,
    /// Finds the bucket of a time.
    nanos: Nanos,
    /// Of a family whose series have words of their own in each thread.
    room: Option<Room>,
    /// Values that were no measurements; absent in the library's own families.
    pub(crate) rejected: Option<Counter>,
    /// Whether there are native buckets as well.
    pub(crate) native: bool,
    /// Halvings of the resolution of native buckets.
    pub(crate) halved: Option<Counter>,
    /// When the family began, if it keeps exemplars; their ticks count from there.
    pub(crate) exemplars_since: Option<Instant>,
}

impl Shape {
    pub(crate) fn new(bounds: Arc<[f64]>, rejected: Option<Counter>) -> Self {
        // -0.0 is 0.0, and reads like it.
        let bounds: Arc<[f64]> = bounds.iter().map(|bound| bound + 0.0).collect();
        let bound_labels = bounds
            .iter()
            .copied()
            .chain([f64::INFINITY])
            .map(|bound| format!("le=\"{}\"", canonical(bound)).into())
            .collect();
        Shape {
            search: Search::new(&bounds),
            nanos: Nanos::new(&bounds),
            bounds,
            bound_labels,
            room: None,
            rejected,
            native: false,
            halved: None,
            exemplars_since: None,
        }
    }

    /// The same with words of each thread's own for its series.
    pub(crate) fn with_own_cells(self) -> Self {
        Shape {
            room: Some(Room::new()),
            ..self
        }
    }

    /// The same with native buckets.
    pub(crate) fn native(self, halved: Counter) -> Self {
        Shape {
            native: true,
            halved: Some(halved),
            ..self
        }
    }

    /// The same with room for exemplars.
    pub(crate) fn with_exemplars(self) -> Self {
        Shape {
            exemplars_since: Some(Instant::now()),
            ..self
        }
    }

    fn reject(&self) {
        if let Some(rejected) = &self.rejected {
            rejected.inc();
        }
    }
}

/// A metric that can stand alone or be the member of a [`Family`](crate::Family).
///
/// It is implemented by [`Counter`], [`Gauge`], [`Histogram`] and [`StateSet`], and by nothing
/// else.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Counter, Kind, Metric};
///
/// assert_eq!(<Counter as Metric>::KIND, Kind::Counter);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the member of a family",
    label = "not a metric that takes labels",
    note = "a family is of `Counter`, `Gauge`, `Histogram` or `StateSet`; `Info` has labels of its own"
)]
pub trait Metric: Clone + Send + Sync + 'static + sealed::Recorded {
    /// The kind of its family.
    const KIND: Kind;
}

pub(crate) mod sealed {
    use super::{Arc, Shape, Value};

    /// What the families need of a metric.
    #[allow(private_interfaces, unnameable_types)]
    pub trait Recorded: Sized {
        /// Whether values can be refused, so that a counter for them is needed.
        const REJECTS: bool = false;
        /// Whether each thread can have words of its own for a series, and if so, whether it does
        /// where nothing is said of it.
        const OWN_CELLS: Option<bool> = None;
        /// The states of a state set.
        const STATES: Option<&'static [&'static str]> = None;

        fn make(shape: &Arc<Shape>) -> Self;
        /// Calls `read` with the value of now; `scratch` is for those that need room.
        fn read(&self, scratch: &mut Vec<u64>, read: &mut dyn FnMut(Value<'_>));
        /// Something that changes when something is recorded, if not in every case.
        fn trace(&self) -> u64;
        /// Whether somebody holds a handle besides the family.
        fn is_held(&self) -> bool;
        /// Marks the series as removed: until it is touched.
        fn retire(&self);
        /// Whether nothing was recorded since it was marked.
        fn is_retired(&self) -> bool;
        /// Takes the mark away.
        fn revive(&self);
    }
}
