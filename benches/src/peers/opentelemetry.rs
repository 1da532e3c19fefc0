//! OpenTelemetry with its exporter for Prometheus. By default a metric has 2,000 series and the rest
//! is one; here it has room for all, which it makes at once.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};

use super::prometheus::page;
use crate::library::Library;
use crate::scenario::resolved::Durations;
use crate::store::{self, Key, Store};
use crate::subject::{Class, Subject};
use crate::traffic::{self, Traffic};

const NAME: &str = "opentelemetry";

pub(super) const LIBRARY: Library = Library {
    outcome: Some(outcome),
    counter: Some(counter),
    histogram: Some(histogram),
    counters: Some(counters),
    histograms: Some(histograms),
    ..Library::new(NAME, Class::Peer)
};

fn meter(series: u64) -> (Meter, impl Fn() -> String + Send + Sync + 'static) {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .without_target_info()
        .build()
        .expect("the registry is new");
    let limit = series as usize + 2_000;
    let room = move |_: &Instrument| Stream::builder().with_cardinality_limit(limit).build().ok();
    let provider = SdkMeterProvider::builder()
        .with_reader(exporter)
        .with_view(room)
        .build();
    let meter = provider.meter("benches");
    let page = page(registry);
    // The provider lives as long as the page.
    let page = move || {
        let _ = &provider;
        page()
    };
    (meter, page)
}

fn outcome(traffic: Arc<Traffic>) -> Subject {
    let (meter, page) = meter(0);
    let requests = meter.u64_counter("http_requests").build();
    let durations = meter
        .f64_histogram("http_request_duration_seconds")
        .with_boundaries(traffic::BOUNDS.to_vec())
        .build();
    let operation = move |number| {
        let request = traffic.request(number);
        let labels = [
            KeyValue::new("method", request.method),
            KeyValue::new("route", request.route.clone()),
            KeyValue::new("status", request.status),
        ];
        requests.add(1, &labels);
        durations.record(request.seconds, &labels[..2]);
    };
    Subject::recording(NAME, Class::Peer, operation, page)
}

fn counter() -> Subject {
    let (meter, page) = meter(0);
    let counter = meter.u64_counter("work_events").build();
    Subject::recording(NAME, Class::Peer, move |_| counter.add(1, &[]), page)
}

fn histogram() -> Subject {
    let durations = Durations::new();
    let (meter, page) = meter(0);
    let histogram = meter
        .f64_histogram("work_duration_seconds")
        .with_boundaries(traffic::BOUNDS.to_vec())
        .build();
    let operation = move |number| histogram.record(durations.get(number), &[]);
    Subject::recording(NAME, Class::Peer, operation, page)
}

fn labels(key: &Key) -> [KeyValue; 2] {
    [
        KeyValue::new("tenant", key.tenant.clone()),
        KeyValue::new("operation", key.operation.clone()),
    ]
}

fn counters(series: u64) -> Store<u64> {
    let (meter, page) = meter(series);
    let calls = meter.u64_counter("store_calls").build();
    let record = move |key: &Key, made| calls.add(made, &labels(key));
    Store::new(NAME, Class::Peer, record, page)
}

fn histograms(series: u64) -> Store<f64> {
    let (meter, page) = meter(series);
    let durations = meter
        .f64_histogram("store_call_duration_seconds")
        .with_boundaries(store::BOUNDS.to_vec())
        .build();
    let record = move |key: &Key, seconds| durations.record(seconds, &labels(key));
    Store::new(NAME, Class::Peer, record, page)
}
