//! Panels over what a system exports: what each kind of question looks like.

use vitalsigns::{Catalogue, FamilyEntry};

use super::model::{Dashboard, Panel, Row, Target, Visual};
use crate::query::{Counter, Gauge, Histogram, Queries, QueryError, Selector, Vector};
use crate::system::System;

/// A panel, or why there is none.
pub(super) type Made = Result<Panel, QueryError>;

/// What a panel is called, and what is said of it.
pub(super) type About<'a> = (&'a str, &'a str);

/// Makes panels over what a system exports.
pub(super) struct Maker<'s> {
    pub(super) system: &'s System,
    pub(super) catalogue: &'s Catalogue,
    queries: Queries<'s>,
}

impl<'s> Maker<'s> {
    pub(super) fn new(system: &'s System, catalogue: &'s Catalogue) -> Self {
        Maker {
            system,
            catalogue,
            queries: Queries::new(catalogue),
        }
    }

    /// Whether a service has the family.
    pub(super) fn has(&self, family: &str) -> bool {
        let mut services = self.system.services.iter();
        services.any(|service| service.catalogue.family(family).is_some())
    }

    /// Whether anything has it, exporters included.
    pub(super) fn has_exported(&self, family: &str) -> bool {
        self.catalogue.family(family).is_some()
    }

    pub(super) fn counter(&self, name: &str) -> Result<Selector<Counter>, QueryError> {
        self.queries.counter(name)
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
        self.queries.gauge(name)
    }

    pub(super) fn histogram(&self, name: &str) -> Result<Selector<Histogram>, QueryError> {
        self.queries.histogram(name)
    }

    pub(super) fn states(&self, name: &str) -> Result<Selector<Gauge>, QueryError> {
        self.queries.states(name)
    }

    pub(super) fn info(&self, name: &str) -> Result<Selector<Gauge>, QueryError> {
        self.queries.info(name)
    }

    /// The families that an expression reads, but for what Prometheus notes of scrapes.
    pub(super) fn families_of(&self, vector: &Vector) -> Vec<&'s FamilyEntry> {
        let mut families: Vec<&FamilyEntry> = Vec::new();
        for name in vector.series_names() {
            let parts = ["_bucket", "_sum", "_count"];
            let whole = parts.iter().find_map(|part| name.strip_suffix(part));
            let known = self.catalogue.family(&name);
            let known = known.or_else(|| self.catalogue.family(whole?));
            if let Some(family) = known
                && !families.iter().any(|other| other.name == family.name)
            {
                families.push(family);
            }
        }
        families
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

/// Rows and dashboards.
impl Maker<'_> {
    /// A row of the panels that can be made of what the system exports; none without any.
    pub(super) fn row(
        &self,
        title: &str,
        panels: impl IntoIterator<Item = Made>,
    ) -> Result<Option<Row>, QueryError> {
        let mut kept = Vec::new();
        for panel in panels {
            match panel {
                Ok(panel) => kept.push(panel),
                Err(error) if is_not_there(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok((!kept.is_empty()).then(|| Row::new(title, kept)))
    }

    /// A dashboard of these rows; none without any.
    pub(super) fn dashboard(
        &self,
        title: &str,
        description: &str,
        rows: impl IntoIterator<Item = Option<Row>>,
    ) -> Result<Option<Dashboard>, QueryError> {
        let title = format!("{} {title}", self.system.title);
        let mut dashboard = Dashboard::new(&self.system.name, title, description);
        dashboard.interval = self.system.interval;
        dashboard.rows = rows.into_iter().flatten().collect();
        if dashboard.rows.is_empty() {
            return Ok(None);
        }
        let vectors = dashboard.panels().flat_map(|panel| &panel.targets);
        let families = vectors.flat_map(|target| self.families_of(target.vector()));
        dashboard.jobs = self.jobs_of(families);
        self.annotated(dashboard).map(Some)
    }

    /// With what happened meanwhile: alerts, and versions that are new.
    fn annotated(&self, dashboard: Dashboard) -> Result<Dashboard, QueryError> {
        let everywhere = crate::query::Rendering::everywhere();
        let firing = self.gauge("ALERTS")?.with("alertstate", "firing")?;
        let firing = firing.with("system", &self.system.name)?.value();
        let firing = firing.max_by(["alertname", "severity", "job"])?;
        let dashboard = dashboard.annotation(
            "Alerts firing",
            "red",
            firing.promql(&everywhere),
            "{{alertname}} {{job}}",
        );
        let Ok(build) = self.info("build_info") else {
            return Ok(dashboard);
        };
        let versions = build.value().count_by(["job", "version", "revision"])?;
        let before = versions.ago(std::time::Duration::from_secs(300))?;
        let new = versions.above(0.0)?.unless(&before.above(0.0)?)?;
        Ok(dashboard.annotation(
            "New versions",
            "blue",
            new.promql(&everywhere),
            "{{job}} {{version}} {{revision}}",
        ))
    }
}

/// Whether a panel cannot be made because the system exports nothing like it.
fn is_not_there(error: &QueryError) -> bool {
    matches!(
        error,
        QueryError::UnknownFamily { .. }
            | QueryError::OtherKind { .. }
            | QueryError::UnknownLabel { .. }
            | QueryError::UnknownValue { .. }
            | QueryError::NothingMatches { .. }
    )
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

/// The labels one after the other; the title where there are none.
fn legend(by: &[&str], (title, _): About<'_>) -> String {
    if by.is_empty() {
        return title.to_owned();
    }
    let labels: Vec<String> = by.iter().map(|label| format!("{{{{{label}}}}}")).collect();
    labels.join(" ")
}
