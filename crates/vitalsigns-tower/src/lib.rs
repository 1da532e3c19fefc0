//! HTTP metrics for [tower](https://docs.rs/tower), and for [axum](https://docs.rs/axum) in one
//! call.
//!
//! With the feature `axum`, a whole service is three lines: register what you measure, wrap the
//! app, serve it.
//!
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, routing::get};
//! use vitalsigns::Registry;
//!
//! let registry = Registry::new();
//! let app = Router::new().route("/hello/{name}", get(|| async { "hello" }));
//! let app = vitalsigns_tower::axum::instrument(app, &registry)?; // The layer and `/metrics`.
//! # Ok::<(), vitalsigns_tower::axum::InstrumentError>(())
//! ```
//!
//! Any other tower stack takes [`MetricsLayer`] for its requests and [`MetricsEndpoint`] for the
//! page. The layer translates and nothing else: what a request means is decided in
//! [`vitalsigns::families::http`].
//!
//! # Where to put the layer
//!
//! Outside of everything whose answers clients see: the layer counts what passes through it. A
//! timeout or rate limit outside of the layer shows as `499` (the request was dropped), one inside
//! of it as the status that it answers with. A panic that a layer inside makes a response of is
//! that response; one that a layer outside catches is counted as a panic.
//!
//! With axum, put it on with `Router::layer` (`axum::instrument` does): around the finished
//! router it would see no routes. A service that is nested with `nest_service` tells no route
//! either; such requests read `unmatched`, unless a [`Route`] says otherwise. Two layers around
//! each other count a request twice.

mod body;
mod endpoint;
mod future;
mod middleware;
mod panic_watch;
mod route;
mod self_test;
mod service;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "testing")]
pub mod testing;

pub use body::MeasuredBody;
pub use endpoint::{EndpointFuture, MetricsEndpoint};
pub use future::ResponseFuture;
pub use middleware::MetricsLayer;
pub use route::Route;
pub use self_test::self_test;
pub use service::MetricsService;
