//! Metrics of other libraries inside ours, and ours inside theirs.

mod collector;
mod page;
mod source;

pub use source::PrometheusClient;
