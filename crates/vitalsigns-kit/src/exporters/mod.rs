//! What is exported by programs that are not ours, so that an expression over them is judged like
//! one over our own.
//!
//! The pages of Prometheus 2.42 and 3.5, Alertmanager 0.25, node_exporter 1.5, redis_exporter 1.45,
//! postgres_exporter 0.11 and blackbox_exporter 0.23 were recorded with `vitalsigns catalogue
//! record`, and a test compares them with the programs. What cAdvisor, dcgm-exporter and Grafana
//! export was written down from what they document: of Grafana, the part that is asked for here.

mod exporter;

pub use exporter::Exporter;
