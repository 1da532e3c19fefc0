//! metrics with its exporter for Prometheus: what its macros do, but for the recorder, which is not
//! the global one here.

use std::sync::Arc;

use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use crate::library::Library;
use crate::scenario::resolved::Durations;
use crate::store::{self, Key as Series, Store};
use crate::subject::{Class, Subject};
use crate::traffic::{self, Traffic};

const NAME: &str = "metrics";

pub(super) const LIBRARY: Library = Library {
    outcome: Some(outcome),
    counter: Some(counter),
    histogram: Some(histogram),
    counters: Some(counters),
    histograms: Some(histograms),
    ..Library::new(NAME, Class::Peer)
};

const HERE: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// A recorder with histograms of this name and these bounds.
fn recorder(histogram: &str, bounds: &[f64]) -> (PrometheusRecorder, PrometheusHandle) {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(histogram.to_owned()), bounds)
        .expect("there are bounds")
        .build_recorder();
    let handle = recorder.handle();
    (recorder, handle)
}

/// With the upkeep that puts what was observed into buckets, which its users have to run. Run while
/// another thread observes, it loses observations.
fn with_upkeep(
    operation: impl Fn(u64) + Send + Sync + 'static,
    handle: PrometheusHandle,
) -> Subject {
    let upkeep = handle.clone();
    Subject::recording(NAME, Class::Peer, operation, move || handle.render())
        .with_upkeep(move || upkeep.run_upkeep())
}

fn outcome(traffic: Arc<Traffic>) -> Subject {
    let (recorder, handle) = recorder("http_request_duration_seconds", &traffic::BOUNDS);
    let operation = move |number| {
        let request = traffic.request(number);
        let labels = vec![
            Label::from_static_parts("method", request.method),
            Label::new("route", request.route.clone()),
            Label::from_static_parts("status", request.status),
        ];
        let key = Key::from_parts("http_requests_total", labels);
        recorder.register_counter(&key, &HERE).increment(1);
        let labels = vec![
            Label::from_static_parts("method", request.method),
            Label::new("route", request.route.clone()),
        ];
        let key = Key::from_parts("http_request_duration_seconds", labels);
        recorder
            .register_histogram(&key, &HERE)
            .record(request.seconds);
    };
    with_upkeep(operation, handle)
}

fn counter() -> Subject {
    let (recorder, handle) = recorder("none", &[1.0]);
    let counter = recorder.register_counter(&Key::from_name("work_events_total"), &HERE);
    let operation = move |_| counter.increment(1);
    Subject::recording(NAME, Class::Peer, operation, move || handle.render())
}

fn histogram() -> Subject {
    let durations = Durations::new();
    let name = "work_duration_seconds";
    let (recorder, handle) = recorder(name, &traffic::BOUNDS);
    let histogram = recorder.register_histogram(&Key::from_name(name), &HERE);
    with_upkeep(
        move |number| histogram.record(durations.get(number)),
        handle,
    )
}

fn labels(series: &Series) -> Vec<Label> {
    vec![
        Label::new("tenant", series.tenant.clone()),
        Label::new("operation", series.operation.clone()),
    ]
}

fn counters(_: u64) -> Store<u64> {
    let (recorder, handle) = recorder("none", &[1.0]);
    let record = move |series: &Series, made| {
        let key = Key::from_parts("store_calls_total", labels(series));
        recorder.register_counter(&key, &HERE).increment(made);
    };
    Store::new(NAME, Class::Peer, record, move || handle.render())
}

fn histograms(_: u64) -> Store<f64> {
    let name = "store_call_duration_seconds";
    let (recorder, handle) = recorder(name, &store::BOUNDS);
    let record = move |series: &Series, seconds| {
        let key = Key::from_parts(name, labels(series));
        recorder.register_histogram(&key, &HERE).record(seconds);
    };
    Store::new(NAME, Class::Peer, record, move || handle.render())
}
