#![doc = include_str!("../README.md")]

mod body;
mod endpoint;
mod extensions;
mod future;
#[cfg(feature = "health")]
mod health;
mod middleware;
mod request_body;
mod route;
mod self_test;
mod service;
mod tree;

#[cfg(feature = "testing")]
pub mod testing;

pub use body::MeasuredBody;
pub use endpoint::MetricsEndpoint;
pub use future::ResponseFuture;
#[cfg(feature = "health")]
pub use health::ProbeEndpoint;
pub use middleware::{Metrics, MetricsMiddleware};
pub use route::Route;
pub use self_test::self_test;
pub use service::MetricsService;
