//! Exemplars, from a request with a trace to the store of a real Prometheus.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use tests::http;
use tests::prometheus::Prometheus;
use tests::scrape::{StoredExemplar, Target};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use vitalsigns::families::HttpServer;
use vitalsigns::{Endpoint, Histogram, MetricGroup, Registry, TraceContext};
use vitalsigns_tower::MetricsLayer;
use vitalsigns_tower::axum::instrument_with;

#[derive(MetricGroup)]
#[metrics(prefix = "film")]
struct Films {
    /// Time to render a film.
    #[metric(exemplars, histogram = "native")]
    render_seconds: Histogram,
    /// Time to cut a film.
    #[metric(exemplars, buckets = [1, 10])]
    cut_seconds: Histogram,
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// An app on a socket to which one request with a trace came.
struct App {
    address: SocketAddr,
    // The app lives on it.
    _runtime: Runtime,
}

impl App {
    fn start() -> Self {
        let registry = Registry::new();
        let films = Films::register(&registry).unwrap();
        let trace = TraceContext::from_ids([0xab; 16], [0xcd; 8], true);
        films.render_seconds.observe_with(0.75, trace);
        films.render_seconds.observe_with(300.0, trace);
        films.cut_seconds.observe_with(5.0, &[("film", FILM)]);
        films.cut_seconds.observe_with(50.0, trace);
        let http = HttpServer::builder()
            .exemplars()
            .register(&registry)
            .unwrap();
        let app = Router::new().route("/films", get(async || "films"));
        let app = instrument_with(app, MetricsLayer::new(http), Endpoint::new(&registry)).unwrap();
        let runtime = Runtime::new().unwrap();
        let listener = runtime
            .block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, app).await });
        let header = format!("00-{TRACE}-{SPAN}-01");
        let url = format!("http://{address}/films");
        http::get(&url, &[("traceparent", &header)]).unwrap();
        App {
            address,
            _runtime: runtime,
        }
    }

    fn target(&self) -> Target {
        Target::new("films", self.address.to_string())
    }
}

/// The one exemplar that there is.
#[track_caller]
fn one(prometheus: &Prometheus, expression: &str) -> StoredExemplar {
    let mut found = prometheus.wait_for_exemplars(expression);
    assert_eq!(found.len(), 1, "{expression}: {found:?}");
    found.remove(0)
}

/// The name of a film.
const FILM: &str = "a \"b\"\\ \u{1F3A5}";

/// The same as it stands in text, where Prometheus does not take the escapes of exemplars away.
const ESCAPED: &str = "a \\\"b\\\"\\\\ \u{1F3A5}";

/// What a Prometheus has stored, which knows the film by this name.
fn assert_stored(prometheus: &Prometheus, film: &str) {
    prometheus.wait_until_up("films");
    let counted = one(prometheus, "http_requests_total{route=\"/films\"}");
    assert_eq!(counted.labels["trace_id"], TRACE);
    assert_eq!(counted.labels["span_id"], SPAN);
    assert_eq!((counted.value, &*counted.series["status"]), (1.0, "200"));

    let took = one(
        prometheus,
        "http_request_duration_seconds_bucket{route=\"/films\"}",
    );
    assert_eq!(took.labels["trace_id"], TRACE);
    let bound: f64 = took.series["le"].parse().unwrap();
    assert!(took.value > 0.0 && took.value <= bound, "{took:?}");

    let middle = one(prometheus, "film_cut_seconds_bucket{le=~\"10|10.0\"}");
    assert_eq!(middle.labels["film"], film);
    assert_eq!(middle.value, 5.0);
    // The last bucket, which protobuf leaves out otherwise.
    let above = one(prometheus, "film_cut_seconds_bucket{le=\"+Inf\"}");
    assert_eq!(above.labels["trace_id"], "ab".repeat(16));
    assert_eq!(above.value, 50.0);
}

#[test]
fn prometheus_2_stores_exemplars_of_text() {
    let app = App::start();
    let prometheus = Prometheus::start(&[app.target()]);
    assert_stored(&prometheus, ESCAPED);
    // One that is native only has its newest one in the bucket that text knows.
    let newest = one(&prometheus, "film_render_seconds_bucket");
    assert_eq!(newest.labels["trace_id"], "ab".repeat(16));
}

#[test]
fn prometheus_2_stores_exemplars_of_protobuf() {
    let app = App::start();
    let flags = ["--enable-feature=native-histograms"];
    assert_stored(&Prometheus::start_with(&[app.target()], &flags), FILM);
}

#[test]
fn prometheus_3_stores_exemplars_of_text_and_of_protobuf_with_those_of_native_histograms() {
    let app = App::start();
    assert_stored(&Prometheus::start_newest(&[app.target()], &[]), ESCAPED);
    let flags = ["--enable-feature=native-histograms"];
    let prometheus = Prometheus::start_newest(&[app.target()], &flags);
    assert_stored(&prometheus, FILM);
    let found = prometheus.wait_for_exemplars("film_render_seconds");
    let mut values: Vec<f64> = found.iter().map(|exemplar| exemplar.value).collect();
    values.sort_unstable_by(f64::total_cmp);
    assert_eq!(values, [0.75, 300.0], "{found:?}");
    assert_eq!(found[0].labels["span_id"], "cd".repeat(8));
}
