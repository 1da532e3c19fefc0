//! What others wrote. prometheus-client is always there; the rest is the feature `peers`.

pub(crate) mod prometheus_client;

use crate::library::Library;
use crate::subject::Subject;

pub(crate) const LIBRARIES: &[Library] = &[prometheus_client::LIBRARY];

/// G: functions with an attribute of another library.
pub(crate) fn functions() -> Vec<Subject> {
    Vec::new()
}

/// E: axum with middleware of others.
pub(crate) fn axum() -> Vec<Subject> {
    vec![prometheus_client::axum()]
}

/// E: actix-web with middleware of others.
pub(crate) fn actix() -> Vec<Subject> {
    Vec::new()
}
