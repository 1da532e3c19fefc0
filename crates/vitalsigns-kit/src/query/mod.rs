//! Questions to Prometheus that mean what they say.
//!
//! An expression begins with a family of a catalogue and is put together from there. What cannot
//! mean anything is refused: by the compiler where types know it (the rate of a gauge), otherwise
//! where the expression is made, with the reason and the nearest right name. It knows its labels,
//! so that sides that could never meet are refused as well; and its unit, so that a percentage is
//! not compared with a ratio, and a value is printed right.
//!
//! ```
//! use std::time::Duration;
//! use vitalsigns::{Registry, families::HttpServer};
//! use vitalsigns_kit::query::{Quantity, Queries, Rendering};
//!
//! let registry = Registry::new();
//! HttpServer::register(&registry)?;
//! let catalogue = registry.catalogue();
//!
//! let queries = Queries::new(&catalogue);
//! let requests = queries.counter("http_requests_total")?;
//! let all = requests.rate().sum_by(["job"])?;
//! let failed = requests.starts_with("status", "5")?.rate().sum_by(["job"])?;
//! let too_many = failed
//!     .ratio_to(&all)?
//!     .above(Quantity::percent(5.0))?
//!     .and(&all.above(Quantity::per_second(0.1))?)?;
//! assert_eq!(
//!     too_many.promql(&Rendering::over(Duration::from_secs(300))?),
//!     "sum by (job) (rate(http_requests_total{status=~\"(?s:5.*)\"}[5m])) \
//!      / sum by (job) (rate(http_requests_total[5m])) > 0.05 \
//!      and sum by (job) (rate(http_requests_total[5m])) > 0.1"
//! );
//!
//! let durations = queries.histogram("http_request_duration_seconds")?;
//! let slow = durations.by(["job", "route"])?.quantile(0.95)?;
//! let error = slow.above(Quantity::seconds(2.0)).unwrap_err();
//! assert!(error.to_string().starts_with("2 is no bucket bound of `http_request_duration_seconds`"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aggregate;
mod arithmetic;
mod condition;
mod distribution;
mod error;
mod humanize;
mod kind;
mod labels;
mod matcher;
mod node;
mod panel;
mod queries;
mod relabel;
mod rendering;
mod selector;
mod time;
mod unit;
mod vector;

pub use condition::Condition;
pub use distribution::Distribution;
pub use error::QueryError;
pub use kind::{Counter, Cumulative, Gauge, Histogram, Level, Observed};
#[cfg(feature = "verify")]
pub(crate) use matcher::write_string;
pub(crate) use panel::one_of;
pub use queries::Queries;
pub use rendering::Rendering;
pub(crate) use rendering::promql_duration;
pub use selector::Selector;
pub use unit::{Quantity, Unit};
pub use vector::{Operand, Vector};
