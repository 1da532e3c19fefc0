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
//! With the feature `health`, the probes of `vitalsigns-health` come with the same call:
//!
#![cfg_attr(all(feature = "axum", feature = "health"), doc = "```")]
#![cfg_attr(not(all(feature = "axum", feature = "health")), doc = "```ignore")]
//! # use axum::Router;
//! # use vitalsigns::Registry;
//! use vitalsigns_health::{Check, Health};
//! use vitalsigns_tower::axum::Instrument;
//!
//! # fn run(app: Router, registry: Registry) -> Result<(), Box<dyn std::error::Error>> {
//! let health = Health::builder(&registry).check(Check::new("cache", || async {})).build()?;
//! let app = Instrument::new(&registry)?.health(&health).app(app)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to put the layer
//!
//! Outside of everything whose answers clients see: the layer counts what passes through it. A
//! timeout or rate limit outside of the layer shows as `499` (the request was dropped), one inside
//! of it as the status that it answers with. A panic that a layer inside makes a response of is
//! that response; one that a layer outside catches is counted as a panic.
//!
//! With axum, put it on with `Router::layer` (`axum::instrument` does): around the finished
//! router it would see no routes, and with `route_layer` it sees only requests that match one. A
//! service that is nested with `nest_service` tells no route either; such requests read
//! `unmatched`, unless a [`Route`] says otherwise, or a layer within it does: layers around each
//! other that record into the same [`HttpServer`] count a request once, and where the route is not
//! known outside, the innermost that knows it tells it. (The inner one must be called on the task of
//! the outer one; behind a `Buffer` it is not.)
//!
//! # WebSocket and tunnels
//!
//! A request that leaves HTTP ends with its head. For such requests the layer leaves an [`Upgrade`]
//! in the extensions; with it, the handler measures the connection itself:
//!
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::extract::{Extension, WebSocketUpgrade, ws::WebSocket};
//! use axum::response::Response;
//! use vitalsigns_tower::Upgrade;
//!
//! async fn live(socket: WebSocketUpgrade, Extension(upgrade): Extension<Upgrade>) -> Response {
//!     socket.on_upgrade(|socket| upgrade.measure(talk(socket)))
//! }
//!
//! async fn talk(socket: WebSocket) {}
//! ```
//!
//! # gRPC
//!
//! A call over HTTP/2 whose content type is gRPC's counts in `grpc_requests_total` with its gRPC
//! status as well. With tonic, give the layer to `Server::layer`; its routes are patterns as
//! `/shop.Orders/{*rest}`; a [`Route`] tells methods apart. Put it inside of a gRPC-Web layer.
//!
//! [`HttpServer`]: vitalsigns::families::HttpServer

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

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "testing")]
pub mod testing;

pub use body::MeasuredBody;
pub use endpoint::{EndpointFuture, MetricsEndpoint};
pub use future::ResponseFuture;
#[cfg(feature = "health")]
pub use health::ProbeEndpoint;
pub use middleware::MetricsLayer;
pub use request_body::{AsIs, Counted, CountedBody};
pub use route::Route;
pub use self_test::self_test;
pub use service::MetricsService;
pub use vitalsigns::families::http::Upgrade;

/// The README's examples, compiled and run.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
