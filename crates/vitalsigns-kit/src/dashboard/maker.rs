//! Panels over what a system exports: what each kind of question looks like.

use vitalsigns::{Catalogue, FamilyEntry};

use super::model::{Panel, Target, Visual};
use super::watches::Watches;
use crate::query::{Counter, Gauge, Histogram, Queries, QueryError, Selector, Vector};
use crate::system::System;

/// A panel, or why there is none.
pub(super) type Made = Result<Panel, QueryError>;

/// What a panel is called, and what is said of it.
pub(super) type About<'a> = (&'a str, &'a str);

/// Makes panels over what the services of one namespace, and the exporters, export.
pub(super) struct Maker<'s> {
    pub(super) system: &'s System,
    pub(super) catalogue: &'s Catalogue,
    pub(super) namespace: &'s str,
    pub(super) watches: &'s Watches,
    queries: Queries<'s>,
}

impl<'s> Maker<'s> {
    pub(super) fn new(
        system: &'s System,
        catalogue: &'s Catalogue,
        watches: &'s Watches,
        namespace: &'s str,
    ) -> Self {
        Maker {
            system,
            catalogue,
            namespace,
            watches,
            queries: Queries::new(catalogue),
        }
    }

    /// What a family is called in the namespace, some are called the same in each; those of HTTP
    /// may have the names of OpenTelemetry.
    pub(super) fn name(&self, family: &str) -> String {
        let other = match family {
            "http_requests_in_flight" => Some("http_server_active_requests".to_owned()),
            family => family
                .strip_prefix("http_")
                .map(|rest| format!("http_server_{rest}")),
        };
        for name in [Some(family.to_owned()), other].into_iter().flatten() {
            let own = format!("{}_{name}", self.namespace);
            for name in [own, name] {
                if self.catalogue.family(&name).is_some() {
                    return name;
                }
            }
        }
        family.to_owned()
    }

    /// The same, if it is there. Most of what could be asked is not, and nobody reads which name
    /// would be the nearest: finding that takes most of the time.
    fn known(&self, family: &str) -> Result<String, QueryError> {
        let name = self.name(family);
        let is_of_scrapes = matches!(family, "up" | "ALERTS") || family.starts_with("scrape_");
        match is_of_scrapes || self.catalogue.family(&name).is_some() {
            true => Ok(name),
            false => Err(QueryError::UnknownFamily {
                name,
                nearest: None,
            }),
        }
    }

