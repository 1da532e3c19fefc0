//! Whether the rules that Prometheus evaluates can do what they are for.

use serde_json::Value;

use super::api::{Api, list, text};
use super::expressions::Stored;
use super::{Found, Place};
use crate::finding::Rule;

pub(super) static FAILING: Rule = Rule::error("rule-failing", "Prometheus cannot evaluate a rule.");
pub(super) static SLOW: Rule = Rule::warning(
    "rules-slow",
    "A group of rules takes longer than its interval, so that evaluations are left out.",
);
pub(super) static NO_WATCHDOG: Rule = Rule::error(
    "no-watchdog",
    "No alert always fires, so nobody notices when alerts no longer arrive.",
);
pub(super) static NO_RULES: Rule = Rule::error("no-rules", "Prometheus has no alerting rules.");

pub(super) fn look(api: &Api<'_>, stored: &mut Stored<'_>, found: &mut Found) {
    let Ok(data) = api.data("rules", &[]) else {
        return;
    };
    let mut alerts = 0;
    let mut always_fires = false;
    for group in list(&data["groups"]) {
        look_at_group(group, found);
        for rule in list(&group["rules"]) {
            let is_alert = text(&rule["type"]) == "alerting";
            alerts += usize::from(is_alert);
            always_fires |= is_alert && is_watchdog(rule);
            look_at_rule(text(&group["file"]), rule, stored, found);
        }
    }
    let place = Place::of(api.url("/rules"));
    if alerts == 0 {
        let hint = "name rule files under `rule_files:`; `vitalsigns generate` writes them";
        found.add(&NO_RULES, place, "there are no alerting rules", hint);
    } else if !always_fires {
        found.add(
            &NO_WATCHDOG,
            place,
            "no alert is named Watchdog or has the severity `none`",
            "add one whose condition holds while fresh data comes in, and have its absence noticed \
             elsewhere",
        );
    }
}

fn is_watchdog(rule: &Value) -> bool {
    text(&rule["name"]) == "Watchdog" || text(&rule["labels"]["severity"]) == "none"
}

fn look_at_group(group: &Value, found: &mut Found) {
    let interval = group["interval"].as_f64().unwrap_or_default();
    let took = group["evaluationTime"].as_f64().unwrap_or_default();
    if interval > 0.0 && took > interval {
        found.add(
            &SLOW,
            Place::of(text(&group["file"])).in_part(format!("group `{}`", text(&group["name"]))),
            format!("its evaluation takes {took:.1} s, and it is due every {interval} s"),
            "split the group, or record what its expressions have in common",
        );
    }
}

fn look_at_rule(file: &str, rule: &Value, stored: &mut Stored<'_>, found: &mut Found) {
    let place = Place::of(file).in_part(format!("rule `{}`", text(&rule["name"])));
    if text(&rule["health"]) == "err" {
        found.add(
            &FAILING,
            place.clone(),
            format!(
                "Prometheus cannot evaluate it: {}",
                text(&rule["lastError"])
            ),
            "try the expression in Prometheus; the labels of both sides have to be unique",
        );
    }
    stored.look(text(&rule["query"]), &place, found);
}
