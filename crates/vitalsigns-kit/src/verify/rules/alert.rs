//! One alert: its expression, and what it says in words.

use super::super::knowledge::Knowledge;
use super::super::sheet::Sheet;
use super::super::{Purpose, duration, promql};
use super::groups::Found;
use super::{
    FOR_ZERO, NO_RUNBOOK, NO_SEVERITY, NO_SUMMARY, NOTHING_NORMAL, UNKNOWN_SEVERITY, templates,
};
use crate::nearest::nearest;

/// The severities that people agree on.
const SEVERITIES: &[&str] = &[
    "critical", "error", "warning", "info", "none", "page", "ticket",
];

pub(super) fn check(rule: &Found<'_>, text: &str, knowledge: &Knowledge, sheet: &mut Sheet) {
    let place = rule.place("expr");
    let value = promql::judge(text, knowledge, &place, Purpose::Alert, sheet);
    if let Some(value) = &value {
        templates::check(rule, value, sheet);
    }
    check_words(rule, sheet);
    check_idle(rule, text, sheet);
    if let Some(node) = rule.node.get("for")
        && duration::at(Some(node)).is_some_and(|time| time.is_zero())
    {
        sheet.add(
            &FOR_ZERO,
            &rule.place("for"),
            "`for` is 0, so one bad sample is an alert",
            "wait for some evaluations, as `for: 5m`",
        );
    }
}

fn check_words(rule: &Found<'_>, sheet: &mut Sheet) {
    let place = rule.place("alert");
    let name = rule.text("alert").unwrap_or_default();
    match rule.label("severity") {
        None => sheet.add(
            &NO_SEVERITY,
            &place,
            format!("`{name}` has no label `severity`"),
            "add `severity: critical`, `warning`, `info` or `none`",
        ),
        Some(severity) if !SEVERITIES.contains(&severity.as_str()) && !severity.contains("{{") => {
            let near = nearest(&severity, SEVERITIES.iter().copied());
            sheet.add(
                &UNKNOWN_SEVERITY,
                &rule.place("labels"),
                format!("`{severity}` is no severity that others know"),
                match near {
                    Some(near) => format!("there is `{near}`"),
                    None => "there are critical, warning, info and none".to_owned(),
                },
            );
        }
        Some(_) => {}
    }
    let annotation = |name: &str| rule.node.at(&["annotations", name]).is_some();
    if !["summary", "description", "message", "title"]
        .into_iter()
        .any(annotation)
    {
        sheet.add(
            &NO_SUMMARY,
            &place,
            format!("`{name}` says nothing in words"),
            "add the annotations `summary` and `description`",
        );
    }
    if !["runbook_url", "runbook", "runbookUrl", "playbook"]
        .into_iter()
        .any(annotation)
    {
        sheet.add(
            &NO_RUNBOOK,
            &place,
            format!("`{name}` does not say where it is written what to do"),
            "add the annotation `runbook_url`",
        );
    }
}

/// Alerts on too few of what is fine when there is none.
fn check_idle(rule: &Found<'_>, text: &str, sheet: &mut Sheet) {
    let squeezed: String = text.split_whitespace().collect();
    let is_few = squeezed.ends_with("<1") || squeezed.ends_with("==0");
    let names = promql::selectors(text);
    let is_activity = |name: &String| {
        [
            "_activity_count",
            "_connections_active",
            "active_connections",
            "_active_requests",
        ]
        .iter()
        .any(|part| name.contains(part))
    };
    if is_few && names.len() == 1 && names.iter().any(is_activity) {
        sheet.add(
            &NOTHING_NORMAL,
            &rule.place("expr"),
            format!("`{}` is 0 whenever nobody asks for anything", names[0]),
            "ask whether it answers (`pg_up == 0`, `absent(…)`), or how long callers wait",
        );
    }
}
