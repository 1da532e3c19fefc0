//! A file of rules.

use crate::alert::{Alert, AlertGroup};
use crate::query::{QueryError, Rendering, promql_duration};
use crate::system::System;
use crate::yaml_text::{Map, Yaml};

/// The text of `prometheus/rules/GROUP.yml`.
pub(super) fn rules(system: &System, group: &AlertGroup) -> Result<String, QueryError> {
    let rendering = group.rendering()?;
    let rules = group
        .alerts
        .iter()
        .map(|alert| rule(system, alert, &rendering));
    let group_map = Map::new()
        .with("name", format!("{}-{}", system.name, group.name))
        .with("rules", rules.collect::<Vec<Map>>());
    Ok(Map::new().with("groups", [group_map]).document(&format!(
        "Alerts of {}: {}. Made from its catalogues; change these, not this file.",
        system.title, group.name
    )))
}

fn rule(system: &System, alert: &Alert, rendering: &Rendering) -> Map {
    let lines = in_lines(&alert.expression(rendering));
    let mut rule = Map::new()
        .with("alert", alert.name.as_str())
        .with("expr", Yaml::lines(lines));
    for (key, time) in [("for", alert.hold), ("keep_firing_for", alert.keep_firing)] {
        if !time.is_zero() {
            rule.add(key, promql_duration(time));
        }
    }
    let mut labels = Map::new().with("severity", alert.severity.as_str());
    for (label, value) in &alert.labels {
        labels.add(label, value.as_str());
    }
    rule.with("labels", labels)
        .with("annotations", texts(annotations(system, alert)))
}

/// Texts by their names.
pub(super) fn texts(texts: Vec<(&'static str, String)>) -> Map {
    let mut map = Map::new();
    for (name, text) in texts {
        map.add(name, text);
    }
    map
}

/// The annotations of an alert, as templates.
fn annotations(system: &System, alert: &Alert) -> Vec<(&'static str, String)> {
    let summary = alert.summary.as_ref().map(|text| text.template());
    let description = alert.description.as_ref().map(|text| text.template());
    with_links(system, alert, summary, description)
}

/// The annotations with these words.
pub(super) fn with_links(
    system: &System,
    alert: &Alert,
    summary: Option<String>,
    description: Option<String>,
) -> Vec<(&'static str, String)> {
    let all = [
        ("summary", summary),
        ("description", description),
        ("runbook_url", Some(system.runbook(&alert.name))),
        ("dashboard", alert.dashboard.clone()),
    ];
    let all = all.into_iter();
    all.filter_map(|(name, text)| Some((name, text?))).collect()
}

/// An expression with a line for each side of what is joined by words.
pub(crate) fn in_lines(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len());
    let mut depth = 0usize;
    let mut quoted = false;
    let mut escaped = false;
    for (index, character) in expression.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '{' | '[' if !quoted => depth += 1,
            ')' | '}' | ']' if !quoted => depth = depth.saturating_sub(1),
            ' ' if !quoted && depth == 0 => {
                let rest = &expression[index + 1..];
                let joins = ["and ", "or ", "unless ", "/ "];
                if joins.iter().any(|word| rest.starts_with(word)) {
                    out.push('\n');
                    continue;
                }
            }
            _ => {}
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::in_lines;

    #[test]
    fn only_what_joins_outside_of_brackets_begins_a_line() {
        let text = r#"sum(a and b) / c{x="a and \" or b"} > 1 and on (job) d unless e"#;
        let lines = [
            "sum(a and b)",
            r#"/ c{x="a and \" or b"} > 1"#,
            "and on (job) d",
            "unless e",
        ];
        assert_eq!(in_lines(text), lines.join("\n"));
    }
}
