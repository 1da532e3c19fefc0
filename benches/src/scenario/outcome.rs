//! One HTTP request that has ended, told by label texts: a counter by method, route and status and
//! a histogram of durations by method and route, with 300 series each, which exist already.
//!
//! `HttpServer` does more than the other two: it counts requests in flight and reads the clock
//! twice, so its durations are its own.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::{counter, family, histogram};
use prometheus_client::registry::Unit;
use vitalsigns::families::HttpServer;
use vitalsigns::{
    Counter, Family, Format, Histogram, LabelSet, MetricGroup, Registry, SECONDS_BUCKETS,
};

use super::{Fault, Size, record};
use crate::measure::Load;
use crate::subject::{PROMETHEUS_CLIENT, Subject, VITALSIGNS};

const HTTP_SERVER: &str = "vitalsigns HttpServer";

/// The requests repeat after this many.
pub(crate) const CYCLE: u64 = 4096;

struct Request {
    method: &'static str,
    route: String,
    status: &'static str,
    code: u16,
    /// A multiple of 1/512, so that every sum is exact.
    seconds: f64,
}

struct Traffic {
    /// One for each series.
    requests: Vec<Request>,
    /// Places in `requests`, in a fixed pseudo-random order.
    sequence: Vec<u16>,
}

impl Traffic {
    fn new() -> Self {
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
        let statuses = [("200", 200), ("201", 201), ("404", 404), ("500", 500)];
        let request = |place: u16| {
            let (status, code) = statuses[usize::from(place * 7) % statuses.len()];
            Request {
                method: methods[usize::from(place) % methods.len()],
                route: format!(
                    "/api/v1/resource-{:02}/items/:id",
                    usize::from(place) / methods.len()
                ),
                status,
                code,
                seconds: f64::from(1 + place * 9) / 512.0,
            }
        };
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut xorshift = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) as u16 % 300
        };
        Traffic {
            requests: (0..300).map(request).collect(),
            sequence: (0..CYCLE).map(|_| xorshift()).collect(),
        }
    }

    #[inline]
    fn place(&self, number: u64) -> usize {
        usize::from(self.sequence[(number % CYCLE) as usize])
    }

    #[inline]
    fn request(&self, number: u64) -> &Request {
        &self.requests[self.place(number)]
    }

    /// The lines that the page has after this load.
    fn expected(&self, subject: &Subject, load: Load) -> Vec<String> {
        let mut counts = vec![0; self.requests.len()];
        for number in load.ranges().flatten() {
            counts[self.place(number)] += load.runs();
        }
        let mut lines = Vec::new();
        for (request, count) in self.requests.iter().zip(counts) {
            if count == 0 {
                continue;
            }
            let Request {
                method,
                route,
                status,
                seconds,
                ..
            } = request;
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            lines.push(format!(
                "http_requests_total{{{labels},status=\"{status}\"}} {count}"
            ));
            lines.push(format!(
                "http_request_duration_seconds_count{{{labels}}} {count}"
            ));
            if subject.name != HTTP_SERVER {
                let sum = seconds * count as f64;
                lines.push(format!(
                    "http_request_duration_seconds_sum{{{labels}}} {sum:?}"
                ));
            }
        }
        lines
    }
}

pub(crate) fn run(size: Size) -> Result<(), Fault> {
    let traffic = Arc::new(Traffic::new());
    record(
        "A. an HTTP outcome by label texts",
        20_000,
        size,
        || subjects(&traffic),
        |subject, load| traffic.expected(subject, load),
    )
}

pub(crate) fn all() -> Vec<Subject> {
    subjects(&Arc::new(Traffic::new()))
}

fn subjects(traffic: &Arc<Traffic>) -> Vec<Subject> {
    vec![
        peer(Arc::clone(traffic)),
        own(Arc::clone(traffic)),
        server(Arc::clone(traffic)),
    ]
}

fn peer(traffic: Arc<Traffic>) -> Subject {
    #[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
    struct RequestLabels {
        method: String,
        route: String,
        status: String,
    }

    #[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
    struct RouteLabels {
        method: String,
        route: String,
    }

    let make = || histogram::Histogram::new(SECONDS_BUCKETS.iter().copied());
    let requests = family::Family::<RequestLabels, counter::Counter>::default();
    let durations = family::Family::<RouteLabels, histogram::Histogram, _>::new_with_constructor(
        make as fn() -> histogram::Histogram,
    );
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register("http_requests", "Requests that ended", requests.clone());
    registry.register_with_unit(
        "http_request_duration",
        "Time from receiving a request to the end of its response body",
        Unit::Seconds,
        durations.clone(),
    );
    Subject::recording(
        PROMETHEUS_CLIENT,
        move |number| {
            let request = traffic.request(number);
            requests
                .get_or_create(&RequestLabels {
                    method: request.method.to_owned(),
                    route: request.route.clone(),
                    status: request.status.to_owned(),
                })
                .inc();
            durations
                .get_or_create(&RouteLabels {
                    method: request.method.to_owned(),
                    route: request.route.clone(),
                })
                .observe(request.seconds);
        },
        move || super::scrape::peer_page(&registry),
    )
}

fn own(traffic: Arc<Traffic>) -> Subject {
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

    let registry = Registry::new();
    let http = Http::register(&registry).expect("the names are legal");
    Subject::recording(
        VITALSIGNS,
        move |number| {
            let request = traffic.request(number);
            let (method, route) = (request.method, request.route.as_str());
            http.requests_total
                .with(&RequestLabels {
                    method,
                    route,
                    status: request.status,
                })
                .inc();
            http.request_duration_seconds
                .with(&RouteLabels { method, route })
                .observe(request.seconds);
        },
        move || registry.render(Format::OpenMetrics),
    )
}

fn server(traffic: Arc<Traffic>) -> Subject {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).expect("the names are legal");
    Subject::recording(
        HTTP_SERVER,
        move |number| {
            let request = traffic.request(number);
            let mut guard = http.start(request.method, Some(&request.route));
            guard.answered(request.code);
            guard.complete();
        },
        move || registry.render(Format::OpenMetrics),
    )
}
