//! What a user of the crate can rely on.

mod catalogue;
mod collectors;
mod concurrency;
mod decoded;
mod endpoint;
#[cfg(feature = "testing")]
mod families;
mod family;
mod formats;
mod guards;
#[cfg(feature = "testing")]
mod hostile;
#[cfg(feature = "prometheus-client")]
mod interop;
mod native;
mod page;
mod properties;
mod record;
mod register;
#[cfg(feature = "testing")]
mod testing;
mod ui;
#[cfg(feature = "tracing")]
mod warning;
