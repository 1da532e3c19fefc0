//! Catalogues of services that have none: recorded from their pages.
//!
//! A page does not say everything that a catalogue does. A family without series is not seen, a
//! label is open, and a unit is what the name ends in. A summary becomes what it is stored as: a
//! gauge with the label `quantile`, and the counters `_sum` and `_count`.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};
use vitalsigns::Catalogue;

use crate::finding::{Finding, Report, Severity};
use crate::lint::Subject;
use crate::page::{Family, Sample};
use crate::union;

/// The endings of names that say a unit.
const UNITS: [&str; 10] = [
    "seconds", "bytes", "ratio", "celsius", "volts", "amperes", "joules", "watts", "grams",
    "meters",
];

/// A page from which nothing can be recorded.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::lint::Subject;
/// use vitalsigns_kit::record::record;
///
/// let error = record(&[Subject::file("page.txt", b"<html>")]).unwrap_err();
/// assert!(error.to_string().starts_with("page.txt:1: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    finding: Finding,
}

impl RecordError {
    /// What is wrong with the page.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::{lint::Subject, record::record};
    /// let error = record(&[Subject::file("page.txt", b"one two three\n")]).unwrap_err();
    /// assert_eq!(error.finding().code(), "syntax");
    /// ```
    pub fn finding(&self) -> &Finding {
        &self.finding
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            place, cause, hint, ..
        } = &self.finding;
        write!(f, "{place}: {cause}; {hint}")
    }
}

impl std::error::Error for RecordError {}

/// The catalogue of what is on these pages, which are of one program: of several versions or at
/// several times, for what is not always there.
///
/// # Errors
///
/// If a page cannot be read, or has nothing on it.
///
/// # Examples
///
/// ```
/// use vitalsigns::Kind;
/// use vitalsigns_kit::lint::Subject;
/// use vitalsigns_kit::record::record;
///
/// let page = b"\
/// ## HELP redis_uptime_in_seconds Time since the start.
/// ## TYPE redis_uptime_in_seconds gauge
/// redis_uptime_in_seconds{role=\"master\"} 12
/// ";
/// let catalogue = record(&[Subject::file("redis.txt", page)])?;
/// let family = catalogue.family("redis_uptime_in_seconds").unwrap();
/// assert_eq!((family.kind, family.unit.as_deref()), (Kind::Gauge, Some("seconds")));
/// assert_eq!(family.labels[0].name, "role");
/// # Ok::<(), vitalsigns_kit::record::RecordError>(())
/// ```
pub fn record(pages: &[Subject<'_>]) -> Result<Catalogue, RecordError> {
    let mut all = union::nothing();
    for page in pages {
        union::add(&mut all, &record_one(page)?);
    }
    all.families.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

fn record_one(subject: &Subject<'_>) -> Result<Catalogue, RecordError> {
    let mut report = Report::of(subject.source());
    let page = subject.read(&mut report);
    let families = page.map(|page| page.families).unwrap_or_default();
    let errors = report.findings().into_iter();
    let mut errors = errors.filter(|finding| finding.severity() == Severity::Error);
    // What is doubled or torn can still be recorded.
    let fatal = errors.find(|finding| finding.code() == "syntax" || families.is_empty());
    if let Some(finding) = fatal {
        return Err(RecordError { finding });
    }
    let entries: Vec<Value> = families.iter().flat_map(entries).collect();
    let catalogue = json!({"namespace": "", "families": entries});
    // Written above in the form that is read here.
    Ok(serde_json::from_value(catalogue).unwrap_or_else(|_| union::nothing()))
}

/// A family as entries of a catalogue; none if no series of it was seen.
fn entries(family: &Family) -> Vec<Value> {
    if family.samples.is_empty() {
        return Vec::new();
    }
    let name = family.name.as_str();
    let of = |suffix: &str| -> Vec<&Sample> {
        let full = format!("{name}{suffix}");
        family
            .samples
            .iter()
            .filter(|sample| sample.name == full)
            .collect()
    };
    match family.kind() {
        "summary" => {
            let quantiles = of("");
            let parts = [("_sum", unit(name)), ("_count", None)];
            let parts = parts.into_iter().map(|(suffix, unit)| {
                let full = format!("{name}{suffix}");
                entry(family, &full, "counter", unit, &of(suffix), None)
            });
            let quantiles = (!quantiles.is_empty())
                .then(|| entry(family, name, "gauge", unit(name), &quantiles, None));
            quantiles.into_iter().chain(parts).collect()
        }
        "histogram" => {
            let samples = of("_bucket");
            let mut bounds: Vec<f64> = samples
                .iter()
                .filter_map(|sample| sample.label("le")?.parse().ok())
                .filter(|bound: &f64| bound.is_finite())
                .collect();
            bounds.sort_by(f64::total_cmp);
            bounds.dedup();
            let all: Vec<&Sample> = family.samples.iter().collect();
            vec![entry(
                family,
                name,
                "histogram",
                unit(name),
                &all,
                Some(bounds),
            )]
        }
        kind => {
            let kind = match kind {
                "counter" => "counter",
                "gauge" | "info" | "stateset" => "gauge",
                _ => "unknown",
            };
            // OpenMetrics names a counter without `_total`, and a fact without `_info`.
            let mut names: Vec<&str> = Vec::new();
            for sample in &family.samples {
                let is_stored = !sample.name.ends_with("_created");
                if is_stored && !names.contains(&sample.name.as_str()) {
                    names.push(&sample.name);
                }
            }
            let part = |full: &&str| {
                let samples = family.samples.iter();
                let samples: Vec<&Sample> = samples.filter(|s| s.name == **full).collect();
                entry(family, full, kind, unit(full), &samples, None)
            };
            names.iter().map(part).collect()
        }
    }
}

fn entry(
    family: &Family,
    name: &str,
    kind: &str,
    unit: Option<&str>,
    samples: &[&Sample],
    buckets: Option<Vec<f64>>,
) -> Value {
    let labels = samples.iter().flat_map(|sample| &sample.labels);
    let labels: BTreeSet<&str> = labels.map(|(name, _)| name.as_str()).collect();
    let is_bound = |label: &&&str| buckets.is_some() && **label == "le";
    let labels = labels.iter().filter(|label| !is_bound(label));
    let labels = labels.map(|name| json!({"name": name, "values": null, "cap": null}));
    json!({
        "name": name,
        "kind": kind,
        "unit": unit,
        "help": family.help.as_deref().unwrap_or_default(),
        "labels": labels.collect::<Vec<Value>>(),
        "constant_labels": [],
        "buckets": buckets,
        "max_series": null,
        "states": null,
        "group": "recorded",
    })
}

/// What the name says that it is counted in.
fn unit(name: &str) -> Option<&'static str> {
    let base = name.strip_suffix("_total").unwrap_or(name);
    let is_last =
        |unit: &&&str| base.ends_with(**unit) && base[..base.len() - unit.len()].ends_with('_');
    UNITS.iter().find(is_last).copied()
}
