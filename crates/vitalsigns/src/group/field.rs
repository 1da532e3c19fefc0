//! The types that a field of a group can have.

use std::sync::Arc;

#[cfg(doc)]
use crate::MetricGroup;
use crate::descriptor::Descriptor;
use crate::family::{Family, Single};
use crate::kind::Kind;
use crate::label::{LabelSet, LabelSpec, LabelValue};
use crate::metric::sealed::Recorded;
use crate::metric::{
    Counter, CounterNumber, Gauge, GaugeNumber, Histogram, Info, InfoCell, Metric, Shape, StateSet,
};
use crate::sample::{Collect, Sink, Value};

/// A type that a field of a [`MetricGroup`] can have: a metric, or a [`Family`] of one.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Gauge, Kind, MetricField};
///
/// assert_eq!(<Gauge as MetricField>::KIND, Kind::Gauge);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a metric",
    label = "not a metric",
    note = "a field of a metric group is a `Counter`, `Gauge`, `Histogram`, `Info`, `StateSet`, or \
            a `Family` of labels and one of the first three or a `StateSet`"
)]
pub trait MetricField: Clone + Send + Sync + 'static + sealed::Field {
    /// The kind of the family that the field declares.
    const KIND: Kind;
}

/// What a field is made from.
pub(crate) struct FieldParts {
    pub(crate) descriptor: Descriptor,
    pub(crate) shape: Arc<Shape>,
    pub(crate) overflow: Option<Counter>,
}

pub(crate) mod sealed {
    use super::{Arc, Collect, FieldParts, LabelSpec};

    #[allow(private_interfaces, unnameable_types)]
    pub trait Field: Sized {
        const LABELS: &'static [LabelSpec];
        const STATES: Option<&'static [&'static str]>;
        const REJECTS: bool;
        const OWN_CELLS: Option<bool>;

        fn make(parts: FieldParts) -> (Self, Arc<dyn Collect>);
    }
}

impl<N: CounterNumber> MetricField for Counter<N> {
    const KIND: Kind = Kind::Counter;
}

impl<N: GaugeNumber> MetricField for Gauge<N> {
    const KIND: Kind = Kind::Gauge;
}

impl MetricField for Histogram {
    const KIND: Kind = Kind::Histogram;
}

impl<S: LabelValue> MetricField for StateSet<S> {
    const KIND: Kind = Kind::StateSet;
}

#[allow(private_interfaces)]
impl<M: Metric> sealed::Field for M {
    const LABELS: &'static [LabelSpec] = &[];
    const STATES: Option<&'static [&'static str]> = <M as Recorded>::STATES;
    const REJECTS: bool = <M as Recorded>::REJECTS;
    const OWN_CELLS: Option<bool> = <M as Recorded>::OWN_CELLS;

    fn make(parts: FieldParts) -> (Self, Arc<dyn Collect>) {
        let metric = <M as Recorded>::make(&parts.shape);
        (
            metric.clone(),
            Arc::new(Single::new(parts.descriptor, metric)),
        )
    }
}

impl<L: LabelSet<Schema = L> + 'static, M: Metric> MetricField for Family<L, M> {
    const KIND: Kind = <M as Metric>::KIND;
}

#[allow(private_interfaces)]
impl<L: LabelSet<Schema = L> + 'static, M: Metric> sealed::Field for Family<L, M> {
    const LABELS: &'static [LabelSpec] = L::LABELS;
    const STATES: Option<&'static [&'static str]> = <M as Recorded>::STATES;
    const REJECTS: bool = <M as Recorded>::REJECTS;
    const OWN_CELLS: Option<bool> = <M as Recorded>::OWN_CELLS;

    fn make(parts: FieldParts) -> (Self, Arc<dyn Collect>) {
        Family::make(parts.descriptor, parts.shape, parts.overflow)
    }
}

impl<L: LabelSet<Schema = L> + 'static> MetricField for Info<L> {
    const KIND: Kind = Kind::Info;
}

#[allow(private_interfaces)]
impl<L: LabelSet<Schema = L> + 'static> sealed::Field for Info<L> {
    const LABELS: &'static [LabelSpec] = L::LABELS;
    const STATES: Option<&'static [&'static str]> = None;
    const REJECTS: bool = false;
    const OWN_CELLS: Option<bool> = None;

    fn make(parts: FieldParts) -> (Self, Arc<dyn Collect>) {
        let (info, cell) = Info::make(Arc::clone(&parts.descriptor.constant));
        (
            info,
            Arc::new(InfoFamily {
                descriptor: parts.descriptor,
                cell,
            }),
        )
    }
}

struct InfoFamily {
    descriptor: Descriptor,
    cell: Arc<InfoCell>,
}

impl Collect for InfoFamily {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn collect(&self, sink: &mut dyn Sink) {
        if let Some(facts) = self.cell.facts() {
            sink.series(&facts.labels(), Value::Info);
        }
    }
}
