//! The series of a name, and the conditions on their labels.

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{MatrixSelector, VectorSelector};
use vitalsigns::Kind;

use super::judge::Judge;
use super::labels::{Labels, Values};
use super::measure::Measure;
use super::rules as rule;
use super::value::{Nature, Source, Value};
use super::variables;
use crate::verify::knowledge::{Found, Metric, Part};

impl Judge<'_> {
    /// The series that a selector asks for.
    pub(super) fn series(&mut self, selector: &VectorSelector) -> Value {
        if !selector.matchers.or_matchers.is_empty() {
            return Value::unknown();
        }
        let matchers = &selector.matchers.matchers;
        let named =
            |matcher: &&Matcher| matcher.name == "__name__" && matches!(matcher.op, MatchOp::Equal);
        let by_matcher = matchers.iter().find(named).map(|matcher| &matcher.value);
        let Some(name) = selector.name.as_ref().or(by_matcher) else {
            return Value::unknown();
        };
        if variables::is_variable(name) {
            return Value::unknown();
        }
        let conditions: Vec<&Matcher> = matchers
            .iter()
            .filter(|matcher| matcher.name != "__name__")
            .collect();
        let asks = |job: &str| {
            let mut of_job = conditions.iter().filter(|matcher| matcher.name == "job");
            of_job.all(|matcher| variables::is_variable(&matcher.value) || matcher.is_match(job))
        };
        let knowledge = self.knowledge;
        let (metrics, part) = match knowledge.find(name, asks) {
            Found::Known(metrics, part) => (metrics, part),
            Found::Maybe => return Value::unknown(),
            Found::Nobody => return self.nobody(name),
            Found::Unscraped(exporter) => {
                self.say(
                    &rule::MISSING_EXPORTER,
                    format!(
                        "`{name}` is a metric of the exporter `{}`, which no job scrapes",
                        exporter.name()
                    ),
                    format!(
                        "add a job for it (port {}), or remove the rule",
                        exporter.port()
                    ),
                );
                return Value::unknown();
            }
            Found::Histogram(metric) => {
                self.say(
                    &rule::HISTOGRAM_NAME,
                    format!("`{name}` is a histogram, and has no series of this name"),
                    "ask for `_bucket`, `_sum` or `_count`; a histogram knows nothing of what has \
                     not ended",
                );
                return Value {
                    nature: Nature::Plain,
                    ..self.of_metrics(name, &[metric], Part::Value)
                };
            }
            Found::NotByDefault(exporter) => {
                let exporter = exporter.name();
                self.say(
                    &rule::NOT_BY_DEFAULT,
                    format!("`{name}` is none of the metrics that the exporter `{exporter}` has by itself"),
                    match self.knowledge.nearest(name) {
                        Some(near) => format!("there is `{near}`; or have the exporter collect it"),
                        None => "have the exporter collect it, or ask for something else".to_owned(),
                    },
                );
                return Value::unknown();
            }
            Found::OtherJobs(metrics) => {
                if !self.unknown_job(&conditions) {
                    let jobs = metrics.iter().filter_map(|metric| metric.job.as_deref());
                    let jobs: Vec<String> = jobs.map(|job| format!("`{job}`")).collect();
                    self.say(
                        &rule::NOTHING_MATCHES,
                        format!("no job that is asked for exports `{name}`"),
                        format!("it is exported by {}", jobs.join(", ")),
                    );
                }
                return Value::unknown();
            }
        };
        let mut value = self.of_metrics(name, &metrics, part);
        for matcher in &conditions {
            self.choose(name, &mut value, matcher);
        }
        let offset = selector.offset.as_ref().map(|offset| format!("{offset}"));
        let at = selector.at.as_ref().map(|at| format!("{at}"));
        let mut key = metrics[0].name.clone();
        // What a bucket counts is a part of what the count counts.
        let is_one_bucket = conditions.iter().any(|matcher| matcher.name == "le");
        key.push_str(match part {
            Part::Bucket if !is_one_bucket => " bucket",
            Part::Bucket | Part::Count => " count",
            Part::Sum => " sum",
            Part::Value | Part::Created => "",
        });
        for more in [offset, at].into_iter().flatten() {
            key.push_str(&more);
        }
        let chosen = conditions.iter().filter(|matcher| {
            let is_everything = matcher.name == "le" && matcher.value == "+Inf";
            !is_everything
        });
        let chosen = chosen.map(|matcher| (matcher.name.clone(), matcher.to_string()));
        let mut chosen: Vec<(String, String)> = chosen.collect();
        chosen.sort();
        value.source = Some(Source {
            key,
            chain: Vec::new(),
            chosen,
        });
        value
    }

    /// The series of a range, whose window is judged if `needs_two` samples of it are needed.
    pub(super) fn range(&mut self, matrix: &MatrixSelector, needs_two: bool) -> Value {
        if needs_two && !self.has_variables {
            self.check_window(matrix);
        }
        let mut value = self.series(&matrix.vs);
        if let Some(source) = &mut value.source {
            source
                .key
                .push_str(&format!(" {}ms", matrix.range.as_millis()));
        }
        value
    }

    fn check_window(&mut self, matrix: &MatrixSelector) {
        let conditions = matrix.vs.matchers.matchers.iter();
        let of_job: Vec<&Matcher> = conditions.filter(|matcher| matcher.name == "job").collect();
        let name = matrix.vs.name.as_deref().unwrap_or_default();
        let asks = |job: &str| of_job.iter().all(|matcher| matcher.is_match(job));
        let jobs: Vec<String> = match self.knowledge.find(name, asks) {
            Found::Known(metrics, _) => {
                let jobs = metrics.iter().filter_map(|metric| metric.job.clone());
                jobs.collect()
            }
            _ => Vec::new(),
        };
        let interval = self
            .knowledge
            .interval_of(|job| asks(job) && (jobs.is_empty() || jobs.iter().any(|of| of == job)));
        let Some(interval) = interval else { return };
        let told = |time| crate::query::promql_duration(time);
        let window = matrix.range;
        if window < interval * 2 {
            self.say(
                &rule::TOO_SHORT_WINDOW,
                format!(
                    "a rate over {} needs two samples, and there is one every {}",
                    told(window),
                    told(interval)
                ),
                format!("take it over {} or more", told(interval * 4)),
            );
        } else if window < interval * 4 {
            self.say(
                &rule::SHORT_WINDOW,
                format!(
                    "a rate over {} has no room for scrapes that fail: there is one every {}",
                    told(window),
                    told(interval)
                ),
                format!("take it over {} or more", told(interval * 4)),
            );
        }
    }

    fn nobody(&mut self, name: &str) -> Value {
        let known = self.knowledge.nearest(name);
        let hint = match known {
            Some(near) if near == format!("{name}_total") => {
                format!("a counter ends in `_total`: `{near}`")
            }
            Some(near) => format!("there is `{near}`"),
            None => "export it, or remove what asks for it".to_owned(),
        };
        self.say(
            &rule::UNKNOWN_METRIC,
            format!("nobody exports `{name}`"),
            hint,
        );
        let measure = Measure::of_name(name);
        let mut value = Value::vector(Labels::open(), measure);
        let is_level = ["_percent", "_percentage", "_ratio", "_celsius"];
        if is_level.iter().any(|end| name.ends_with(end)) {
            value.nature = Nature::Gauge(name.to_owned());
        } else if name.ends_with("_total") {
            value.nature = Nature::Totals {
                name: name.to_owned(),
                is_bucket: false,
            };
            value.measure = Measure::named("");
        }
        value
    }

    fn of_metrics(&self, name: &str, metrics: &[&Metric], part: Part) -> Value {
        let target = self.knowledge.target_labels();
        let of_metric = |metric: &Metric| {
            let mut known = match metric.is_scraped {
                true => target.clone(),
                false => Default::default(),
            };
            if let (Some(job), true) = (&metric.job, metric.is_scraped) {
                known.insert("job".to_owned(), Values::of([job.as_str()]));
            }
            // Labels of the target hide those of the page.
            for (label, values) in &metric.labels {
                known.entry(label.clone()).or_insert_with(|| values.clone());
            }
            if part == Part::Bucket {
                known.insert("le".to_owned(), Values::any());
            }
            let mut labels = Labels::of(known);
            labels.is_open = metric.is_open || self.knowledge.is_relabelled;
            labels
        };
        let mut labels = of_metric(metrics[0]);
        for metric in &metrics[1..] {
            labels = labels.either(&of_metric(metric));
        }
        let is_all = |kind: Kind| metrics.iter().all(|metric| metric.kind == kind);
        let measure = match part {
            Part::Value | Part::Sum => metrics[0].unit.clone(),
            Part::Bucket | Part::Count => Measure::named(""),
            Part::Created => Measure::Of(crate::query::Unit::TIMESTAMP),
        };
        let mut value = Value::vector(labels, measure);
        let totals = |is_bucket| Nature::Totals {
            name: name.to_owned(),
            is_bucket,
        };
        let never_negative = (0.0, f64::INFINITY);
        match part {
            Part::Bucket => (value.nature, value.range) = (totals(true), never_negative),
            Part::Count => (value.nature, value.range) = (totals(false), never_negative),
            Part::Sum => value.nature = totals(false),
            Part::Created => value.nature = Nature::Gauge(name.to_owned()),
            Part::Value if is_all(Kind::Counter) => {
                (value.nature, value.range) = (totals(false), never_negative);
            }
            Part::Value if is_all(Kind::Gauge) => {
                value.nature = Nature::Gauge(name.to_owned());
                if name == "up" {
                    value.range = (0.0, 1.0);
                }
            }
            Part::Value if is_all(Kind::StateSet) => {
                value.nature = Nature::Gauge(name.to_owned());
                value.range = (0.0, 1.0);
            }
            Part::Value if is_all(Kind::Info) => {
                value.nature = Nature::Gauge(name.to_owned());
                value.range = (1.0, 1.0);
            }
            Part::Value => {}
        }
        value
    }
}
