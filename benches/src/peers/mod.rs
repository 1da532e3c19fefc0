//! What others wrote. prometheus-client is always there; the rest is the feature `peers`.

#[cfg(feature = "peers")]
mod fastmetrics;
#[cfg(feature = "peers")]
mod foundations_metrics;
#[cfg(feature = "peers")]
mod measured;
#[cfg(feature = "peers")]
mod metrics;
#[cfg(feature = "peers")]
mod middleware;
#[cfg(feature = "peers")]
mod opentelemetry;
#[cfg(feature = "peers")]
mod prometheus;
mod prometheus_client;
#[cfg(feature = "peers")]
mod prometheus_layer;
mod words;

use crate::library::Library;
use crate::scenario::request::axum::Served;
use crate::subject::Subject;

pub(crate) const LIBRARIES: &[Library] = &[
    prometheus_client::LIBRARY,
    #[cfg(feature = "peers")]
    prometheus::LIBRARY,
    #[cfg(feature = "peers")]
    prometheus::RESOLVED,
    #[cfg(feature = "peers")]
    measured::LIBRARY,
    #[cfg(feature = "peers")]
    measured::FIXED,
    #[cfg(feature = "peers")]
    fastmetrics::LIBRARY,
    #[cfg(feature = "peers")]
    foundations_metrics::LIBRARY,
    #[cfg(feature = "peers")]
    foundations_metrics::LOCAL,
    #[cfg(feature = "peers")]
    metrics::LIBRARY,
    #[cfg(feature = "peers")]
    opentelemetry::LIBRARY,
];

/// E: axum with middleware of others.
pub(crate) fn axum() -> Vec<Served> {
    vec![
        prometheus_client::axum(),
        #[cfg(feature = "peers")]
        prometheus_layer::axum(),
        #[cfg(feature = "peers")]
        middleware::axum_prometheus(),
        #[cfg(feature = "peers")]
        middleware::tower_otel(),
    ]
}

/// E: actix-web with middleware of others.
pub(crate) fn actix() -> Vec<Subject> {
    vec![
        #[cfg(feature = "peers")]
        middleware::actix_web_prom(),
    ]
}

/// G: functions with an attribute of another library.
pub(crate) fn functions() -> Vec<Subject> {
    vec![
        #[cfg(feature = "peers")]
        middleware::autometrics(),
    ]
}
