//! prometheus, the library of TiKV.

use std::sync::Arc;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
};

use crate::library::Library;
use crate::scenario::resolved::Durations;
use crate::store::{self, Key, Store};
use crate::subject::{Class, Subject};
use crate::traffic::{self, Request, Traffic};

const NAME: &str = "prometheus";
const HANDLES: &str = "prometheus, handles";

pub(super) const LIBRARY: Library = Library {
    outcome: Some(outcome),
    counter: Some(counter),
    histogram: Some(histogram),
    counters: Some(counters),
    histograms: Some(histograms),
    ..Library::new(NAME, Class::Peer)
};

/// A counter and a histogram for each series, looked up beforehand.
pub(super) const RESOLVED: Library = Library {
    outcome: Some(resolved),
    ..Library::new(HANDLES, Class::Aside)
};

fn counter_vec(registry: &Registry, name: &str, labels: &[&str]) -> IntCounterVec {
    let counters =
        IntCounterVec::new(Opts::new(name, "A count"), labels).expect("the name is legal");
    registry
        .register(Box::new(counters.clone()))
        .expect("the registry is new");
    counters
}

fn histogram_vec(registry: &Registry, name: &str, labels: &[&str], bounds: &[f64]) -> HistogramVec {
    let options = HistogramOpts::new(name, "A duration").buckets(bounds.to_vec());
    let histograms = HistogramVec::new(options, labels).expect("the name is legal");
    registry
        .register(Box::new(histograms.clone()))
        .expect("the registry is new");
    histograms
}

pub(super) fn page(registry: Registry) -> impl Fn() -> String + Send + Sync + 'static {
    move || {
        TextEncoder::new()
            .encode_to_string(&registry.gather())
            .expect("the page is text")
    }
}

/// The metrics of HTTP requests.
#[derive(Clone)]
pub(super) struct Http {
    requests: IntCounterVec,
    durations: HistogramVec,
}

impl Http {
    pub(super) fn register(registry: &Registry) -> Self {
        let name = "http_request_duration_seconds";
        Http {
            requests: counter_vec(
                registry,
                "http_requests_total",
                &["method", "route", "status"],
            ),
            durations: histogram_vec(registry, name, &["method", "route"], &traffic::BOUNDS),
        }
    }

    pub(super) fn record(&self, method: &str, route: &str, status: &str, seconds: f64) {
        self.requests
            .with_label_values(&[method, route, status])
            .inc();
        self.durations
            .with_label_values(&[method, route])
            .observe(seconds);
    }
}

fn outcome(traffic: Arc<Traffic>) -> Subject {
    let registry = Registry::new();
    let http = Http::register(&registry);
    let operation = move |number| {
        let request = traffic.request(number);
        http.record(
            request.method,
            &request.route,
            request.status,
            request.seconds,
        );
    };
    Subject::recording(NAME, Class::Peer, operation, page(registry))
}

fn resolved(traffic: Arc<Traffic>) -> Subject {
    let registry = Registry::new();
    let http = Http::register(&registry);
    let handles = |request: &Request| -> (IntCounter, Histogram) {
        let (method, route) = (request.method, request.route.as_str());
        (
            http.requests
                .with_label_values(&[method, route, request.status]),
            http.durations.with_label_values(&[method, route]),
        )
    };
    let handles: Vec<_> = traffic.requests.iter().map(handles).collect();
    let operation = move |number| {
        let place = traffic.place(number);
        let (requests, durations) = &handles[place];
        requests.inc();
        durations.observe(traffic.requests[place].seconds);
    };
    Subject::recording(HANDLES, Class::Aside, operation, page(registry))
}

fn counter() -> Subject {
    let registry = Registry::new();
    let counter = counter_vec(&registry, "work_events_total", &[]).with_label_values::<&str>(&[]);
    Subject::recording(NAME, Class::Peer, move |_| counter.inc(), page(registry))
}

fn histogram() -> Subject {
    let durations = Durations::new();
    let registry = Registry::new();
    let histograms = histogram_vec(&registry, "work_duration_seconds", &[], &traffic::BOUNDS);
    let histogram = histograms.with_label_values::<&str>(&[]);
    let operation = move |number| histogram.observe(durations.get(number));
    Subject::recording(NAME, Class::Peer, operation, page(registry))
}

const LABELS: [&str; 2] = ["tenant", "operation"];

fn counters(_: u64) -> Store<u64> {
    let registry = Registry::new();
    let calls = counter_vec(&registry, "store_calls_total", &LABELS);
    let record = move |key: &Key, made| {
        calls
            .with_label_values(&[&key.tenant, &key.operation])
            .inc_by(made);
    };
    Store::new(NAME, Class::Peer, record, page(registry))
}

fn histograms(_: u64) -> Store<f64> {
    let registry = Registry::new();
    let name = "store_call_duration_seconds";
    let durations = histogram_vec(&registry, name, &LABELS, &store::BOUNDS);
    let record = move |key: &Key, seconds| {
        durations
            .with_label_values(&[&key.tenant, &key.operation])
            .observe(seconds);
    };
    Store::new(NAME, Class::Peer, record, page(registry))
}
