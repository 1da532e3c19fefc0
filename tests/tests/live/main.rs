//! The whole way: a real service under load, scraped by a real Prometheus as OpenMetrics and by a
//! real VictoriaMetrics as text.

mod accept;
mod demo;
mod scraped;
mod service;
