//! What the tests that cross crates need: real Prometheus and VictoriaMetrics servers that scrape
//! what the library serves, a real Pushgateway that takes what it pushes, and judges that were
//! written by others to read what it writes; and what the tests of the adapters share ([`served`],
//! [`exemplars`]).
//!
//! `cargo xtask install` installs the programs. A test that misses one fails and says so; none is
//! skipped. Every program listens on a free port of 127.0.0.1, keeps its files in a folder of its
//! own, and is ended when its value is dropped, or at the latest when the test process ends,
//! however it ends.
//!
//! ```no_run
//! use tests::{judges, prometheus::Prometheus, scrape::Target};
//!
//! let prometheus = Prometheus::start(&[Target::new("app", "127.0.0.1:8080")]);
//! prometheus.wait_until_up("app");
//! assert_eq!(prometheus.query("vector(1)")[0].1, 1.0);
//!
//! let page = tests::http::get("http://127.0.0.1:8080/metrics", &[]).unwrap();
//! judges::strict_openmetrics(page.text()).unwrap();
//! ```

pub mod alertmanager;
pub mod backend;
pub mod exemplars;
pub mod http;
pub mod judges;
pub mod poll;
pub mod postgres;
pub mod program;
pub mod prometheus;
pub mod proxy;
pub mod pushgateway;
pub mod redis;
pub mod scrape;
pub mod served;
pub mod sink;
pub mod stack;
pub mod temp;
pub mod victoria_metrics;

/// The examples of the README, which are compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