    /// Which of these labels a family has; the first, if it has none.
    pub(super) fn label<'l>(&self, family: &str, labels: &[&'l str]) -> &'l str {
        let family = self.catalogue.family(&self.name(family));
        let has = |label: &&&str| {
            let mut known = family.into_iter().flat_map(|family| &family.labels);
            known.any(|known| known.name == **label)
        };
        labels.iter().find(has).copied().unwrap_or(labels[0])
    }

    /// Whether a service has the family.
    pub(super) fn has(&self, family: &str) -> bool {
        let name = self.name(family);
        let mut services = self.system.services.iter();
        services.any(|service| service.catalogue.family(&name).is_some())
    }

    /// Whether anything has it, exporters included.
    pub(super) fn has_exported(&self, family: &str) -> bool {
        self.catalogue.family(&self.name(family)).is_some()
    }

    pub(super) fn counter(&self, name: &str) -> Result<Selector<Counter>, QueryError> {
        self.queries.counter(&self.known(name)?)
    }

    /// Those of a counter with one of these values.
    pub(super) fn counted(
        &self,
        name: &str,
        label: &str,
        values: &[&str],
    ) -> Result<Selector<Counter>, QueryError> {
        self.counter(name)?.any_of(label, values)
    }

    pub(super) fn gauge(&self, name: &str) -> Result<Selector<Gauge>, QueryError> {
        self.queries.gauge(&self.known(name)?)
    }

    pub(super) fn histogram(&self, name: &str) -> Result<Selector<Histogram>, QueryError> {
        self.queries.histogram(&self.known(name)?)
    }

    pub(super) fn states(&self, name: &str) -> Result<Selector<Gauge>, QueryError> {
        self.queries.states(&self.known(name)?)
    }

    pub(super) fn info(&self, name: &str) -> Result<Selector<Gauge>, QueryError> {
        self.queries.info(&self.known(name)?)
    }

    /// The families that an expression reads, but for what Prometheus notes of scrapes.
    pub(super) fn families_of(&self, vector: &Vector) -> Vec<&'s FamilyEntry> {
        families(self.catalogue, vector.series_names())
    }

    /// The jobs that have one of these families, sorted.
    pub(super) fn jobs_of<'f>(
        &self,
        families: impl IntoIterator<Item = &'f FamilyEntry>,
    ) -> Vec<String> {
        let mut jobs = Vec::new();
        for family in families {
            for service in &self.system.services {
                if service.catalogue.family(&family.name).is_some() {
                    jobs.push(service.job.clone());
                }
            }
            for exporter in &self.system.exporters {
                if exporter.catalogue().family(&family.name).is_some() {
                    jobs.push(exporter.name().to_owned());
                }
            }
        }
        jobs.sort_unstable();
        jobs.dedup();
        jobs
    }

    /// What is counted: 0 where the targets answer and nothing has been counted yet.
    pub(super) fn traffic(&self, vector: &Vector, legend: &str) -> Result<Target, QueryError> {
        self.or_idle(vector, legend, 0.0)
    }

    /// What is known of what happens: not a number where the targets answer and nothing happens.
    pub(super) fn quality(&self, vector: &Vector, legend: &str) -> Result<Target, QueryError> {
        self.or_idle(vector, legend, f64::NAN)
    }

    fn or_idle(&self, vector: &Vector, legend: &str, value: f64) -> Result<Target, QueryError> {
        let target = Target::new(vector, legend)?;
        let jobs = self.jobs_of(self.families_of(vector));
        if jobs.is_empty() {
            return Ok(target);
        }
        let jobs: Vec<&str> = jobs.iter().map(String::as_str).collect();
        let up = self.gauge("up")?.variable("job", "job")?;
        let up = up.any_of("job", &jobs)?.value().equals(1.0)?;
        let labels = vector.labels();
        let label = labels.first().map(String::as_str);
        Ok(target.of(vector.or_idle(&up, value, label, "no traffic")))
    }

    /// A panel that says which job to look at where there is nothing to read.
    pub(super) fn panel(
        &self,
        visual: Visual,
        (title, description): About<'_>,
        targets: impl IntoIterator<Item = Target>,
    ) -> Made {
        let mut panel = Panel::new(visual, title, description, targets)?;
        let vectors = panel.targets.iter().map(Target::vector);
        let families = vectors.flat_map(|vector| self.families_of(vector));
        let jobs = self.jobs_of(families);
        if !jobs.is_empty() {
            panel.no_value = format!("nothing to read: is {} up?", jobs.join(" or "));
        }
        let vectors = panel.targets.iter().map(Target::vector);
        let families = vectors.flat_map(|vector| self.families_of(vector));
        let families = families.map(|family| family.name.as_str()).collect();
        for alert in self.watches.alerts_on(&families) {
            let page = self.system.runbook(alert);
            panel = panel.link(format!("When {alert} fires"), page);
        }
        Ok(panel)
    }

    /// How often, by these labels.
    pub(super) fn rate(
        &self,
        about: About<'_>,
        counter: Result<Selector<Counter>, QueryError>,
        by: &[&str],
    ) -> Made {
        let rate = summed(&counter?.rate(), by)?;
        let visual = match by {
            [] => Visual::TimeSeries,
            _ => Visual::Stacked,
        };
        self.panel(visual, about, [self.traffic(&rate, &legend(by, about))?])
    }

    /// Which share of the whole is such a part.
    pub(super) fn share(
        &self,
        about: About<'_>,
        part: Result<Selector<Counter>, QueryError>,
        whole: Result<Selector<Counter>, QueryError>,
        by: &[&str],
    ) -> Made {
        let share = share(&part?, &whole?, by)?;
        let target = self.quality(&share, &legend(by, about))?;
        let visual = match by {
            [] => Visual::Stat,
            _ => Visual::TimeSeries,
        };
        Ok(self.panel(visual, about, [target])?.range(0.0, 1.0))
    }

    /// The values that half, 95 and 99 of 100 do not exceed.
    pub(super) fn quantiles(
        &self,
        about: About<'_>,
        histogram: Result<Selector<Histogram>, QueryError>,
    ) -> Made {
        let all = histogram?.whole();
        let mut targets = Vec::new();
        for (share, name) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")] {
            targets.push(self.quality(&all.quantile(share)?, name)?);
        }
        self.panel(Visual::TimeSeries, about, targets)
    }

    /// The value that 95 of 100 do not exceed, by these labels.
    pub(super) fn slowest(
        &self,
        about: About<'_>,
        histogram: Result<Selector<Histogram>, QueryError>,
        by: &[&str],
    ) -> Made {
        let quantile = histogram?.by(by)?.quantile(0.95)?;
        let target = self.quality(&quantile, &legend(by, about))?;
        self.panel(Visual::TimeSeries, about, [target])
    }

    /// How many observations of which size.
    pub(super) fn heat(
        &self,
        about: About<'_>,
        histogram: Result<Selector<Histogram>, QueryError>,
    ) -> Made {
        self.panel(
            Visual::Heatmap,
            about,
            [Target::buckets(&histogram?.whole())],
        )
    }

    /// How much there is now, of all targets together.
    pub(super) fn level(
        &self,
        about: About<'_>,
        gauge: Result<Selector<Gauge>, QueryError>,
        by: &[&str],
    ) -> Made {
        let level = summed(&gauge?.value(), by)?;
        let target = self.traffic(&level, &legend(by, about))?;
        self.panel(Visual::TimeSeries, about, [target])
    }

    /// How much there is now, of the target that has most.
    pub(super) fn greatest(
        &self,
        about: About<'_>,
        gauge: Result<Selector<Gauge>, QueryError>,
        by: &[&str],
    ) -> Made {
        let greatest = match by {
            [] => gauge?.value().max()?,
            by => gauge?.value().max_by(by)?,
        };
        let target = Target::new(&greatest, legend(by, about))?;
        self.panel(Visual::TimeSeries, about, [target])
    }

    /// How long ago, of the target where it is longest.
    pub(super) fn age(
        &self,
        about: About<'_>,
        gauge: Result<Selector<Gauge>, QueryError>,
        by: &[&str],
    ) -> Made {
        let age = gauge?.age()?;
        let age = match by {
            [] => age.max()?,
            by => age.max_by(by)?,
        };
        let target = self.quality(&age, &legend(by, about))?;
        let panel = self.panel(Visual::TimeSeries, about, [target])?;
        Ok(panel.not_a_number("none"))
    }

    /// The facts of an info metric, as a table.
    pub(super) fn facts(
        &self,
        about: About<'_>,
        info: Result<Selector<Gauge>, QueryError>,
        by: &[&str],
    ) -> Made {
        let facts = info?.value().count_by(by)?;
        let target = Target::new(&facts, "Targets")?.table();
        self.panel(Visual::Table, about, [target])
    }
}

