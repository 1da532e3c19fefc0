//! What a user of the crate can rely on.

mod catalogue;
mod collectors;
mod concurrency;
mod decoded;
mod endpoint;
mod exemplars;
#[cfg(feature = "testing")]
mod families;
mod family;
mod formats;
mod guards;
#[cfg(feature = "testing")]
mod hostile;
mod instrument;
#[cfg(feature = "prometheus-client")]
mod interop;
#[cfg(feature = "listener")]
mod listener;
mod native;
mod order;
mod page;
mod properties;
#[cfg(feature = "push")]
mod push;
mod record;
mod register;
#[cfg(feature = "testing")]
mod testing;
mod threads;
mod ui;
#[cfg(feature = "tracing")]
mod warning;
