//! Where alerts are made: what is exported, under which names, by which jobs.

use std::time::Duration;

use vitalsigns::{Catalogue, FamilyEntry};

use crate::alert::{Alert, Scenario, Severity, Track, Words};
use crate::query::{
    Condition, Counter, Gauge, Histogram, Quantity, Queries, QueryError, Rendering, Selector,
    Vector,
};
use crate::system::System;

/// Some minutes.
pub(super) const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// Some hours.
pub(super) const fn hours(hours: u64) -> Duration {
    minutes(60 * hours)
}

/// The namespaces of the services of a system, each once.
pub(super) fn namespaces(system: &System) -> Vec<String> {
    let mut namespaces: Vec<String> = Vec::new();
    for service in &system.services {
        if !namespaces.contains(&service.catalogue.namespace) {
            namespaces.push(service.catalogue.namespace.clone());
        }
    }
    namespaces.sort();
    namespaces
}

/// Where alerts are made.
pub(super) struct Scope<'s> {
    pub(super) system: &'s System,
    pub(super) catalogue: &'s Catalogue,
    namespace: &'s str,
    rendering: Rendering,
    window: Duration,
}

impl<'s> Scope<'s> {
    pub(super) fn new(
        system: &'s System,
        catalogue: &'s Catalogue,
        namespace: &'s str,
    ) -> Result<Self, QueryError> {
        let intervals = system
            .services
            .iter()
            .filter_map(|service| service.interval);
        let slowest = intervals.chain([system.interval]).max().unwrap_or_default();
        // A rate needs two samples, and one may be missed.
        let window = minutes(5).max(slowest * 4);
        Ok(Scope {
            system,
            catalogue,
            namespace,
            rendering: Rendering::over(window)?,
            window,
        })
    }

    /// Over what time rates are taken.
    pub(super) fn window(&self) -> Duration {
        self.window
    }

    /// Everything that is exported, with the namespace and the objectives of its services.
    pub(super) fn of_namespace(&self) -> Catalogue {
        let mut catalogue = self.catalogue.clone();
        catalogue.namespace = self.namespace.to_owned();
        let services = self.system.services.iter();
        let own = services.filter(|service| service.catalogue.namespace == self.namespace);
        let all = own.flat_map(|service| &service.catalogue.objectives);
        catalogue.objectives.clear();
        for objective in all {
            if !catalogue.objectives.contains(objective) {
                catalogue.objectives.push(objective.clone());
            }
        }
        catalogue
    }

    /// The name of a family in this namespace.
    pub(super) fn name(&self, name: &str) -> String {
        match self.namespace {
            "" => name.to_owned(),
            namespace => format!("{namespace}_{name}"),
        }
    }

    fn queries(&self) -> Queries<'s> {
        Queries::new(self.catalogue)
    }

    /// The family, if it has these labels.
    fn family(&self, name: &str, labels: &[&str]) -> Option<&'s FamilyEntry> {
        let family = self.catalogue.family(&self.name(name))?;
        let has = |label: &&str| {
            let own = family.labels.iter().any(|known| known.name == **label);
            own || family
                .constant_labels
                .iter()
                .any(|(known, _)| known == *label)
        };
        labels.iter().all(has).then_some(family)
    }

    /// The first of these labels that the family has.
    pub(super) fn label<'l>(&self, name: &str, labels: &[&'l str]) -> Option<&'l str> {
        let mut labels = labels.iter();
        labels
            .find(|label| self.family(name, &[label]).is_some())
            .copied()
    }

    /// Whether the label of the family can have this value.
    pub(super) fn has_value(&self, name: &str, label: &str, value: &str) -> bool {
        let family = self.family(name, &[label]);
        let mut labels = family.into_iter().flat_map(|family| &family.labels);
        let known = labels.find(|known| known.name == label);
        known.is_some_and(|known| match &known.values {
            Some(values) => values.iter().any(|known| known == value),
            None => true,
        })
    }

    /// The counter, if the system has it with these labels.
    pub(super) fn counter(
        &self,
        name: &str,
        labels: &[&str],
    ) -> Result<Option<Selector<Counter>>, QueryError> {
        let family = self.family(name, labels);
        family
            .map(|family| self.queries().counter(&family.name))
            .transpose()
    }

    /// The gauge, if the system has it with these labels.
    pub(super) fn gauge(
        &self,
        name: &str,
        labels: &[&str],
    ) -> Result<Option<Selector<Gauge>>, QueryError> {
        let family = self.family(name, labels);
        family
            .map(|family| self.queries().gauge(&family.name))
            .transpose()
    }

    /// The state set, if the system has it with these labels.
    pub(super) fn states(
        &self,
        name: &str,
        labels: &[&str],
    ) -> Result<Option<Selector<Gauge>>, QueryError> {
        let family = self.family(name, labels);
        family
            .map(|family| self.queries().states(&family.name))
            .transpose()
    }

    /// The info metric, if the system has it.
    pub(super) fn info(&self, name: &str) -> Result<Option<Selector<Gauge>>, QueryError> {
        let family = self.family(name, &[]);
        family
            .map(|family| self.queries().info(&family.name))
            .transpose()
    }

    /// The histogram with classic buckets, if the system has it with these labels.
    pub(super) fn histogram(
        &self,
        name: &str,
        labels: &[&str],
    ) -> Result<Option<Selector<Histogram>>, QueryError> {
        let family = self.family(name, labels);
        let classic = family.filter(|family| family.buckets.is_some());
        classic
            .map(|family| self.queries().histogram(&family.name))
            .transpose()
    }

    /// What Prometheus adds for each target.
    pub(super) fn of_scrape(&self, name: &str) -> Result<Selector<Gauge>, QueryError> {
        self.queries().gauge(name)
    }

    /// The least bound of the histogram that is at least this, and the one above it: a quantile
    /// around another value could only be guessed. None where it is the last.
    pub(super) fn bounds(&self, name: &str, wanted: f64) -> Option<(f64, f64)> {
        let bounds = self.family(name, &[])?.buckets.as_ref()?;
        let at = bounds.iter().position(|bound| *bound >= wanted)?;
        Some((*bounds.get(at)?, *bounds.get(at + 1)?))
    }

    /// The job that has the family: the first service, or exporter.
    pub(super) fn job(&self, name: &str) -> String {
        let name = self.name(name);
        let mut services = self.system.services.iter();
        if let Some(service) = services.find(|s| s.catalogue.family(&name).is_some()) {
            return service.job.clone();
        }
        let mut exporters = self.system.exporters.iter();
        let exporter = exporters.find(|exporter| exporter.catalogue().family(&name).is_some());
        let exporter = exporter.map(|exporter| exporter.name());
        exporter.unwrap_or("job").to_owned()
    }

    /// An alert with everything that it says.
    pub(super) fn alert(
        &self,
        name: &str,
        severity: Severity,
        condition: Condition,
        words: &Words,
    ) -> Result<Alert, QueryError> {
        let alert = Alert::new(name, condition, severity);
        let mut alert = alert.says(words.summary, words.description)?;
        alert.runbook = words.runbook();
        Ok(alert)
    }

    /// The text of an expression to copy.
    pub(super) fn text(&self, vector: &Vector) -> String {
        vector.promql(&self.rendering)
    }

    /// A story about one target of the job that has the family.
    pub(super) fn story(&self, family: &str) -> Story {
        let job = self.job(family);
        Story::of(&job, &format!("{job}:8080"), self.namespace)
    }
}

