//! Series of closed labels: all there from the start, found by an index.

use std::sync::Arc;

use crate::descriptor::Descriptor;
use crate::label::{Key, LabelSet, position};
use crate::metric::{Metric, Shape};
use crate::sample::Sink;

pub(super) struct Dense<M> {
    series: Box<[(Key, M)]>,
}

impl<M: Metric> Dense<M> {
    pub(super) fn new(descriptor: &Descriptor, shape: &Arc<Shape>, count: usize) -> Self {
        let series = (0..count)
            .map(|position| {
                let key = Key::at_position(&descriptor.constant, descriptor.labels, position);
                (key, M::make(shape))
            })
            .collect();
        Dense { series }
    }

    #[inline]
    pub(super) fn with<Q: LabelSet>(&self, labels: &Q) -> M {
        let metric = &self.series[position(labels)].1;
        if metric.is_retired() {
            metric.revive();
        }
        metric.clone()
    }

    pub(super) fn remove<Q: LabelSet>(&self, labels: &Q) -> bool {
        let metric = &self.series[position(labels)].1;
        let was_there = !metric.is_retired();
        metric.retire();
        was_there
    }

    pub(super) fn collect(&self, sink: &mut dyn Sink) {
        let mut scratch = Vec::new();
        for (key, metric) in self
            .series
            .iter()
            .filter(|(_, metric)| !metric.is_retired())
        {
            metric.read(&mut scratch, &mut |value| sink.series(&key.labels(), value));
        }
    }
}
