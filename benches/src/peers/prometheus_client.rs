//! prometheus-client, as its documentation does it: labels that are owned where they are not known
//! beforehand, `get_or_create`, a page written to a new `String`.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::words;
use crate::library::Library;
use crate::scenario::request::{self, axum::Served};
use crate::scenario::resolved::Durations;
use crate::store::{self, Key, Store};
use crate::subject::{Class, Subject};
use crate::traffic::{self, Traffic};

const NAME: &str = "prometheus-client";

pub(super) const LIBRARY: Library = Library {
    outcome: Some(outcome),
    counter: Some(counter),
    histogram: Some(histogram),
    counters: Some(counters),
    histograms: Some(histograms),
    ..Library::new(NAME, Class::Peer)
};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

/// The metrics of HTTP requests.
#[derive(Clone)]
struct Http {
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
}

impl Http {
    fn register(registry: &mut Registry) -> Self {
        let make: fn() -> Histogram = || Histogram::new(traffic::BOUNDS.iter().copied());
        let http = Http {
            requests: Family::default(),
            durations: Family::new_with_constructor(make),
        };
        registry.register(
            "http_requests",
            "Requests that ended",
            http.requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from receiving a request to the end of its response body",
            Unit::Seconds,
            http.durations.clone(),
        );
        http
    }

    fn record(&self, method: &'static str, route: &str, status: &'static str, seconds: f64) {
        let route = route.to_owned();
        let labels = RequestLabels {
            method,
            route: route.clone(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { method, route };
        self.durations.get_or_create(&labels).observe(seconds);
    }
}

fn outcome(traffic: Arc<Traffic>) -> Subject {
    let mut registry = Registry::default();
    let http = Http::register(&mut registry);
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

fn counter() -> Subject {
    let counter = Counter::<u64>::default();
    let mut registry = Registry::default();
    registry.register("work_events", "Events", counter.clone());
    let operation = move |_| {
        counter.inc();
    };
    Subject::recording(NAME, Class::Peer, operation, page(registry))
}

fn histogram() -> Subject {
    let durations = Durations::new();
    let histogram = Histogram::new(traffic::BOUNDS.iter().copied());
    let mut registry = Registry::default();
    registry.register_with_unit(
        "work_duration",
        "Durations",
        Unit::Seconds,
        histogram.clone(),
    );
    let operation = move |number| histogram.observe(durations.get(number));
    Subject::recording(NAME, Class::Peer, operation, page(registry))
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
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

fn counters(_: u64) -> Store<u64> {
    let calls = Family::<CallLabels, Counter>::default();
    let mut registry = Registry::default();
    registry.register("store_calls", "Calls", calls.clone());
    let record = move |key: &Key, made| {
        calls.get_or_create(&key.into()).inc_by(made);
    };
    Store::new(NAME, Class::Peer, record, page(registry))
}

fn histograms(_: u64) -> Store<f64> {
    let make: fn() -> Histogram = || Histogram::new(store::BOUNDS);
    let durations = Family::<CallLabels, Histogram, _>::new_with_constructor(make);
    let mut registry = Registry::default();
    registry.register_with_unit(
        "store_call_duration",
        "Durations",
        Unit::Seconds,
        durations.clone(),
    );
    let record = move |key: &Key, seconds| durations.get_or_create(&key.into()).observe(seconds);
    Store::new(NAME, Class::Peer, record, page(registry))
}

/// Middleware as its users write it: a function around the rest.
pub(super) fn axum() -> Served {
    let mut registry = Registry::default();
    let http = Http::register(&mut registry);
    let measure = move |path: MatchedPath, request: Request, next: Next| {
        let (http, start) = (http.clone(), Instant::now());
        async move {
            let method = words::method(request.method());
            let response = next.run(request).await;
            let seconds = start.elapsed().as_secs_f64();
            let status = words::status(response.status());
            http.record(method, path.as_str(), status, seconds);
            response
        }
    };
    let app = request::axum::app().route_layer(middleware::from_fn(measure));
    let name = "prometheus-client, from_fn";
    Served::new(name, Class::Peer, app, page(registry), request::COUNTS)
}

fn page(registry: Registry) -> impl Fn() -> String + Send + Sync + 'static {
    move || {
        let mut page = String::new();
        text::encode(&mut page, &registry).expect("writing to a string does not fail");
        page
    }
}
