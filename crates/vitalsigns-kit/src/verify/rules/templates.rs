//! What an alert says in words, against what its expression is.

use super::super::promql::Value;
use super::super::sheet::Sheet;
use super::groups::Found;
use super::{NOT_A_PERCENTAGE, OTHER_PERIOD, PERCENT_OF_RATIO, TEMPLATE, TEMPLATE_LABEL};
use crate::nearest::nearest;
use crate::yaml::Node;

/// Judges labels and annotations of an alert.
pub(super) fn check(rule: &Found<'_>, value: &Value, sheet: &mut Sheet) {
    for section in ["annotations", "labels"] {
        let entries = rule.node.get(section).into_iter().flat_map(Node::entries);
        for (key, node) in entries {
            let Some(text) = node.text() else { continue };
            let name = key.text().unwrap_or_default();
            let place = rule.file.at(node.line);
            let alert = rule.text("alert").unwrap_or_default();
            let place = place.in_part(format!("alert `{alert}`, {name}"));
            if text.matches("{{").count() != text.matches("}}").count() {
                sheet.add(
                    &TEMPLATE,
                    &place,
                    format!("`{name}` opens as many `{{{{` as it closes `}}}}`, or should"),
                    "close each template with `}}`",
                );
                continue;
            }
            for label in labels_named(&text) {
                if !value.labels.can_have(&label) {
                    let known = value.labels.names();
                    let hint = match (
                        value.labels.taken_by(&label),
                        nearest(&label, known.iter().copied()),
                    ) {
                        (Some(aggregation), _) => {
                            format!("`{aggregation}` took it away; keep it there")
                        }
                        (None, Some(near)) => format!("there is `{near}`"),
                        (None, None) if known.is_empty() => "it has no labels".to_owned(),
                        (None, None) => format!("there are {}", known.join(", ")),
                    };
                    sheet.add(
                        &TEMPLATE_LABEL,
                        &place,
                        format!(
                            "`$labels.{label}` is nothing: the expression leaves no such label"
                        ),
                        hint,
                    );
                }
            }
            check_value(&text, value, &place, sheet);
        }
    }
}

/// What the text says of the number.
fn check_value(text: &str, value: &Value, place: &crate::finding::Place, sheet: &mut Sheet) {
    let lower = text.to_lowercase();
    for (template, behind) in values_printed(text) {
        let behind = behind.trim_start();
        if template.contains("humanizePercentage") || template.contains('*') {
            continue;
        }
        if behind.starts_with('%') || behind.to_lowercase().starts_with("percent") {
            if value.is_ratio() {
                sheet.add(
                    &PERCENT_OF_RATIO,
                    place,
                    "the value is a ratio, and is printed as a percentage",
                    "write `{{ $value | humanizePercentage }}` without the sign",
                );
            } else if value.is_per_second() {
                sheet.add(
                    &NOT_A_PERCENTAGE,
                    place,
                    format!(
                        "the value is {}, and is printed as a percentage",
                        value.measure.told()
                    ),
                    "divide it by the rate of all, then print it with `humanizePercentage`",
                );
            }
        }
    }
    let speaks_of = [
        "per hour",
        "/hour",
        "an hour",
        "per minute",
        "/minute",
        "/min",
        "a minute",
    ];
    let period = speaks_of.iter().find(|words| lower.contains(**words));
    if let Some(period) = period
        && value.is_per_second()
    {
        sheet.add(
            &OTHER_PERIOD,
            place,
            format!(
                "the text says `{period}`, and the value is {}",
                value.measure.told()
            ),
            "use `increase(…[1h])`, or multiply the rate",
        );
    }
}

/// Labels that a template names: `$labels.x`, `.Labels.x`, `index $labels "x"`.
fn labels_named(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for inside in templates(text) {
        for start in ["$labels.", ".Labels."] {
            for rest in inside.split(start).skip(1) {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let name = &rest[..end.unwrap_or(rest.len())];
                if !name.is_empty() && !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
    }
    names
}

/// What is between `{{` and `}}`, if it does not begin a block that sets its own variables.
fn templates(text: &str) -> Vec<&str> {
    // Results of a query are other series.
    if text.contains("query ") || text.contains("range ") {
        return Vec::new();
    }
    let parts = text.split("{{").skip(1);
    parts
        .filter_map(|part| Some(part.split_once("}}")?.0))
        .collect()
}

/// Templates that print the value, with the text behind each.
fn values_printed(text: &str) -> Vec<(&str, &str)> {
    let parts = text.split("{{").skip(1);
    let printed = parts.filter_map(|part| part.split_once("}}"));
    let of_value = printed.filter(|(template, _)| {
        let template = template.trim();
        template.starts_with("$value")
            || template.starts_with(".Value")
            || template.contains("$value")
    });
    of_value.collect()
}
