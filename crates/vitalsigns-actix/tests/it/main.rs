//! The middleware and the endpoint, in process and over real sockets.

mod support;

mod endings;
mod endpoint;
mod exemplars;
#[cfg(feature = "health")]
mod health;
mod http2;
mod instrument;
mod labels;
mod property;
mod streams;
