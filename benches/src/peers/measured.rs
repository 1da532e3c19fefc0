//! measured, with label values that are interned as they come, and with such as were declared.

use std::sync::Arc;

use lasso::{Rodeo, RodeoReader, ThreadedRodeo};
use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use measured::{Counter, CounterVec, Histogram, HistogramVec, LabelGroup, MetricGroup};

use crate::library::Library;
use crate::scenario::resolved::Durations;
use crate::store::{self, Key, Store};
use crate::subject::{Class, Subject};
use crate::traffic::{self, METHODS, STATUSES, Traffic};

const NAME: &str = "measured";
const DECLARED: &str = "measured, declared values";

pub(super) const LIBRARY: Library = Library {
    outcome: Some(outcome),
    counter: Some(counter),
    histogram: Some(histogram),
    counters: Some(counters),
    histograms: Some(histograms),
    ..Library::new(NAME, Class::Peer)
};

pub(super) const FIXED: Library = Library {
    outcome: Some(declared),
    ..Library::new(DECLARED, Class::Aside)
};

const BOUNDS: usize = traffic::BOUNDS.len();

/// The page of a group.
macro_rules! page {
    ($group:expr) => {{
        let group = Arc::clone(&$group);
        move || {
            let mut encoder = BufferedTextEncoder::new();
            let Ok(()) = group.collect_group_into(&mut encoder);
            encoder.finish()
        }
    }};
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = RequestSet)]
struct RequestLabels<'a> {
    #[label(dynamic_with = ThreadedRodeo, default)]
    method: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    route: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    status: &'a str,
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = RouteSet)]
struct RouteLabels<'a> {
    #[label(dynamic_with = ThreadedRodeo, default)]
    method: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    route: &'a str,
}

#[derive(MetricGroup)]
#[metric(new())]
struct Http {
    /// Requests that ended
    http_requests_total: CounterVec<RequestSet>,
    /// Durations
    #[metric(metadata = Thresholds::with_buckets(traffic::BOUNDS))]
    http_request_duration_seconds: HistogramVec<RouteSet, BOUNDS>,
}

fn outcome(traffic: Arc<Traffic>) -> Subject {
    let http = Arc::new(Http::new());
    let page = page!(http);
    let operation = move |number| {
        let request = traffic.request(number);
        let (method, route) = (request.method, request.route.as_str());
        let status = request.status;
        http.http_requests_total.inc(RequestLabels {
            method,
            route,
            status,
        });
        let labels = RouteLabels { method, route };
        http.http_request_duration_seconds
            .observe(labels, request.seconds);
    };
    Subject::recording(NAME, Class::Peer, operation, page)
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = DeclaredRequestSet)]
struct DeclaredRequest<'a> {
    #[label(fixed_with = RodeoReader)]
    method: &'a str,
    #[label(fixed_with = RodeoReader)]
    route: &'a str,
    #[label(fixed_with = RodeoReader)]
    status: &'a str,
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = DeclaredRouteSet)]
struct DeclaredRoute<'a> {
    #[label(fixed_with = RodeoReader)]
    method: &'a str,
    #[label(fixed_with = RodeoReader)]
    route: &'a str,
}

#[derive(MetricGroup)]
#[metric(new(requests: DeclaredRequestSet, routes: DeclaredRouteSet))]
struct DeclaredHttp {
    /// Requests that ended
    #[metric(label_set = requests)]
    http_requests_total: CounterVec<DeclaredRequestSet>,
    /// Durations
    #[metric(label_set = routes, metadata = Thresholds::with_buckets(traffic::BOUNDS))]
    http_request_duration_seconds: HistogramVec<DeclaredRouteSet, BOUNDS>,
}

fn declared(traffic: Arc<Traffic>) -> Subject {
    let methods = || Rodeo::from_iter(METHODS).into_reader();
    let routes = || {
        let routes = traffic
            .requests
            .iter()
            .map(|request| request.route.as_str());
        Rodeo::from_iter(routes).into_reader()
    };
    let statuses = STATUSES.map(|(status, _)| status);
    let requests = DeclaredRequestSet {
        method: methods(),
        route: routes(),
        status: Rodeo::from_iter(statuses).into_reader(),
    };
    let routes = DeclaredRouteSet {
        method: methods(),
        route: routes(),
    };
    let http = Arc::new(DeclaredHttp::new(requests, routes));
    let page = page!(http);
    let operation = move |number| {
        let request = traffic.request(number);
        let (method, route) = (request.method, request.route.as_str());
        let status = request.status;
        http.http_requests_total.inc(DeclaredRequest {
            method,
            route,
            status,
        });
        let labels = DeclaredRoute { method, route };
        http.http_request_duration_seconds
            .observe(labels, request.seconds);
    };
    Subject::recording(DECLARED, Class::Aside, operation, page)
}

#[derive(MetricGroup)]
#[metric(new())]
struct Events {
    /// Events
    work_events_total: Counter,
}

fn counter() -> Subject {
    let events = Arc::new(Events::new());
    let page = page!(events);
    let operation = move |_| events.work_events_total.inc();
    Subject::recording(NAME, Class::Peer, operation, page)
}

#[derive(MetricGroup)]
#[metric(new())]
struct Work {
    /// Durations
    #[metric(metadata = Thresholds::with_buckets(traffic::BOUNDS))]
    work_duration_seconds: Histogram<BOUNDS>,
}

fn histogram() -> Subject {
    let durations = Durations::new();
    let work = Arc::new(Work::new());
    let page = page!(work);
    let operation = move |number| work.work_duration_seconds.observe(durations.get(number));
    Subject::recording(NAME, Class::Peer, operation, page)
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = CallSet)]
struct CallLabels<'a> {
    #[label(dynamic_with = ThreadedRodeo, default)]
    tenant: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
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
#[metric(new())]
struct Calls {
    /// Calls
    store_calls_total: CounterVec<CallSet>,
}

fn counters(_: u64) -> Store<u64> {
    let calls = Arc::new(Calls::new());
    let page = page!(calls);
    let record = move |key: &Key, made| calls.store_calls_total.inc_by(key.into(), made);
    Store::new(NAME, Class::Peer, record, page)
}

#[derive(MetricGroup)]
#[metric(new())]
struct CallDurations {
    /// Durations
    #[metric(metadata = Thresholds::with_buckets(store::BOUNDS))]
    store_call_duration_seconds: HistogramVec<CallSet, { store::BOUNDS.len() }>,
}

fn histograms(_: u64) -> Store<f64> {
    let durations = Arc::new(CallDurations::new());
    let page = page!(durations);
    let record = move |key: &Key, seconds| {
        durations
            .store_call_duration_seconds
            .observe(key.into(), seconds);
    };
    Store::new(NAME, Class::Peer, record, page)
}
