//! Conditions on labels: whether anything can fulfil them.

use promql_parser::label::{MatchOp, Matcher};

use super::judge::Judge;
use super::labels::{Labels, Values};
use super::rules as rule;
use super::value::Value;
use super::variables;
use crate::nearest::{likeness, nearest};
use crate::verify::knowledge::{Found, Part};

/// How alike a value has to be to be a slip of the pen.
const SLIP: f64 = 0.8;

impl Judge<'_> {
    /// Whether it was said that a condition asks for a job that there is not.
    pub(super) fn unknown_job(&mut self, conditions: &[&Matcher]) -> bool {
        let Some(jobs) = self.knowledge.job_names() else {
            return false;
        };
        let of_job = conditions.iter().find(|matcher| matcher.name == "job");
        let Some(matcher) = of_job.filter(|matcher| !jobs.iter().any(|job| matcher.is_match(job)))
        else {
            return false;
        };
        let hint = match nearest(&matcher.value, jobs.iter().copied()) {
            Some(near) => format!("there is the job `{near}`"),
            None => format!("there are {}", listed(jobs.into_iter())),
        };
        self.say(
            &rule::IMPOSSIBLE_VALUE,
            format!("there is no job for `{matcher}`"),
            hint,
        );
        true
    }

    /// Applies a condition on a label.
    pub(super) fn choose(&mut self, name: &str, value: &mut Value, matcher: &Matcher) {
        let label = matcher.name.as_str();
        if variables::is_variable(label) {
            value.labels.is_open = true;
            return;
        }
        if !value.labels.can_have(label) {
            // `label=""` asks for just that.
            if !(matches!(matcher.op, MatchOp::Equal) && matcher.value.is_empty()) {
                let near = self.near_label(&value.labels, label);
                self.say(
                    &rule::UNKNOWN_LABEL,
                    format!("`{name}` has no label `{label}`"),
                    near,
                );
                // That both sides of a join are told apart by it would be the same fault again.
                value.labels.put(label, Values::any_or_absent());
            }
            return;
        }
        if variables::is_variable(&matcher.value) {
            return;
        }
        if label == "le" {
            self.choose_bucket(name, value, matcher);
            return;
        }
        let Some(values) = value.labels.get_mut(label) else {
            value.labels.put(label, Values::any_or_absent());
            return;
        };
        let before = values.list().cloned();
        let exact = matches!(matcher.op, MatchOp::Equal).then_some(matcher.value.as_str());
        values.restrict(exact, |value| matcher.is_match(value));
        let is_impossible = values.is_impossible();
        if is_impossible {
            *values = Values::any();
        }
        let Some(before) = before else { return };
        let known = || before.iter().map(String::as_str);
        let told = || format!("`{label}` of `{name}` is {}", listed(known()));
        let misses = |value: &str| !value.is_empty() && !before.contains(value);
        let near = |value: &str| match nearest(value, known()) {
            Some(near) => format!("there is `{near}`"),
            None => told(),
        };
        match &matcher.op {
            MatchOp::Equal if is_impossible && misses(&matcher.value) => self.say(
                &rule::IMPOSSIBLE_VALUE,
                format!("`{label}` of `{name}` is never `{}`", matcher.value),
                near(&matcher.value),
            ),
            MatchOp::NotEqual if misses(&matcher.value) => {
                let slip = known().find(|known| likeness(known, &matcher.value) >= SLIP);
                if let Some(slip) = slip {
                    self.say(
                        &rule::IMPOSSIBLE_VALUE,
                        format!("`{label}` of `{name}` is never `{}`", matcher.value),
                        format!("there is `{slip}`"),
                    );
                }
            }
            _ if is_impossible => self.say(
                &rule::NOTHING_MATCHES,
                format!("no series of `{name}` has `{matcher}`"),
                told(),
            ),
            MatchOp::Re(_) => {
                let words = plain_alternatives(&matcher.value);
                if let Some(word) = words.into_iter().find(|word| misses(word)) {
                    self.say(
                        &rule::IMPOSSIBLE_VALUE,
                        format!("`{label}` of `{name}` is never `{word}`"),
                        near(word),
                    );
                }
            }
            _ => {}
        }
    }

    fn choose_bucket(&mut self, name: &str, value: &mut Value, matcher: &Matcher) {
        let Some(values) = value.labels.get_mut("le") else {
            return;
        };
        let MatchOp::Equal = matcher.op else { return };
        values.restrict(Some(&matcher.value), |value| value == matcher.value);
        let family = name.strip_suffix("_bucket").unwrap_or(name);
        let Some(bounds) = self.bounds(family) else {
            return;
        };
        let Ok(bound) = matcher.value.parse::<f64>() else {
            return;
        };
        if bound.is_finite() && !bounds.contains(&bound) {
            self.say(
                &rule::NO_BUCKET,
                format!(
                    "`{family}` has no bucket with the bound `{}`",
                    matcher.value
                ),
                near_bounds(&bounds, bound),
            );
        }
    }

    /// The bounds of a classic histogram, of all who export it.
    pub(super) fn bounds(&self, family: &str) -> Option<Vec<f64>> {
        let name = format!("{family}_bucket");
        let Found::Known(metrics, Part::Bucket) = self.knowledge.find(&name, |_| true) else {
            return None;
        };
        let mut bounds: Vec<f64> = Vec::new();
        for metric in metrics {
            if metric.is_native {
                return None;
            }
            bounds.extend(metric.buckets.as_ref()?);
        }
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        Some(bounds)
    }

    /// What to say where a label is not there.
    pub(super) fn near_label(&self, labels: &Labels, label: &str) -> String {
        if let Some(aggregation) = labels.taken_by(label) {
            return format!("`{aggregation}` took it away; keep it there");
        }
        let known = labels.names();
        match nearest(label, known.iter().copied()) {
            Some(near) => format!("there is `{near}`"),
            None if known.is_empty() => "no labels are left".to_owned(),
            None => format!("there are {}", listed(known.into_iter())),
        }
    }
}

/// The bounds on both sides of a number.
pub(super) fn near_bounds(bounds: &[f64], number: f64) -> String {
    let below = bounds.iter().rev().find(|bound| **bound < number);
    let above = bounds.iter().find(|bound| **bound > number);
    match (below, above) {
        (Some(below), Some(above)) => format!("the nearest bounds are {below} and {above}"),
        (Some(bound), None) => format!("the last bound is {bound}"),
        (None, Some(bound)) => format!("the first bound is {bound}"),
        (None, None) => "it has no buckets".to_owned(),
    }
}

/// Some names, and how many more there are.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown: Vec<String> = names
        .iter()
        .take(8)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The words of `a|b|c`; none if it is any other pattern.
fn plain_alternatives(pattern: &str) -> Vec<&str> {
    let is_word = |word: &&str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ' | '/'))
    };
    let words: Vec<&str> = pattern.split('|').collect();
    match words.iter().all(is_word) {
        true => words,
        false => Vec::new(),
    }
}
