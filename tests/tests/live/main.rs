//! The whole way: a real service under load, scraped by a real Prometheus as OpenMetrics and by a
//! real VictoriaMetrics as text; and protobuf, to an old Prometheus and a new one.

mod accept;
mod clients;
mod demo;
mod exemplars;
mod native;
mod scraped;
mod service;
