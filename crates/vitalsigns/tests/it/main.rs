//! What a user of the crate can rely on.

#[cfg(feature = "prometheus-client")]
mod interop;
mod page;
mod ui;
