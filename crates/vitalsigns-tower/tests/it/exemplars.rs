//! Traces behind the requests.

use axum::Router;
use axum::routing::get;
use tests::exemplars;
use tests::served::{fetch, wait_for_request};
use vitalsigns::families::http::HttpServerBuilder;
use vitalsigns::{Endpoint, Format, Registry};
use vitalsigns_tower::MetricsLayer;
use vitalsigns_tower::axum::instrument_with;

use crate::support::serve;

/// The page after one request with these header lines.
async fn page_after(options: HttpServerBuilder, extra: &str) -> String {
    let registry = Registry::new();
    let layer = MetricsLayer::new(options.register(&registry).unwrap());
    let app = Router::new().route("/orders", get(|| async { "all of them" }));
    let app = instrument_with(app, layer, Endpoint::new(&registry)).unwrap();
    fetch(serve(app).await, "GET", "/orders", extra).await;
    wait_for_request(&registry, "GET", "/orders", "200", 1.0).await;
    registry.render(Format::OpenMetrics)
}

#[tokio::test]
async fn the_trace_of_the_header_stands_behind_the_count_and_the_duration() {
    exemplars::stand_behind(page_after).await;
}

#[tokio::test]
async fn there_is_none_unless_it_is_asked_for_valid_and_sampled() {
    exemplars::are_wanted(page_after).await;
}

#[tokio::test]
async fn the_service_knows_its_span_better_than_the_header() {
    exemplars::are_of_the_service(page_after).await;
}
