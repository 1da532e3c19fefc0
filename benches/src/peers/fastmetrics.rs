//! fastmetrics.

use std::sync::Arc;

use fastmetrics::derive::LabelSet;
use fastmetrics::format::text::{self, TextProfile};
use fastmetrics::metrics::counter::Counter;
use fastmetrics::metrics::family::Family;
use fastmetrics::metrics::histogram::Histogram;
use fastmetrics::registry::Registry;

use crate::library::Library;
use crate::scenario::resolved::Durations;
use crate::store::{self, Key, Store};
use crate::subject::{Class, Subject};
use crate::traffic::{self, Traffic};

const NAME: &str = "fastmetrics";

pub(super) const LIBRARY: Library = Library {
    outcome: Some(outcome),
    counter: Some(counter),
    histogram: Some(histogram),
    counters: Some(counters),
    histograms: Some(histograms),
    ..Library::new(NAME, Class::Peer)
};

#[derive(Clone, PartialEq, Eq, Hash, LabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, LabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Clone, PartialEq, Eq, Hash, LabelSet)]
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

fn registry() -> Registry {
    Registry::builder().build().expect("nothing is asked for")
}

fn page(registry: Registry) -> impl Fn() -> String + Send + Sync + 'static {
    move || {
        let mut page = String::new();
        text::encode(&mut page, &registry, TextProfile::default())
            .expect("writing to a string does not fail");
        page
    }
}

fn outcome(traffic: Arc<Traffic>) -> Subject {
    let requests = Family::<RequestLabels, Counter>::default();
    let durations =
        Family::<RouteLabels, Histogram>::new(|| Histogram::new(traffic::BOUNDS.iter().copied()));
    let mut registry = registry();
    registry
        .register("http_requests", "Requests that ended", requests.clone())
        .and_then(|registry| {
            registry.register(
                "http_request_duration_seconds",
                "Durations",
                durations.clone(),
            )
        })
        .expect("the names are legal");
    let operation = move |number| {
        let request = traffic.request(number);
        let route = request.route.clone();
        let labels = RequestLabels {
            method: request.method,
            route: route.clone(),
            status: request.status,
        };
        requests.with_or_new(&labels, |requests| requests.inc());
        let labels = RouteLabels {
            method: request.method,
            route,
        };
        durations.with_or_new(&labels, |durations| durations.observe(request.seconds));
    };
    Subject::recording(NAME, Class::Peer, operation, page(registry))
}

fn counter() -> Subject {
    let counter = Counter::<u64>::default();
    let mut registry = registry();
    registry
        .register("work_events", "Events", counter.clone())
        .expect("the name is legal");
    Subject::recording(NAME, Class::Peer, move |_| counter.inc(), page(registry))
}

fn histogram() -> Subject {
    let durations = Durations::new();
    let histogram = Histogram::new(traffic::BOUNDS.iter().copied());
    let mut registry = registry();
    registry
        .register("work_duration_seconds", "Durations", histogram.clone())
        .expect("the name is legal");
    let operation = move |number| histogram.observe(durations.get(number));
    Subject::recording(NAME, Class::Peer, operation, page(registry))
}

fn counters(_: u64) -> Store<u64> {
    let calls = Family::<CallLabels, Counter>::default();
    let mut registry = registry();
    registry
        .register("store_calls", "Calls", calls.clone())
        .expect("the name is legal");
    let record = move |key: &Key, made| calls.with_or_new(&key.into(), |calls| calls.inc_by(made));
    Store::new(NAME, Class::Peer, record, page(registry))
}

fn histograms(_: u64) -> Store<f64> {
    let durations = Family::<CallLabels, Histogram>::new(|| Histogram::new(store::BOUNDS));
    let mut registry = registry();
    registry
        .register(
            "store_call_duration_seconds",
            "Durations",
            durations.clone(),
        )
        .expect("the name is legal");
    let record = move |key: &Key, seconds| {
        durations.with_or_new(&key.into(), |durations| durations.observe(seconds));
    };
    Store::new(NAME, Class::Peer, record, page(registry))
}
