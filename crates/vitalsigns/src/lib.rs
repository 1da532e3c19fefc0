#![doc = include_str!("tour.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The derives name this crate by its own name, here as well.
extern crate self as vitalsigns;

mod catalogue;
mod descriptor;
mod endpoint;
mod error;
mod exemplar;
mod exposition;
pub mod families;
mod family;
mod foreign;
mod group;
#[cfg(feature = "prometheus-client")]
mod interop;
mod kind;
mod label;
mod metric;
pub mod name;
mod own;
mod registry;
mod sample;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "json")]
pub use catalogue::CatalogueError;
pub use catalogue::{Catalogue, FamilyEntry, LabelEntry};
pub use endpoint::{
    Answer, Body, Endpoint, EndpointBuilder, EndpointError, EndpointRequest, SelfTestError,
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
pub use metric::{
    BYTES_BUCKETS, Counter, CounterNumber, Gauge, GaugeGuard, GaugeNumber, Histogram,
    HistogramTimer, Info, Metric, Observation, RATIO_BUCKETS, SECONDS_BUCKETS, StateSet,
    exponential_buckets, linear_buckets,
};
pub use name::NameFault;
pub use registry::{Registry, RegistryBuilder, SeriesCount};
pub use vitalsigns_macros::{LabelSet, LabelValue, MetricGroup};

/// What the derives write calls to. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::checks::*;
    pub use crate::group::{FieldSpec, GroupBuilder};
}

mod checks;
