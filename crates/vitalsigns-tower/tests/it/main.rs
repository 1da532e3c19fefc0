//! The layer and the endpoint, in process and over real sockets.

mod support;

mod bounds;
mod endings;
mod endpoint;
mod exemplars;
mod instrument;
mod labels;
mod nesting;
mod options;
