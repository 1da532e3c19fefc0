//! What is exported, and by whom: what expressions are judged by.

mod metric;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use vitalsigns::{Catalogue, Kind};

use crate::exporters::Exporter;
use crate::nearest;

use self::metric::exporter_of;
pub(super) use self::metric::{Metric, Part};
use super::promql::labels::Values;
use super::promql::measure::Measure;

/// What is exported, and by which jobs: the catalogues of services, and those of the exporters that
/// are scraped.
///
/// What Prometheus makes itself (`up`, `scrape_*`, `ALERTS`) is always known. As long as a job is
/// scraped of which nothing is known, a name that nobody else exports may be one of its, and is
/// no fault.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_kit::finding::Place;
/// use vitalsigns_kit::verify::{Knowledge, Purpose, expression};
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let knowledge = Knowledge::new().job("shop", &registry.catalogue());
///
/// let text = "rate(http_request_total[5m])";
/// let findings = expression(text, &knowledge, &Place::of("rules.yml"), Purpose::Alert);
/// assert_eq!(findings[0].code(), "unknown-metric");
/// assert!(findings[0].hint.contains("http_requests_total"));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Knowledge {
    metrics: HashMap<String, Vec<Metric>>,
    jobs: BTreeMap<String, Job>,
    /// Whether every series of every job is known.
    has_any_catalogue: bool,
    /// How many jobs are exporters.
    exporters_known: usize,
    /// The exporters that are scraped.
    exporters: BTreeSet<Exporter>,
    /// A catalogue of no job in particular stands for every job without its own.
    covers_all: bool,
    /// Labels that scrapes add.
    target: BTreeMap<String, Values>,
    /// Whether relabelling may do anything to labels.
    pub(super) is_relabelled: bool,
    /// The interval of jobs that say nothing else.
    pub(super) interval: Option<Duration>,
}

#[derive(Clone, Debug, Default)]
struct Job {
    is_known: bool,
    /// Whether it asks somebody who answers no scrape.
    is_raw: bool,
    /// Whether it is scraped, as far as a configuration says so.
    is_scraped: bool,
    interval: Option<Duration>,
}