pub(super) fn summed(vector: &Vector, by: &[&str]) -> Result<Vector, QueryError> {
    match by {
        [] => vector.sum(),
        by => vector.sum_by(by),
    }
}

/// Which share of the whole is such a part.
pub(super) fn share(
    part: &Selector<Counter>,
    whole: &Selector<Counter>,
    by: &[&str],
) -> Result<Vector, QueryError> {
    let (part, whole) = (summed(&part.rate(), by)?, summed(&whole.rate(), by)?);
    // Refuses what would be divided by itself, which cannot be seen behind `or`.
    part.ratio_to(&whole)?;
    part.or_none_of(&whole)?.ratio_to(&whole)
}

/// The families of these series.
pub(super) fn families(
    catalogue: &Catalogue,
    names: impl IntoIterator<Item = String>,
) -> Vec<&FamilyEntry> {
    let mut families: Vec<&FamilyEntry> = Vec::new();
    for name in names {
        let parts = ["_bucket", "_sum", "_count"];
        let whole = parts.iter().find_map(|part| name.strip_suffix(part));
        let known = catalogue.family(&name);
        if let Some(family) = known.or_else(|| catalogue.family(whole?))
            && !families.iter().any(|other| other.name == family.name)
        {
            families.push(family);
        }
    }
    families
}

/// The labels one after the other; the title where there are none.
fn legend(by: &[&str], (title, _): About<'_>) -> String {
    if by.is_empty() {
        return title.to_owned();
    }
    let labels: Vec<String> = by.iter().map(|label| format!("{{{{{label}}}}}")).collect();
    labels.join(" ")
}
