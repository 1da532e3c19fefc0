//! foundations-metrics. Its registry is one for the process, so the metrics are encoded by hand, in
//! the way in which `collect` does it.

use std::sync::Arc;

use foundations_metrics::{
    Counter, EncodeMetric, EncodeMetricValue, Family, Histogram, HistogramBuilder, MetricFamily,
    NamedMetric, ThreadLocalCounter, encode_to_text,
};
use serde::Serialize;

use crate::library::Library;
use crate::scenario::resolved::Durations;
use crate::store::{self, Key, Store};
use crate::subject::{Class, Subject};
use crate::traffic::{self, Traffic};

const NAME: &str = "foundations-metrics";
const THREAD_LOCAL: &str = "foundations-metrics, thread-local";

pub(super) const LIBRARY: Library = Library {
    outcome: Some(outcome),
    counter: Some(counter),
    histogram: Some(histogram),
    counters: Some(counters),
    histograms: Some(histograms),
    ..Library::new(NAME, Class::Peer)
};

pub(super) const LOCAL: Library = Library {
    counter: Some(thread_local),
    ..Library::new(THREAD_LOCAL, Class::Peer)
};

#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct CallLabels {
    tenant: String,
    operation: String,
}

impl From<&Key> for CallLabels {
    fn from(key: &Key) -> Self {
        CallLabels {
            tenant: key.tenant.clone(),
            operation: key.operation.clone(),
        }
    }
}

type Histograms<L> = Family<L, Histogram, HistogramBuilder>;

fn named<M: EncodeMetricValue>(name: &'static str, metric: M) -> Box<dyn EncodeMetric> {
    Box::new(NamedMetric::new(name, "A metric", metric))
}

fn page(metrics: Vec<Box<dyn EncodeMetric>>) -> impl Fn() -> String + Send + Sync + 'static {
    move || {
        let families: Vec<MetricFamily> =
            metrics.iter().flat_map(|metric| metric.encode()).collect();
        encode_to_text(&families)
    }
}

fn outcome(traffic: Arc<Traffic>) -> Subject {
    let requests = Family::<RequestLabels, Counter>::default();
    let buckets = &traffic::BOUNDS;
    let durations = Histograms::<RouteLabels>::new_with_constructor(HistogramBuilder { buckets });
    let metrics = vec![
        named("http_requests_total", requests.clone()),
        named("http_request_duration_seconds", durations.clone()),
    ];
    let operation = move |number| {
        let request = traffic.request(number);
        let route = request.route.clone();
        let labels = RequestLabels {
            method: request.method,
            route: route.clone(),
            status: request.status,
        };
        requests.get_or_create(&labels).inc();
        let labels = RouteLabels {
            method: request.method,
            route,
        };
        durations.get_or_create(&labels).observe(request.seconds);
    };
    Subject::recording(NAME, Class::Peer, operation, page(metrics))
}

fn counter() -> Subject {
    let counter = Counter::<u64>::default();
    let metrics = vec![named("work_events_total", counter.clone())];
    let operation = move |_| {
        counter.inc();
    };
    Subject::recording(NAME, Class::Peer, operation, page(metrics))
}

fn thread_local() -> Subject {
    let counter = ThreadLocalCounter::<u64>::default();
    let metrics = vec![named("work_events_total", counter.clone())];
    Subject::recording(
        THREAD_LOCAL,
        Class::Peer,
        move |_| counter.inc(),
        page(metrics),
    )
}

fn histogram() -> Subject {
    let durations = Durations::new();
    let histogram = Histogram::new(traffic::BOUNDS.iter().copied());
    let metrics = vec![named("work_duration_seconds", histogram.clone())];
    let operation = move |number| histogram.observe(durations.get(number));
    Subject::recording(NAME, Class::Peer, operation, page(metrics))
}

fn counters(_: u64) -> Store<u64> {
    let calls = Family::<CallLabels, Counter>::default();
    let metrics = vec![named("store_calls_total", calls.clone())];
    let record = move |key: &Key, made| {
        calls.get_or_create(&key.into()).inc_by(made);
    };
    Store::new(NAME, Class::Peer, record, page(metrics))
}

fn histograms(_: u64) -> Store<f64> {
    let buckets = &store::BOUNDS;
    let durations = Histograms::<CallLabels>::new_with_constructor(HistogramBuilder { buckets });
    let metrics = vec![named("store_call_duration_seconds", durations.clone())];
    let record = move |key: &Key, seconds| durations.get_or_create(&key.into()).observe(seconds);
    Store::new(NAME, Class::Peer, record, page(metrics))
}