/// What is known of a name.
#[derive(Clone, Debug)]
pub(super) enum Found<'k> {
    /// It is this part of these, of several if several jobs export it.
    Known(Vec<&'k Metric>, Part),
    /// It is the name of a histogram, which has no series of this name.
    Histogram(&'k Metric),
    /// Some do, but none of the jobs that are asked.
    OtherJobs(Vec<&'k Metric>),
    /// Only this exporter has it, and nobody scrapes that.
    Unscraped(Exporter),
    /// It could be one of this exporter, which is scraped, and was not among what it has.
    NotByDefault(Exporter),
    /// Nobody has it.
    Nobody,
    /// Somebody may have it.
    Maybe,
}

/// What Prometheus makes itself.
const OWN: &[(&str, &str, bool)] = &[
    ("up", "", true),
    ("scrape_duration_seconds", "seconds", true),
    ("scrape_timeout_seconds", "seconds", true),
    ("scrape_samples_scraped", "", true),
    ("scrape_samples_post_metric_relabeling", "", true),
    ("scrape_series_added", "", true),
    ("scrape_sample_limit", "", true),
    ("scrape_body_size_bytes", "bytes", true),
];

impl Default for Knowledge {
    fn default() -> Self {
        let mut knowledge = Knowledge {
            metrics: HashMap::new(),
            jobs: BTreeMap::new(),
            has_any_catalogue: false,
            exporters_known: 0,
            exporters: BTreeSet::new(),
            covers_all: false,
            target: BTreeMap::from([
                ("job".to_owned(), Values::any()),
                ("instance".to_owned(), Values::any()),
            ]),
            is_relabelled: false,
            interval: None,
        };
        for (name, unit, is_scraped) in OWN {
            knowledge.put(Metric {
                name: (*name).to_owned(),
                kind: Kind::Gauge,
                unit: Measure::named(unit),
                labels: BTreeMap::new(),
                is_open: false,
                buckets: None,
                is_native: false,
                help: String::new(),
                job: None,
                is_scraped: *is_scraped,
            });
        }
        // Their labels are those of whatever an alert is about.
        for name in ["ALERTS", "ALERTS_FOR_STATE"] {
            let mut alerts = Metric::unknown(name);
            alerts.kind = Kind::Gauge;
            knowledge.put(alerts);
        }
        knowledge
    }
}

impl Knowledge {
    /// What Prometheus makes itself, and nothing else.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new() -> Self {
        Knowledge::default()
    }

    /// Says what a job exports.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn job(mut self, job: &str, catalogue: &Catalogue) -> Self {
        self.learn(Some(job), catalogue);
        self
    }

    /// Says what services export that are not named: it stands for every job of which nothing else
    /// is known.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::Registry;
    /// use vitalsigns_kit::verify::Knowledge;
    ///
    /// let knowledge = Knowledge::new().catalogue(&Registry::new().catalogue());
    /// ```
    #[must_use]
    pub fn catalogue(mut self, catalogue: &Catalogue) -> Self {
        self.learn(None, catalogue);
        self
    }

    /// Says that a job is an exporter whose page is known.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::exporters::Exporter;
    /// use vitalsigns_kit::verify::Knowledge;
    ///
    /// let knowledge = Knowledge::new().exporter("node", Exporter::Node);
    /// ```
    #[must_use]
    pub fn exporter(mut self, job: &str, exporter: Exporter) -> Self {
        self.learn_exporter(job, exporter);
        self
    }

    pub(super) fn learn(&mut self, job: Option<&str>, catalogue: &Catalogue) {
        self.has_any_catalogue = true;
        match job {
            Some(job) => self.jobs.entry(job.to_owned()).or_default().is_known = true,
            None => self.covers_all = true,
        }
        for family in &catalogue.families {
            self.put(Metric::of(family, job));
        }
    }

    pub(super) fn learn_exporter(&mut self, job: &str, exporter: Exporter) {
        let catalogue = exporter.catalogue();
        if !catalogue.families.is_empty() && !self.knows_job(job) {
            self.exporters.insert(exporter);
            self.exporters_known += 1;
            self.learn(Some(job), catalogue);
        }
    }

    /// Says that a job is scraped.
    pub(super) fn scrape(&mut self, job: &str, interval: Option<Duration>) {
        let entry = self.jobs.entry(job.to_owned()).or_default();
        entry.is_scraped = true;
        entry.interval = interval;
    }

    /// Says that a job never has any metrics.
    pub(super) fn knows_nothing_of(&mut self, job: &str) {
        let entry = self.jobs.entry(job.to_owned()).or_default();
        (entry.is_known, entry.is_raw) = (true, true);
    }

    /// Says that scrapes add a label.
    pub(super) fn target_label(&mut self, label: &str, value: Option<&str>) {
        let known = self
            .target
            .entry(label.to_owned())
            .or_insert_with(Values::absent);
        match value {
            Some(value) => known.insert(value),
            None => *known = Values::any_or_absent(),
        }
    }

    /// Says what a recording rule makes.
    pub(super) fn record(&mut self, metric: Metric) {
        self.put(metric);
    }

    pub(super) fn put(&mut self, metric: Metric) {
        let known = self.metrics.entry(metric.name.clone()).or_default();
        known.push(metric);
    }

    /// Whether what a job exports is known.
    pub(super) fn knows_job(&self, job: &str) -> bool {
        self.jobs.get(job).is_some_and(|job| job.is_known)
    }

    /// The scraped jobs of which nothing is known.
    pub(super) fn unknown_jobs(&self) -> Vec<&str> {
        let jobs = self.jobs.iter();
        let unknown = jobs.filter(|(_, job)| job.is_scraped && !job.is_known && !self.covers_all);
        unknown.map(|(name, _)| name.as_str()).collect()
    }

    /// Whether anybody has said what a service exports.
    pub(super) fn has_catalogues(&self) -> bool {
        let known = self.jobs.values().filter(|job| job.is_known && !job.is_raw);
        self.covers_all || known.count() > self.exporters_known
    }

    /// The names of the jobs, if a configuration says which there are.
    pub(super) fn job_names(&self) -> Option<Vec<&str>> {
        let is_known = self.jobs.values().any(|job| job.is_scraped) && !self.is_relabelled;
        is_known.then(|| self.jobs.keys().map(String::as_str).collect())
    }

    /// Whether a name that nobody has is a fault.
    fn is_complete(&self) -> bool {
        self.has_any_catalogue && self.unknown_jobs().is_empty()
    }

    /// The longest time between two scrapes of the jobs for which the condition holds.
    pub(super) fn interval_of(&self, job: impl Fn(&str) -> bool) -> Option<Duration> {
        let jobs = self
            .jobs
            .iter()
            .filter(|(name, entry)| entry.is_scraped && job(name));
        let own = jobs.map(|(_, entry)| entry.interval.or(self.interval));
        own.max().unwrap_or(self.interval)
    }

    /// The labels that series of targets have besides their own.
    pub(super) fn target_labels(&self) -> BTreeMap<String, Values> {
        let mut labels = self.target.clone();
        if let Some(jobs) = self.job_names() {
            labels.insert("job".to_owned(), Values::of(jobs));
        }
        labels
    }

    /// What is known of the name of a sample, in the jobs for which the condition holds.
    pub(super) fn find(&self, name: &str, job: impl Fn(&str) -> bool) -> Found<'_> {
        let of = |base: &str, part: Part, kinds: &[Kind]| -> Option<(Vec<&Metric>, Part)> {
            let metrics = self.metrics.get(base)?.iter();
            let metrics = metrics.filter(|metric| kinds.is_empty() || kinds.contains(&metric.kind));
            let metrics: Vec<&Metric> = metrics.collect();
            (!metrics.is_empty()).then_some((metrics, part))
        };
        let stripped = |suffix: &str| name.strip_suffix(suffix);
        let cumulative = [Kind::Histogram];
        let found = of(name, Part::Value, &[])
            .or_else(|| of(stripped("_bucket")?, Part::Bucket, &cumulative))
            .or_else(|| of(stripped("_sum")?, Part::Sum, &cumulative))
            .or_else(|| of(stripped("_count")?, Part::Count, &cumulative))
            .or_else(|| of(stripped("_created")?, Part::Created, &[]))
            .or_else(|| {
                of(
                    &format!("{}_total", stripped("_created")?),
                    Part::Created,
                    &[],
                )
            });
        if let Some((metrics, part)) = found {
            let classic = |metric: &&&Metric| metric.kind == Kind::Histogram && !metric.is_native;
            if part == Part::Value && metrics.iter().all(|metric| classic(&metric)) {
                return Found::Histogram(metrics[0]);
            }
            let asked = |metric: &&Metric| metric.job.as_deref().is_none_or(&job);
            let of_jobs: Vec<&Metric> = metrics.iter().copied().filter(asked).collect();
            return match of_jobs.is_empty() {
                // A job that is not known may have it too.
                true if self.unknown_jobs().into_iter().any(&job) => Found::Maybe,
                true => Found::OtherJobs(metrics),
                false => Found::Known(of_jobs, part),
            };
        }
        if let Some(exporter) = self.unscraped_exporter(name)
            && self.jobs.values().any(|job| job.is_scraped)
        {
            return Found::Unscraped(exporter);
        }
        let by_name = exporter_of(name);
        match by_name.filter(|exporter| self.exporters.contains(exporter)) {
            // What it exports is a list that comes with it.
            Some(Exporter::Dcgm) => return Found::NotByDefault(Exporter::Dcgm),
            // What the others export depends on what they look at.
            Some(_) => return Found::Maybe,
            None => {}
        }
        let asks_the_unknown = self.unknown_jobs().into_iter().any(&job);
        match self.is_complete() || self.has_any_catalogue && !asks_the_unknown {
            true => Found::Nobody,
            false => Found::Maybe,
        }
    }

    /// The only exporter that has a sample of this name, if its job is not known.
    fn unscraped_exporter(&self, name: &str) -> Option<Exporter> {
        // What every program has says nothing of this one.
        let common = [
            "go_",
            "process_",
            "promhttp_",
            "net_conntrack_",
            "http_",
            "python_",
        ];
        if common.iter().any(|start| name.starts_with(start)) {
            return None;
        }
        let has = |exporter: &Exporter| {
            let families = &exporter.catalogue().families;
            families.iter().any(|family| {
                let rest = name.strip_prefix(family.name.as_str());
                rest.is_some_and(|rest| {
                    rest.is_empty() || matches!(rest, "_bucket" | "_sum" | "_count")
                })
            })
        };
        let mut having = Exporter::ALL.into_iter().filter(has);
        let first = having.next()?;
        having.next().is_none().then_some(first)
    }

    /// The name of a sample that somebody may have meant.
    pub(super) fn nearest(&self, name: &str) -> Option<String> {
        let known: BTreeSet<&str> = self.metrics.keys().map(String::as_str).collect();
        let (base, suffix) = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| Some((name.strip_suffix(suffix)?, *suffix)))
            .unwrap_or((name, ""));
        let near = nearest::nearest(base, known.iter().copied());
        let near = near.or_else(|| nearest::nearest(name, known.iter().copied()))?;
        let is_histogram = |metric: &Metric| metric.kind == Kind::Histogram;
        let is_histogram = self.metrics[near].iter().any(is_histogram);
        Some(match is_histogram {
            true if suffix.is_empty() => format!("{near}_bucket"),
            true => format!("{near}{suffix}"),
            false => near.to_owned(),
        })
    }
}
