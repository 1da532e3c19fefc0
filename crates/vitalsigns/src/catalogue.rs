//! Everything that a registry will ever export, as data.

use std::sync::Arc;

use crate::exposition::number;
use crate::foreign::ForeignFamily;
use crate::kind::Kind;
use crate::label::LabelValues;
use crate::sample::Collect;

/// Everything that a registry will ever export, before anything was recorded.
///
/// The page, the reference, dashboards, alerts and checks are all made from this list.
///
/// # Examples
///
/// ```
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// assert!(catalogue.family("vitalsigns_series_overflow_total").is_some());
/// # #[cfg(feature = "json")]
/// assert_eq!(vitalsigns::Catalogue::from_json(&catalogue.to_json())?, catalogue);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Catalogue {
    /// The namespace of the registry; empty if it has none.
    pub namespace: String,
    /// The families in the order of the page: by name, and the foreign ones at the end.
    pub families: Vec<FamilyEntry>,
    /// What functions promise, by name: `#[instrument_metrics(slo = …)]`.
    #[cfg_attr(feature = "json", serde(default))]
    pub objectives: Vec<ObjectiveEntry>,
}

/// One family of a [`Catalogue`].
///
/// # Examples
///
/// ```
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// for family in &catalogue.families {
///     println!("{} ({}): {}", family.name, family.kind, family.help);
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct FamilyEntry {
    /// The complete name, as one queries it (for a histogram: without `_bucket`).
    pub name: String,
    /// What it measures like.
    pub kind: Kind,
    /// The base unit, if it has one.
    pub unit: Option<String>,
    /// What is measured.
    pub help: String,
    /// The labels in their order on the page.
    pub labels: Vec<LabelEntry>,
    /// Labels that every series of the registry has, with their values.
    pub constant_labels: Vec<(String, String)>,
    /// The upper bounds of a classic histogram, without `+Inf`.
    pub buckets: Option<Vec<f64>>,
    /// Whether it is a native histogram: beside its `buckets` if it has any, or without.
    #[cfg_attr(feature = "json", serde(default))]
    pub native: bool,
    /// Whether it keeps exemplars.
    #[cfg_attr(feature = "json", serde(default))]
    pub exemplars: bool,
    /// How many series a family with capped labels may have.
    pub max_series: Option<usize>,
    /// The states of a state set.
    pub states: Option<Vec<String>>,
    /// The struct that declares it, or where it comes from.
    pub group: String,
}

/// One label of a [`FamilyEntry`].
///
/// # Examples
///
/// ```
/// use vitalsigns::LabelEntry;
///
/// fn at_most(label: &LabelEntry) -> Option<usize> {
///     label.values.as_ref().map(Vec::len).or(label.cap)
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LabelEntry {
    /// The name of the label.
    pub name: String,
    /// The values of a closed label.
    pub values: Option<Vec<String>>,
    /// The cap of an open label. A label with neither comes from another library.
    pub cap: Option<usize>,
}

/// What a function promises: an objective of a [`Catalogue`].
///
/// Functions that declare an objective of the same name share it. What it is measured by:
/// `function_calls_total`, in which cancelled calls are neither good nor bad, and
/// `function_duration_seconds`, which has the latency as one of its bounds.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, instrument_metrics};
///
/// #[instrument_metrics(registry = registry, slo = "checkout", success = 99.9, latency = (250ms, 99))]
/// fn check_out(registry: &Registry) {}
///
/// let registry = Registry::new();
/// check_out(&registry);
/// let catalogue = registry.catalogue();
/// let checkout = &catalogue.objectives[0];
/// assert_eq!((checkout.name.as_str(), checkout.success_ratio), ("checkout", Some(0.999)));
/// assert_eq!(checkout.latency.unwrap().seconds, 0.25);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ObjectiveEntry {
    /// The name of the objective.
    pub name: String,
    /// The function that declares it, as in the label `function`.
    pub function: String,
    /// The module of the function, as in the label `module`.
    pub module: String,
    /// The share of calls, from 0 to 1, that end without error and panic.
    pub success_ratio: Option<f64>,
    /// How long calls may take.
    pub latency: Option<LatencyEntry>,
}

/// How long calls may take: part of an [`ObjectiveEntry`].
///
/// # Examples
///
/// ```
/// fn is_strict(latency: &vitalsigns::LatencyEntry) -> bool {
///     latency.ratio > 0.99
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LatencyEntry {
    /// The bound, in seconds: one of the buckets of the histogram.
    pub seconds: f64,
    /// The share of calls, from 0 to 1, that take no longer.
    pub ratio: f64,
}

