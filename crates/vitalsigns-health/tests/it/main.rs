//! The checks through their public API.

mod bodies;
mod isolation;
mod metrics;
mod probing;
mod ready_made;
mod support;
