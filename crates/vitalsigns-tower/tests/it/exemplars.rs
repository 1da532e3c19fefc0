//! Traces behind the requests.

use axum::Router;
use axum::routing::get;
use vitalsigns::families::HttpServer;
use vitalsigns::families::http::HttpServerBuilder;
use vitalsigns::{Endpoint, Format, Registry, TraceContext};
use vitalsigns_tower::MetricsLayer;
use vitalsigns_tower::axum::instrument_with;

use crate::support::{fetch, serve, wait_for};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// The page after one request with these header lines.
async fn page_after(options: HttpServerBuilder, extra: &str) -> String {
    let registry = Registry::new();
    let layer = MetricsLayer::new(options.register(&registry).unwrap());
    let app = Router::new().route("/orders", get(|| async { "all of them" }));
    let app = instrument_with(app, layer, Endpoint::new(&registry)).unwrap();
    fetch(serve(app).await, "GET", "/orders", extra).await;
    let labels = [("method", "GET"), ("route", "/orders"), ("status", "200")];
    wait_for(&registry, "http_requests_total", &labels, 1.0).await;
    registry.render(Format::OpenMetrics)
}

fn sampled() -> String {
    format!("traceparent: 00-{TRACE}-{SPAN}-01\r\n")
}

#[tokio::test]
async fn the_trace_of_the_header_stands_behind_the_count_and_the_duration() {
    let page = page_after(HttpServer::builder().exemplars(), &sampled()).await;
    let labels = format!("# {{trace_id=\"{TRACE}\",span_id=\"{SPAN}\"}} ");
    let with: Vec<&str> = page.lines().filter(|line| line.contains(&labels)).collect();
    assert_eq!(with.len(), 2, "{page}");
    assert!(with[0].starts_with("http_request_duration_seconds_bucket{"));
    assert!(with[1].starts_with("http_requests_total{"), "{page}");
}

#[tokio::test]
async fn there_is_none_unless_it_is_asked_for_valid_and_sampled() {
    let twice = sampled().repeat(2);
    let unsampled = sampled().replace("-01", "-00");
    let wrong = sampled().replace(SPAN, "0000000000000000");
    for (options, header) in [
        (HttpServer::builder(), &sampled()),
        (HttpServer::builder().exemplars(), &twice),
        (HttpServer::builder().exemplars(), &unsampled),
        (HttpServer::builder().exemplars(), &wrong),
        (HttpServer::builder().exemplars(), &String::new()),
    ] {
        let page = page_after(options, header).await;
        assert!(!page.contains("trace_id"), "{header}{page}");
    }
    let page = page_after(HttpServer::builder().unsampled_exemplars(), &unsampled).await;
    assert!(page.contains(TRACE), "{page}");
}

#[tokio::test]
async fn the_service_knows_its_span_better_than_the_header() {
    fn current() -> Option<TraceContext> {
        TraceContext::from_ids([0xab; 16], [0xcd; 8], true)
    }
    let page = page_after(HttpServer::builder().exemplars_from(current), &sampled()).await;
    assert!(page.contains(&"ab".repeat(16)), "{page}");
    assert!(!page.contains(TRACE), "{page}");
    let page = page_after(HttpServer::builder().exemplars_from(|| None), &sampled()).await;
    assert!(page.contains(TRACE), "{page}");
}