impl ObjectiveEntry {
    /// What it is sorted by.
    pub(crate) fn key(&self) -> (&str, &str, &str) {
        (&self.name, &self.module, &self.function)
    }
}

impl Catalogue {
    pub(crate) fn new(
        namespace: &str,
        families: &[Arc<dyn Collect>],
        foreign: &[ForeignFamily],
        objectives: Vec<ObjectiveEntry>,
    ) -> Self {
        let own = families.iter().map(|family| FamilyEntry::of(&**family));
        let foreign = foreign.iter().map(FamilyEntry::of_foreign);
        Catalogue {
            namespace: namespace.to_owned(),
            families: own.chain(foreign).collect(),
            objectives,
        }
    }

    /// The family with this complete name.
    ///
    /// # Examples
    ///
    /// ```
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// assert!(catalogue.family("nobody_exports_this").is_none());
    /// ```
    pub fn family(&self, name: &str) -> Option<&FamilyEntry> {
        self.families.iter().find(|family| family.name == name)
    }

    /// The catalogue as JSON, indented, the same bytes for the same catalogue.
    ///
    /// # Examples
    ///
    /// ```
    /// let json = vitalsigns::Registry::new().catalogue().to_json();
    /// assert!(json.starts_with("{\n  \"namespace\": \"\""));
    /// ```
    #[cfg(feature = "json")]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists always serialise; bounds are finite.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    ///
    /// If the text is not JSON or not a catalogue; the error has line and column.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = vitalsigns::Catalogue::from_json("{}").unwrap_err();
    /// assert!(error.to_string().contains("namespace"));
    /// ```
    #[cfg(feature = "json")]
    pub fn from_json(json: &str) -> Result<Self, CatalogueError> {
        serde_json::from_str(json).map_err(|error| CatalogueError {
            reason: error.to_string(),
        })
    }
}

impl FamilyEntry {
    /// A bound as it stands in the label `le`, on every page and in what is stored of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::FamilyEntry;
    ///
    /// assert_eq!(FamilyEntry::le(1.0), "1.0");
    /// assert_eq!(FamilyEntry::le(1e6), "1e+06");
    /// ```
    pub fn le(bound: f64) -> String {
        number::canonical(bound)
    }

    fn of(family: &dyn Collect) -> Self {
        let descriptor = family.descriptor();
        let labels = descriptor.labels.iter().map(|label| {
            let (values, cap) = match label.values {
                LabelValues::Closed(values) => (Some(to_strings(values)), None),
                LabelValues::Capped(cap) => (None, Some(cap)),
            };
            LabelEntry {
                name: label.name.to_owned(),
                values,
                cap,
            }
        });
        FamilyEntry {
            name: descriptor.name.clone(),
            kind: descriptor.kind,
            unit: descriptor.unit.map(str::to_owned),
            help: descriptor.help.to_owned(),
            labels: labels.collect(),
            constant_labels: descriptor.constant.to_vec(),
            buckets: descriptor.buckets.as_deref().map(<[f64]>::to_vec),
            native: descriptor.native,
            exemplars: descriptor.exemplars,
            max_series: descriptor
                .labels
                .iter()
                .any(|label| matches!(label.values, LabelValues::Capped(_)))
                .then_some(descriptor.max_series),
            states: descriptor.states.map(to_strings),
            group: descriptor.group.to_owned(),
        }
    }

    fn of_foreign(family: &ForeignFamily) -> Self {
        let mut labels: Vec<LabelEntry> = Vec::new();
        for (name, _) in family.samples.iter().flat_map(|sample| &sample.labels) {
            let is_bound = family.kind == Kind::Histogram && name == "le";
            if !is_bound && !labels.iter().any(|label| label.name == *name) {
                labels.push(LabelEntry {
                    name: name.clone(),
                    values: None,
                    cap: None,
                });
            }
        }
        FamilyEntry {
            name: family.name(),
            kind: family.kind,
            unit: family.unit.clone(),
            help: family.help.clone(),
            labels,
            constant_labels: Vec::new(),
            buckets: None,
            native: false,
            exemplars: false,
            max_series: None,
            states: None,
            group: "prometheus-client".to_owned(),
        }
    }
}

fn to_strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// A text is not a catalogue.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "json")]
/// assert!(vitalsigns::Catalogue::from_json("nonsense").is_err());
/// ```
#[cfg(feature = "json")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueError {
    reason: String,
}

#[cfg(feature = "json")]
impl std::fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a catalogue: {}", self.reason)
    }
}

#[cfg(feature = "json")]
impl std::error::Error for CatalogueError {}
