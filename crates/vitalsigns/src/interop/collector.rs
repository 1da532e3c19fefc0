//! Our registry inside a prometheus-client registry.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::descriptor::Descriptor;
use crate::kind::Kind;
use crate::label::Labels;
use crate::registry::Registry;
use crate::sample::{HistogramValue, Number, Sink, Value};

/// A [`Registry`] can be registered as a collector of a prometheus-client registry; its families
/// come out with the names, kinds, units and labels that they have on our own page.
///
/// prometheus-client knows no state sets: they are gauges there. It writes help as it is, without
/// escaping, and a sum for every histogram: one with a negative bound makes strict OpenMetrics
/// parsers refuse its page. Foreign metrics that are attached to the registry are not handed on.
impl Collector for Registry {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        // Our own alone: two registries that contain each other would never come to an end.
        for family in self.collected() {
            let descriptor = family.descriptor();
            let unit = descriptor.unit.map(|unit| Unit::Other(unit.to_owned()));
            let name = name_without_unit(descriptor);
            let kind = metric_type(descriptor.kind);
            let metric = encoder.encode_descriptor(name, descriptor.help, unit.as_ref(), kind)?;
            let mut writer = Writer {
                descriptor,
                metric,
                result: Ok(()),
            };
            family.collect(&mut writer);
            writer.result?;
        }
        Ok(())
    }
}

/// The base name as prometheus-client wants it: it appends the unit itself.
fn name_without_unit(descriptor: &Descriptor) -> &str {
    let base = descriptor.base_name();
    descriptor
        .unit
        .and_then(|unit| base.strip_suffix(unit)?.strip_suffix('_'))
        .unwrap_or(base)
}

fn metric_type(kind: Kind) -> MetricType {
    match kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge | Kind::StateSet => MetricType::Gauge,
        Kind::Histogram => MetricType::Histogram,
        Kind::Info => MetricType::Info,
        Kind::Unknown => MetricType::Unknown,
    }
}

struct Writer<'a> {
    descriptor: &'a Descriptor,
    metric: MetricEncoder<'a>,
    /// The first error; what comes after it is not written.
    result: fmt::Result,
}

impl Sink for Writer<'_> {
    fn series(&mut self, labels: &Labels<'_>, value: Value<'_>) {
        if self.result.is_ok() {
            self.result = self.write(labels, value);
        }
    }
}

impl Writer<'_> {
    fn write(&mut self, own: &Labels<'_>, value: Value<'_>) -> fmt::Result {
        // Owned: the encoder wants labels that live as long as itself.
        let mut labels: Vec<(String, String)> = self.descriptor.constant.to_vec();
        labels.extend(
            own.pairs()
                .map(|(name, value)| (name.to_owned(), value.into_owned())),
        );
        match value {
            Value::Info => self.metric.encode_info(&labels),
            Value::StateSet { states, on } => {
                for (bit, state) in states.iter().enumerate() {
                    labels.push((self.descriptor.base_name().to_owned(), (*state).to_owned()));
                    let on = i64::from(on >> bit & 1 == 1);
                    self.metric.encode_family(&labels)?.encode_gauge(&on)?;
                    labels.pop();
                }
                Ok(())
            }
            _ if labels.is_empty() => encode(&mut self.metric, value),
            _ => encode(&mut self.metric.encode_family(&labels)?, value),
        }
    }
}

fn encode(metric: &mut MetricEncoder<'_>, value: Value<'_>) -> fmt::Result {
    match value {
        Value::Counter(Number::Unsigned(total), _) => {
            metric.encode_counter::<NoLabelSet, _, f64>(&total, None)
        }
        Value::Counter(total, _) => {
            metric.encode_counter::<NoLabelSet, _, f64>(&total.as_f64(), None)
        }
        Value::Gauge(Number::Signed(value)) => metric.encode_gauge(&value),
        Value::Gauge(value) => metric.encode_gauge(&value.as_f64()),
        Value::Histogram(histogram) => encode_histogram(metric, histogram),
        // Both have more than one label set or none, and are written above.
        Value::Info | Value::StateSet { .. } => Ok(()),
    }
}

fn encode_histogram(metric: &mut MetricEncoder<'_>, histogram: HistogramValue<'_>) -> fmt::Result {
    let bounds = histogram.bounds.iter().copied().chain([f64::INFINITY]);
    let buckets: Vec<(f64, u64)> = bounds.zip(histogram.counts.iter().copied()).collect();
    let count = histogram.counts.iter().sum();
    metric.encode_histogram::<NoLabelSet>(histogram.sum, count, &buckets, None)
}
