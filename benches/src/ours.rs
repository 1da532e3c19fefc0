//! This library.

use std::sync::Arc;

use vitalsigns::families::HttpServer;
use vitalsigns::{
    Counter, Family, Format, Histogram, LabelSet, MetricGroup, Registry, SECONDS_BUCKETS,
};

use crate::library::Library;
use crate::scenario::resolved::Durations;
use crate::store::{BOUNDS, Key, Store};
use crate::subject::{Class, Subject};
use crate::traffic::Traffic;

pub(crate) const NAME: &str = "vitalsigns";
pub(crate) const HTTP_SERVER: &str = "vitalsigns HttpServer";
pub(crate) const HTTP_RECORD: &str = "vitalsigns HttpServer::record";

pub(crate) const LIBRARIES: &[Library] = &[
    Library {
        outcome: Some(outcome),
        counter: Some(counter),
        histogram: Some(histogram),
        counters: Some(counters),
        histograms: Some(histograms),
        ..Library::new(NAME, Class::Ours)
    },
    Library {
        outcome: Some(record),
        ..Library::new(HTTP_RECORD, Class::Ours)
    },
    Library {
        outcome: Some(server),
        ..Library::new(HTTP_SERVER, Class::Ours)
    },
];

#[derive(LabelSet)]
struct RequestLabels<'a> {
    #[label(cap = 10)]
    method: &'a str,
    #[label(cap = 1000)]
    route: &'a str,
    #[label(cap = 100)]
    status: &'a str,
}

#[derive(LabelSet)]
struct RouteLabels<'a> {
    #[label(cap = 10)]
    method: &'a str,
    #[label(cap = 1000)]
    route: &'a str,
}

#[derive(MetricGroup)]
#[metrics(prefix = "http")]
struct Http {
    /// Requests that ended.
    requests_total: Family<RequestLabels<'static>, Counter>,
    /// Time from receiving a request to the end of its response body.
    request_duration_seconds: Family<RouteLabels<'static>, Histogram>,
}

fn outcome(traffic: Arc<Traffic>) -> Subject {
    let registry = Registry::new();
    let http = Http::register(&registry).expect("the names are legal");
    let operation = move |number| {
        let request = traffic.request(number);
        let (method, route) = (request.method, request.route.as_str());
        let labels = RequestLabels {
            method,
            route,
            status: request.status,
        };
        http.requests_total.with(&labels).inc();
        http.request_duration_seconds
            .with(&RouteLabels { method, route })
            .observe(request.seconds);
    };
    Subject::recording(NAME, Class::Ours, operation, page(registry))
}

/// Who measures elsewhere tells a whole outcome at once.
fn record(traffic: Arc<Traffic>) -> Subject {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).expect("the names are legal");
    let operation = move |number| {
        let request = traffic.request(number);
        let route = Some(request.route.as_str());
        http.record(request.method, route, request.code, request.elapsed);
    };
    Subject::recording(HTTP_RECORD, Class::Ours, operation, page(registry))
}

/// It does more than the others: it counts requests in flight and reads the clock twice.
fn server(traffic: Arc<Traffic>) -> Subject {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).expect("the names are legal");
    let operation = move |number| {
        let request = traffic.request(number);
        let mut guard = http.start(request.method, Some(&request.route));
        guard.answered(request.code);
        guard.complete();
    };
    Subject::recording(HTTP_SERVER, Class::Ours, operation, page(registry))
}

#[derive(MetricGroup)]
#[metrics(prefix = "work")]
struct Work {
    /// Events.
    events_total: Counter,
    /// Durations.
    #[metric(buckets = SECONDS_BUCKETS)]
    duration_seconds: Histogram,
}

fn counter() -> Subject {
    let registry = Registry::new();
    let work = Work::register(&registry).expect("the names are legal");
    let counter = work.events_total;
    Subject::recording(NAME, Class::Ours, move |_| counter.inc(), page(registry))
}

fn histogram() -> Subject {
    let durations = Durations::new();
    let registry = Registry::new();
    let work = Work::register(&registry).expect("the names are legal");
    let histogram = work.duration_seconds;
    let operation = move |number| histogram.observe(durations.get(number));
    Subject::recording(NAME, Class::Ours, operation, page(registry))
}

#[derive(LabelSet)]
struct CallLabels<'a> {
    #[label(cap = 1000)]
    tenant: &'a str,
    #[label(cap = 10_000)]
    operation: &'a str,
}

impl<'a> From<&'a Key> for CallLabels<'a> {
    fn from(key: &'a Key) -> Self {
        CallLabels {
            tenant: &key.tenant,
            operation: &key.operation,
        }
    }
}

#[derive(MetricGroup)]
#[metrics(prefix = "store")]
struct Calls {
    /// Calls.
    #[metric(max_series = 2_000_000)]
    calls_total: Family<CallLabels<'static>, Counter>,
}

#[derive(MetricGroup)]
#[metrics(prefix = "store")]
struct CallDurations {
    /// Durations.
    #[metric(buckets = BOUNDS, max_series = 2_000_000)]
    call_duration_seconds: Family<CallLabels<'static>, Histogram>,
}

fn counters(_: u64) -> Store<u64> {
    let registry = Registry::new();
    let calls = Calls::register(&registry).expect("the names are legal");
    let record = move |key: &Key, calls_made| {
        calls
            .calls_total
            .with(&CallLabels::from(key))
            .add(calls_made);
    };
    Store::new(NAME, Class::Ours, record, page(registry))
}

fn histograms(_: u64) -> Store<f64> {
    let registry = Registry::new();
    let calls = CallDurations::register(&registry).expect("the names are legal");
    let record = move |key: &Key, seconds: f64| {
        calls
            .call_duration_seconds
            .with(&CallLabels::from(key))
            .observe(seconds);
    };
    Store::new(NAME, Class::Ours, record, page(registry))
}

fn page(registry: Registry) -> impl Fn() -> String + Send + Sync + 'static {
    move || registry.render(Format::OpenMetrics)
}
