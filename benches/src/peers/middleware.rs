//! Middleware and attributes that others wrote, with the metrics that they have by default.

use std::fmt::Write;

use actix_web::App;
use actix_web_prom::PrometheusMetricsBuilder;
use axum_prometheus::PrometheusMetricLayer;
use opentelemetry_sdk030::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk030::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry030::metrics::MeterProvider;
use tower_otel_http_metrics::HTTPMetricsLayerBuilder;

use super::prometheus::page;
use crate::scenario::function::{bare, call};
use crate::scenario::request::{self, axum::Served};
use crate::subject::{Class, Subject};
use crate::traffic::BOUNDS;

/// It installs a recorder for the process, and wants a runtime for its upkeep, which is not run
/// here: the scrape does the same.
pub(super) fn axum_prometheus() -> Served {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let (layer, handle) = {
        let _within = runtime.enter();
        PrometheusMetricLayer::pair()
    };
    let app = request::axum::app().layer(layer);
    let page = move || {
        let _ = &runtime;
        handle.render()
    };
    let counts = "axum_http_requests_total{";
    Served::new("axum-prometheus", Class::Peer, app, page, counts)
}

/// On the generation of OpenTelemetry that it is made for, which has no exporter for Prometheus: its
/// page is what a reader in memory has.
pub(super) fn tower_otel() -> Served {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter.clone()).build())
        .build();
    let layer = HTTPMetricsLayerBuilder::builder()
        .with_meter(provider.meter("benches"))
        .with_request_duration_bounds(BOUNDS.to_vec())
        .build()
        .expect("there is a meter");
    let app = request::axum::app().layer(layer);
    let page = move || {
        exporter.reset();
        provider.force_flush().expect("the reader answers");
        let finished = exporter.get_finished_metrics().unwrap_or_default();
        finished.last().map(counts).unwrap_or_default()
    };
    let counts = "http.server.request.duration_count ";
    Served::new("tower-otel-http-metrics", Class::Peer, app, page, counts)
}

/// How much each histogram has counted.
fn counts(metrics: &ResourceMetrics) -> String {
    let mut page = String::new();
    for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
        if let AggregatedMetrics::F64(MetricData::Histogram(histogram)) = metric.data() {
            let count: u64 = histogram.data_points().map(|point| point.count()).sum();
            let _ = writeln!(page, "{}_count {count}", metric.name());
        }
    }
    page
}

pub(super) fn actix_web_prom() -> Subject {
    let registry = prometheus::Registry::new();
    let metrics = PrometheusMetricsBuilder::new("api")
        .registry(registry.clone())
        .buckets(&BOUNDS)
        .build()
        .expect("the registry is new");
    let app = App::new().wrap(metrics).configure(request::actix::routes);
    request::actix::subject("actix-web-prom", Class::Peer, app, page(registry))
        .counting("api_http_requests_total{")
}

#[inline(never)]
#[autometrics::autometrics(track_concurrency)]
fn measured(number: u64) -> Result<u64, u64> {
    bare(number)
}

/// On prometheus, the fastest of the libraries that it can be laid on.
pub(super) fn autometrics() -> Subject {
    let page = page(prometheus::default_registry().clone());
    Subject::recording("autometrics", Class::Peer, call(measured), page)
        .counting("function_calls_total{")
}
