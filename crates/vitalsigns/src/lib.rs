#![doc = include_str!("tour.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The derives name this crate by its own name, here as well.
extern crate self as vitalsigns;

mod catalogue;
mod clock;
mod descriptor;
mod endpoint;
mod error;
mod exemplar;
mod exposition;
pub mod families;
mod family;
mod foreign;
mod group;
pub mod instrument;
#[cfg(feature = "prometheus-client")]
mod interop;
mod kind;
mod label;
#[cfg(feature = "listener")]
mod listener;
mod metric;
pub mod name;
mod own;
#[cfg(feature = "push")]
mod push;
mod registry;
mod sample;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod turns;

#[cfg(feature = "json")]
pub use catalogue::CatalogueError;
pub use catalogue::{Catalogue, FamilyEntry, LabelEntry, LatencyEntry, ObjectiveEntry};
pub use endpoint::{
    Admitted, Answer, BearerToken, Body, Endpoint, EndpointBuilder, EndpointError, EndpointRequest,
    SelfTestError,
};
pub use error::RegisterError;
pub use exemplar::{Exemplar, TraceContext};
pub use exposition::{ContentType, Escaping, Format};
pub use family::Family;
pub use group::{MetricField, MetricGroup};
#[cfg(feature = "prometheus-client")]
pub use interop::PrometheusClient;
pub use kind::Kind;
pub use label::{Label, LabelSet, LabelSpec, LabelValue, LabelValues, OVERFLOW, OpenLabelValue};
#[cfg(feature = "listener")]
pub use listener::{Listener, ListenerAddress, ListenerBuilder, ListenerError};
pub use metric::{
    BYTES_BUCKETS, Counter, CounterNumber, Gauge, GaugeGuard, GaugeNumber, Histogram,
    HistogramTimer, Info, Metric, Observation, RATIO_BUCKETS, SECONDS_BUCKETS, StateSet,
    exponential_buckets, linear_buckets,
};
pub use name::NameFault;
#[cfg(feature = "push")]
pub use push::{BackgroundPusher, PushError, Pusher, PusherBuilder};
pub use registry::{Registry, RegistryBuilder, SeriesCount, global};
/// # Examples
///
/// ```
/// use vitalsigns::{Format, LabelValue, Registry, instrument_metrics};
///
/// #[derive(LabelValue, Clone, Copy, Debug)]
/// enum ChargeError {
///     NoMoney,
///     CardStolen,
/// }
///
/// struct Shop {
///     registry: Registry,
/// }
///
/// #[instrument_metrics(registry = self.registry)]
/// impl Shop {
///     #[instrument_metrics(registry = self.registry, error = |error: &ChargeError| *error)]
///     pub fn charge(&self, cents: u64) -> Result<u64, ChargeError> {
///         if cents > 10_000 {
///             return Err(ChargeError::NoMoney);
///         }
///         Ok(cents)
///     }
///
///     pub async fn deliver(&self) {}
/// }
///
/// let shop = Shop { registry: Registry::new() };
/// shop.charge(20_000).unwrap_err();
/// drop(shop.deliver()); // Never polled, so never called.
/// let page = shop.registry.render(Format::Text);
/// assert!(page.contains("Shop::charge\""));
/// assert!(page.contains("error=\"no_money\"} 1\n"));
/// assert!(!page.contains("deliver"));
/// ```
pub use vitalsigns_macros::instrument_metrics;
pub use vitalsigns_macros::{LabelSet, LabelValue, MetricGroup};

/// What the derives write calls to. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::checks::*;
    pub use crate::group::{FieldSpec, GroupBuilder};
    pub use crate::instrument::private::*;
}

mod checks;
