//! The layer and the endpoint, in process and over real sockets.

mod support;

mod bounds;
mod endings;
mod endpoint;
mod exemplars;
#[cfg(feature = "health")]
mod health;
mod instrument;
mod labels;
mod nesting;
mod options;
