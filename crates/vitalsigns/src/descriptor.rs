//! What is known of a family before anything is recorded; the catalogue is made of these.

use std::time::Duration;

use crate::kind::Kind;
use crate::label::LabelSpec;
use crate::name;

/// Everything that a family's declaration says.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor {
    /// The complete name, as one queries it: with namespace, prefix and suffix.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<&'static str>,
    pub(crate) help: &'static str,
    pub(crate) labels: &'static [LabelSpec],
    /// Labels that every series of the registry has.
    pub(crate) constant: std::sync::Arc<[(String, String)]>,
    /// Upper bounds, of a classic histogram only.
    pub(crate) buckets: Option<std::sync::Arc<[f64]>>,
    /// Whether it is a native histogram, beside its bounds if it has any.
    pub(crate) native: bool,
    /// Whether it keeps exemplars.
    pub(crate) exemplars: bool,
    /// How many series a family with capped labels may have.
    pub(crate) max_series: usize,
    /// After what time a series that nobody holds and nothing changes is forgotten.
    pub(crate) expire_idle: Option<Duration>,
    /// The states, of a state set only.
    pub(crate) states: Option<&'static [&'static str]>,
    /// The struct that declares it.
    pub(crate) group: &'static str,
}

impl Descriptor {
    /// The name of the family in OpenMetrics: without `_total` and `_info`.
    pub(crate) fn base_name(&self) -> &str {
        name::base_name(&self.name, self.kind)
    }

    /// Every sample name that belongs to this family in any format.
    pub(crate) fn claimed_names(&self) -> Vec<String> {
        claimed_names(self.base_name(), self.kind)
    }
}

/// Every sample name that belongs to a family of this base name and kind in any format.
pub(crate) fn claimed_names(base: &str, kind: Kind) -> Vec<String> {
    let suffixes: &[&str] = match kind {
        Kind::Counter => &["", "_total", "_created"],
        Kind::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
        Kind::Info => &["", "_info"],
        Kind::Gauge | Kind::StateSet | Kind::Unknown => &[""],
    };
    suffixes
        .iter()
        .map(|suffix| format!("{base}{suffix}"))
        .collect()
}
