//! What a user of the crate can rely on.

mod catalogue;
mod collectors;
mod concurrency;
#[cfg(feature = "testing")]
mod families;
mod family;
mod guards;
#[cfg(feature = "testing")]
mod hostile;
#[cfg(feature = "prometheus-client")]
mod interop;
mod page;
mod properties;
#[cfg(feature = "push")]
mod push;
mod record;
mod register;
#[cfg(feature = "testing")]
mod testing;
mod ui;
#[cfg(feature = "tracing")]
mod warning;
