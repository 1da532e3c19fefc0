//! What functions promise: how fast the budget of errors is used up.

use vitalsigns::Catalogue;

use super::Made;
use super::scope::{Scope, minutes};
use crate::alert::{Alert, BURN_RATES, Track, Words, burn_rate_alerts};
use crate::query::QueryError;

const ERRORS: Words = Words {
    summary: "An objective of {job} loses its budget of errors",
    description: "{value} of the calls fail, more than {threshold}: the budget of 30 days is used \
                  up faster than it may be.",
    meaning: "Functions that declare an objective fail more often than it allows, over a long \
              window (it matters) and over a short one (it still goes on). The label burn_rate \
              says how many times faster than allowed.",
    impact: "At 14.4 times, a fiftieth of the budget of 30 days is gone in an hour; at 1, all of \
             it by the end of the month.",
    mitigation: &[
        "Find the function that fails most, and its errors.",
        "14.4 and 6: act now, go back to the version before if it began with a deployment.",
        "3 and 1: plan the work; no release that adds risk until the budget recovers.",
    ],
};

const LATENCY: Words = Words {
    summary: "An objective of {job} loses its budget of slow calls",
    description: "{value} of the calls take longer than promised, more than {threshold}: the \
                  budget of 30 days is used up faster than it may be.",
    meaning: "Functions that declare a latency are slower than it allows more often than they may, \
              over a long window and a short one. The label burn_rate says how many times faster \
              than allowed the budget goes.",
    impact: "Whoever waits for these functions waits longer than promised.",
    mitigation: &[
        "Find the function that is slow, and what it waits for: queries, peers, locks.",
        "14.4 and 6: act now, go back to the version before if it began with a deployment.",
        "3 and 1: plan the work; no release that adds risk until the budget recovers.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let catalogue = scope.of_namespace();
    let mut names: Vec<&str> = Vec::new();
    for entry in &catalogue.objectives {
        if !names.contains(&entry.name.as_str()) {
            names.push(&entry.name);
        }
    }
    names.sort_unstable();
    let mut alerts = Vec::new();
    for name in names {
        let mut burning = burn_rate_alerts(&catalogue, name)?;
        // The lesser first.
        burning.reverse();
        for alert in burning {
            alerts.push(complete(scope, &catalogue, alert, name)?);
        }
    }
    Ok(alerts)
}

/// The alert with what it says and its tests.
fn complete(
    scope: &Scope<'_>,
    catalogue: &Catalogue,
    alert: Alert,
    objective: &str,
) -> Result<Alert, QueryError> {
    let is_errors = alert.name == "SloBurnErrors";
    let words = if is_errors { &ERRORS } else { &LATENCY };
    let mut alert = alert.says(words.summary, words.description)?;
    alert.runbook = words.runbook();
    let threshold = alert
        .condition
        .threshold()
        .map_or(0.0, |limit| limit.value());
    let all = 100_000.0;
    let bad = |factor: f64| (threshold * all * factor).round().min(all);
    let (fires, below) = (bad(1.02), bad(0.98));
    let of_objective = |entry: &&vitalsigns::ObjectiveEntry| {
        let promises = match is_errors {
            true => entry.success_ratio.is_some(),
            false => entry.latency.is_some(),
        };
        entry.name == objective && promises
    };
    let entry = catalogue.objectives.iter().find(of_objective);
    let (function, module) = entry.map_or(("", ""), |entry| (&entry.function, &entry.module));
    let labels = |label, value| [("function", function), ("module", module), (label, value)];
    let rest = |bad: f64| Track::PerMinute(all - bad);
    let story = scope.story("function_calls_total");
    let story = if is_errors {
        let name = "function_calls_total";
        story
            .series(
                name,
                &labels("outcome", "error"),
                Track::PerMinute(fires),
                Track::PerMinute(below),
            )
            .series(name, &labels("outcome", "ok"), rest(fires), rest(below))
    } else {
        let name = "function_duration_seconds_bucket";
        let seconds = entry
            .and_then(|entry| entry.latency)
            .map_or(0.0, |l| l.seconds);
        let le = vitalsigns::FamilyEntry::le(seconds);
        story
            .series(name, &labels("le", &le), rest(fires), rest(below))
            .always(name, &labels("le", "+Inf"), Track::PerMinute(all))
    };
    let short = BURN_RATES
        .iter()
        .find(|rate| alert.labels.get("burn_rate") == Some(&rate.factor.to_string()));
    let short = short.map_or(minutes(5), |rate| rate.short);
    let scenario = story
        .by(&[("job", "")])
        .shows(fires / all, below / all)
        .settles(minutes(10), short);
    let alert = alert.scenario(scenario);
    let calls = scope.counter("function_calls_total", &["function", "outcome"])?;
    let Some(calls) = calls else { return Ok(alert) };
    let by = ["job", "module", "function", "outcome"];
    let outcomes = calls.rate_over(minutes(60))?.sum_by(by)?.topk(20)?;
    Ok(alert.ask(
        "What becomes of the calls of each function?",
        scope.text(&outcomes),
    ))
}
