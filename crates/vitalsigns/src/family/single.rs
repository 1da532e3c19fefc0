//! A metric without labels: a family of one series.

use crate::descriptor::Descriptor;
use crate::label::Key;
use crate::metric::Metric;
use crate::sample::{Collect, Sink};

pub(crate) struct Single<M> {
    descriptor: Descriptor,
    key: Key,
    metric: M,
}

impl<M: Metric> Single<M> {
    pub(crate) fn new(descriptor: Descriptor, metric: M) -> Self {
        let key = Key::new(&descriptor.constant, &[], std::iter::empty());
        Single {
            descriptor,
            key,
            metric,
        }
    }
}

impl<M: Metric> Collect for Single<M> {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn collect(&self, sink: &mut dyn Sink) {
        self.metric.read(&mut Vec::new(), &mut |value| {
            sink.series(&self.key.labels(), value)
        });
    }
}