/// A scenario whose series are those of one target.
pub(super) struct Story {
    job: String,
    instance: String,
    namespace: String,
    /// Labels that its alert is by, besides those of the target.
    series: Vec<OfSeries>,
}

/// A series of a story.
struct OfSeries {
    name: String,
    labels: Vec<(String, String)>,
    fires: Track,
    below: Track,
    before: Option<(Duration, Track)>,
}

impl Story {
    /// One about a target.
    pub(super) fn of(job: &str, instance: &str, namespace: &str) -> Self {
        Story {
            job: job.to_owned(),
            instance: instance.to_owned(),
            namespace: namespace.to_owned(),
            series: Vec::new(),
        }
    }

    /// A series of a family of this namespace, without the labels of the target.
    pub(super) fn series(
        mut self,
        name: &str,
        labels: &[(&str, &str)],
        fires: Track,
        below: Track,
    ) -> Self {
        let labels = labels.iter();
        self.series.push(OfSeries {
            name: match self.namespace.as_str() {
                "" => name.to_owned(),
                namespace => format!("{namespace}_{name}"),
            },
            labels: labels
                .map(|(l, v)| ((*l).to_owned(), (*v).to_owned()))
                .collect(),
            fires,
            below,
            before: None,
        });
        self
    }

    /// A series that is the same all the time.
    pub(super) fn always(self, name: &str, labels: &[(&str, &str)], track: Track) -> Self {
        self.series(name, labels, track, track)
    }

    /// Says what the series that was added last did before.
    pub(super) fn after(mut self, history: Duration, track: Track) -> Self {
        if let Some(last) = self.series.last_mut() {
            last.before = Some((history, track));
        }
        self
    }

    /// The scenario of an alert by these labels; `job` and `instance` are those of the target.
    pub(super) fn by(self, labels: &[(&str, &str)]) -> Scenario {
        let target = [("job", self.job.as_str()), ("instance", &self.instance)];
        let value = |label: &str, value: &str| match label {
            "job" => self.job.clone(),
            "instance" => self.instance.clone(),
            _ => value.to_owned(),
        };
        let labels = labels
            .iter()
            .map(|(label, of)| ((*label).to_owned(), value(label, of)));
        let mut scenario = Scenario::of(labels);
        for series in &self.series {
            let own = series.labels.iter().map(|(l, v)| (l.as_str(), v.as_str()));
            let all: Vec<(&str, &str)> = target.into_iter().chain(own).collect();
            scenario = scenario.series(&series.name, all, series.fires, series.below);
            if let Some((history, track)) = series.before {
                scenario = scenario.after(history, track);
            }
        }
        scenario
    }
}

/// So many percent more, and so many less, than a ratio: how much of `all` in each minute fails when
/// an alert fires, and when it just does not.
pub(super) fn around(limit: &Quantity, all: f64) -> (f64, f64) {
    let at = limit.value() * all;
    ((at * 1.02).ceil(), (at * 0.98).floor())
}
