//! Where expressions begin: the families of a catalogue.

use std::sync::LazyLock;

use vitalsigns::{Catalogue, FamilyEntry, Kind};

use super::QueryError;
use super::kind::{Counter, Gauge, Histogram};
use super::labels::given;
use super::selector::Selector;
use crate::nearest::nearest;

/// What Prometheus adds to the page of each target, and what it makes of rules.
const SCRAPE: &str = r#"{"namespace": "", "families": [
    {"name": "up", "kind": "gauge", "unit": null, "help": "Whether the last scrape succeeded.",
     "labels": [], "constant_labels": [], "buckets": null, "max_series": null, "states": null,
     "group": "Prometheus"},
    {"name": "scrape_duration_seconds", "kind": "gauge", "unit": "seconds",
     "help": "How long the last scrape took.", "labels": [], "constant_labels": [],
     "buckets": null, "max_series": null, "states": null, "group": "Prometheus"},
    {"name": "scrape_samples_scraped", "kind": "gauge", "unit": null,
     "help": "Samples of the last scrape.", "labels": [], "constant_labels": [],
     "buckets": null, "max_series": null, "states": null, "group": "Prometheus"},
    {"name": "scrape_samples_post_metric_relabeling", "kind": "gauge", "unit": null,
     "help": "Samples of the last scrape that were kept.", "labels": [], "constant_labels": [],
     "buckets": null, "max_series": null, "states": null, "group": "Prometheus"},
    {"name": "scrape_series_added", "kind": "gauge", "unit": null,
     "help": "Series that were new in the last scrape.", "labels": [], "constant_labels": [],
     "buckets": null, "max_series": null, "states": null, "group": "Prometheus"},
    {"name": "ALERTS", "kind": "gauge", "unit": null,
     "help": "An alert whose condition holds; always 1.", "labels": [
       {"name": "alertname", "values": null, "cap": null},
       {"name": "alertstate", "values": ["pending", "firing"], "cap": null},
       {"name": "severity", "values": ["none", "info", "warning", "critical"], "cap": null},
       {"name": "system", "values": null, "cap": null},
       {"name": "team", "values": null, "cap": null}], "constant_labels": [],
     "buckets": null, "max_series": null, "states": null, "group": "Prometheus"}
]}"#;

static OF_SCRAPES: LazyLock<Vec<FamilyEntry>> = LazyLock::new(|| {
    // Written above, and read by a test.
    Catalogue::from_json(SCRAPE).map_or_else(|_| Vec::new(), |catalogue| catalogue.families)
});

/// Where expressions begin: the families of a catalogue, and what Prometheus adds for each target
/// (`up`, `scrape_duration_seconds` and their like).
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Queries, Rendering};
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let queries = Queries::new(&catalogue);
/// let down = queries.gauge("up")?.value().equals(0.0)?;
/// assert_eq!(down.promql(&Rendering::dashboard().job("azora")), "up{job=\"azora\"} == 0");
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Queries<'c> {
    catalogue: &'c Catalogue,
    target: Vec<String>,
}

impl<'c> Queries<'c> {
    /// Expressions over the families of `catalogue`, whose series have the labels `job` and
    /// `instance` besides their own.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Queries {
            catalogue,
            target: vec!["job".to_owned(), "instance".to_owned()],
        }
    }

    /// Says which further labels the scrapes add to every series, as `cluster`.
    ///
    /// # Errors
    ///
    /// [`QueryError::ReservedLabel`] for `le` and what cannot be a label.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::Queries;
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let queries = Queries::new(&catalogue).target_labels(["cluster"])?;
    /// assert!(queries.gauge("up")?.value().max_by(["cluster"]).is_ok());
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn target_labels<L: AsRef<str>>(
        mut self,
        labels: impl IntoIterator<Item = L>,
    ) -> Result<Self, QueryError> {
        self.target.extend(given(labels)?);
        Ok(self)
    }

    /// The counter of this name, with `_total`.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownFamily`], or [`QueryError::OtherKind`].
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::Queries;
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let error = Queries::new(&catalogue).counter("up").unwrap_err();
    /// assert!(error.to_string().starts_with("`up` is a gauge, it cannot be asked for as a counter"));
    /// ```
    pub fn counter(&self, name: &str) -> Result<Selector<Counter>, QueryError> {
        self.select(name, &[Kind::Counter])
    }

    /// The gauge of this name; a metric of another library that does not say its kind is one too.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn gauge(&self, name: &str) -> Result<Selector<Gauge>, QueryError> {
        self.select(name, &[Kind::Gauge, Kind::Unknown])
    }

    /// The histogram of this name, without `_bucket`.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    ///
    /// # Examples
    ///
    /// See the [module](super).
    pub fn histogram(&self, name: &str) -> Result<Selector<Histogram>, QueryError> {
        self.select(name, &[Kind::Histogram])
    }

    /// The info metric of this name: its value is 1, its labels are the facts.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, families::BuildInfo};
    /// use vitalsigns_kit::query::{Queries, Rendering};
    ///
    /// let registry = Registry::new();
    /// BuildInfo::new("1.2.0").register(&registry)?;
    /// let catalogue = registry.catalogue();
    /// let versions = Queries::new(&catalogue).info("build_info")?.value().count_by(["version"])?;
    /// assert_eq!(
    ///     versions.promql(&Rendering::dashboard().job("shop")),
    ///     "count by (version) (build_info{job=\"shop\"})"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn info(&self, name: &str) -> Result<Selector<Gauge>, QueryError> {
        self.select(name, &[Kind::Info])
    }

    /// The state set of this name: 1 for states that are on, 0 for the others, by a label of the
    /// same name.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{LabelValue, MetricGroup, Registry, StateSet};
    /// use vitalsigns_kit::query::{Queries, Rendering};
    ///
    /// #[derive(LabelValue, Clone, Copy)]
    /// enum Door {
    ///     Open,
    ///     Closed,
    /// }
    ///
    /// #[derive(MetricGroup)]
    /// struct House {
    ///     /// The door.
    ///     door: StateSet<Door>,
    /// }
    ///
    /// let registry = Registry::new();
    /// let house = House::register(&registry)?;
    /// house.door.set(Door::Open);
    /// let catalogue = registry.catalogue();
    /// let open = Queries::new(&catalogue).states("door")?.with("door", "open")?.value();
    /// assert_eq!(open.promql(&Rendering::dashboard().job("h")), "door{job=\"h\",door=\"open\"}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn states(&self, name: &str) -> Result<Selector<Gauge>, QueryError> {
        self.select(name, &[Kind::StateSet])
    }

    fn select<K>(&self, name: &str, kinds: &[Kind]) -> Result<Selector<K>, QueryError> {
        let family = self.family(name)?;
        if kinds.contains(&family.kind) {
            return Ok(Selector::new(family, &self.target));
        }
        Err(QueryError::OtherKind {
            name: name.to_owned(),
            is: family.kind,
            asked: kinds[0],
        })
    }

    fn family(&self, name: &str) -> Result<&FamilyEntry, QueryError> {
        let families = || self.catalogue.families.iter().chain(OF_SCRAPES.iter());
        if let Some(family) = families().find(|family| family.name == name) {
            return Ok(family);
        }
        let nearest = nearest(name, families().map(|family| family.name.as_str()));
        Err(QueryError::UnknownFamily {
            name: name.to_owned(),
            nearest: nearest.map(str::to_owned),
        })
    }
}
