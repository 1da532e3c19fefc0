//! Variables of a dashboard, which ask questions too.

use super::super::folder::File;
use super::super::knowledge::Knowledge;
use super::super::sheet::Sheet;
use super::super::{Purpose, promql};
use crate::yaml::Node;

pub(super) fn check(file: &File, root: &Node, knowledge: &Knowledge, sheet: &mut Sheet) {
    let variables = root
        .at(&["templating", "list"])
        .map(Node::items)
        .unwrap_or_default();
    for variable in variables {
        if variable.get("type").and_then(Node::as_str) != Some("query") {
            continue;
        }
        let query = variable.get("query");
        let text = query
            .and_then(Node::text)
            .or_else(|| query?.get("query")?.text());
        let name = variable
            .get("name")
            .and_then(Node::text)
            .unwrap_or_default();
        let line = query.map_or(variable.line, |query| query.line);
        let place = file.at(line).in_part(format!("variable `{name}`"));
        let Some(asked) = text.as_deref().and_then(asked) else {
            continue;
        };
        let (expression, label) = asked;
        let value = promql::judge(&expression, knowledge, &place, Purpose::Panel, sheet);
        if let (Some(value), Some(label)) = (value, label)
            && !value.labels.can_have(&label)
        {
            promql::say_unknown_label(&value, &label, &expression, &place, sheet);
        }
    }
    let annotations = root
        .at(&["annotations", "list"])
        .map(Node::items)
        .unwrap_or_default();
    for annotation in annotations {
        if let Some((key, expr)) = annotation.entry("expr")
            && let Some(text) = expr.as_str()
            && !text.trim().is_empty()
        {
            let name = annotation
                .get("name")
                .and_then(Node::text)
                .unwrap_or_default();
            let place = file.at(key.line).in_part(format!("annotation `{name}`"));
            promql::judge(text, knowledge, &place, Purpose::Panel, sheet);
        }
    }
}

/// The expression that a variable asks, and the label that it takes of it.
fn asked(query: &str) -> Option<(String, Option<String>)> {
    let query = query.trim();
    let inside = |function: &str| {
        let rest = query.strip_prefix(function)?.trim_start();
        rest.strip_prefix('(')?.strip_suffix(')').map(str::trim)
    };
    if let Some(arguments) = inside("label_values") {
        let at = last_comma(arguments)?;
        let label = arguments[at + 1..].trim().to_owned();
        return Some((arguments[..at].trim().to_owned(), Some(label)));
    }
    inside("query_result").map(|expression| (expression.to_owned(), None))
}

/// The last comma outside of braces and quotes.
fn last_comma(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut is_quoted = false;
    let mut last = None;
    for (at, character) in text.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            '{' | '(' | '[' if !is_quoted => depth += 1,
            '}' | ')' | ']' if !is_quoted => depth = depth.saturating_sub(1),
            ',' if !is_quoted && depth == 0 => last = Some(at),
            _ => {}
        }
    }
    last
}
