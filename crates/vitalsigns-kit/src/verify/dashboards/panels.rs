//! Panels, those in rows and in collapsed rows included.

use std::collections::{BTreeSet, HashMap};

use super::super::folder::File;
use super::super::knowledge::Knowledge;
use super::super::sheet::Sheet;
use super::super::{Purpose, promql};
use super::{
    ANGULAR_PLUGIN, DUPLICATE_PANEL, FIXED_DATASOURCE, NO_TITLE, NO_UNIT, UNKNOWN_DATASOURCE, place,
};
use crate::finding::Place;
use crate::yaml::Node;

/// Panels that Grafana no longer has, and what to use in their place.
const ANGULAR: &[(&str, &str)] = &[
    ("graph", "timeseries"),
    ("singlestat", "stat"),
    ("table-old", "table"),
    ("grafana-piechart-panel", "piechart"),
    ("grafana-worldmap-panel", "geomap"),
    ("grafana-singlestat-panel", "stat"),
    ("natel-discrete-panel", "state-timeline"),
];

/// Panels that show no numbers of their own.
const WITHOUT_NUMBERS: &[&str] = &[
    "row",
    "text",
    "dashlist",
    "alertlist",
    "news",
    "annolist",
    "logs",
    "traces",
    "nodeGraph",
    "table",
    "state-timeline",
    "status-history",
];

/// All panels of a dashboard, in rows and of the old way of rows too.
pub(in super::super) fn all(root: &Node) -> Vec<&Node> {
    let mut panels = Vec::new();
    let rows = root.get("rows").map(Node::items).unwrap_or_default();
    let top = root.get("panels").map(Node::items).unwrap_or_default();
    let in_rows = rows
        .iter()
        .filter_map(|row| row.get("panels"))
        .flat_map(Node::items);
    for panel in top.iter().chain(in_rows) {
        panels.push(panel);
        panels.extend(panel.get("panels").map(Node::items).unwrap_or_default());
    }
    panels
}

pub(super) fn check(
    file: &File,
    root: &Node,
    datasources: Option<&BTreeSet<String>>,
    knowledge: &Knowledge,
    sheet: &mut Sheet,
) {
    let mut ids: HashMap<String, usize> = HashMap::new();
    let mut fixed: Option<(String, usize)> = None;
    for panel in all(root) {
        let kind = panel.get("type").and_then(Node::text).unwrap_or_default();
        if let Some(id) = panel.get("id").and_then(Node::text)
            && ids.insert(id.clone(), panel.line).is_some()
        {
            sheet.add(
                &DUPLICATE_PANEL,
                &place(file, panel, panel.line),
                format!("another panel has the id {id} too"),
                "give it another one",
            );
        }
        if let Some((_, instead)) = ANGULAR.iter().find(|(old, _)| *old == kind) {
            sheet.add(
                &ANGULAR_PLUGIN,
                &place(file, panel, panel.line),
                format!("the panel `{kind}` needs Angular, which Grafana 12 does not have"),
                format!("use `{instead}`"),
            );
        }
        check_words(file, panel, &kind, sheet);
        for node in [Some(panel)].into_iter().flatten().chain(targets(panel)) {
            check_datasource(file, node, panel, datasources, &mut fixed, sheet);
        }
        for (line, text) in expressions(panel) {
            let place = place(file, panel, line);
            let value = promql::judge(text, knowledge, &place, Purpose::Panel, sheet);
            if let Some(value) = value {
                check_thresholds(panel, &value, &place, sheet);
            }
        }
    }
    if let Some((uid, line)) = fixed {
        sheet.add(
            &FIXED_DATASOURCE,
            &file.at(line),
            format!("panels ask the data source `{uid}` itself"),
            "add a variable of the type `datasource`, and ask `${datasource}`",
        );
    }
}

/// What a panel asks of Prometheus, with the lines.
pub(in super::super) fn expressions(panel: &Node) -> impl Iterator<Item = (usize, &str)> {
    let targets = targets(panel).filter(|target| is_of_prometheus(target, panel));
    targets.filter_map(|target| {
        let (key, expression) = target.entry("expr")?;
        let text = expression.as_str()?;
        (!text.trim().is_empty()).then_some((key.line, text))
    })
}

/// Thresholds that a quantile never reaches.
fn check_thresholds(panel: &Node, value: &promql::Value, place: &Place, sheet: &mut Sheet) {
    let Some((family, last)) = value.last_bound() else {
        return;
    };
    let steps = panel.at(&["fieldConfig", "defaults", "thresholds", "steps"]);
    let steps = steps.map(Node::items).unwrap_or_default();
    let values = steps
        .iter()
        .filter_map(|step| step.get("value")?.text()?.parse::<f64>().ok());
    if let Some(beyond) = values.into_iter().find(|value| *value > last) {
        sheet.add(
            &promql::ABOVE_BUCKETS,
            place,
            format!("a quantile of `{family}` never shows more than {last}, and {beyond} is drawn"),
            format!("give it a bucket beyond {beyond}"),
        );
    }
}

fn targets(panel: &Node) -> impl Iterator<Item = &Node> {
    panel
        .get("targets")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
}

fn is_of_prometheus(target: &Node, panel: &Node) -> bool {
    let kind = |node: &Node| node.at(&["datasource", "type"]).and_then(Node::text);
    kind(target)
        .or_else(|| kind(panel))
        .is_none_or(|kind| kind == "prometheus")
}

fn check_words(file: &File, panel: &Node, kind: &str, sheet: &mut Sheet) {
    let title = panel.get("title").and_then(Node::text).unwrap_or_default();
    let has_targets = targets(panel).next().is_some();
    if title.trim().is_empty() && has_targets {
        sheet.add(
            &NO_TITLE,
            &place(file, panel, panel.line),
            "a panel has no title",
            "say what it shows",
        );
    }
    let unit = panel
        .at(&["fieldConfig", "defaults", "unit"])
        .and_then(Node::text);
    let old = panel.get("yaxes").is_some() || panel.get("format").is_some();
    let mapped = panel.at(&["fieldConfig", "defaults", "mappings"]);
    let is_mapped = mapped.is_some_and(|mappings| !mappings.items().is_empty());
    let overridden = panel.at(&["fieldConfig", "overrides"]);
    let is_overridden = overridden.is_some_and(|overrides| !overrides.items().is_empty());
    let has_unit = unit.is_some_and(|unit| !unit.is_empty()) || old || is_mapped || is_overridden;
    if has_targets && !has_unit && !WITHOUT_NUMBERS.contains(&kind) {
        sheet.add(
            &NO_UNIT,
            &place(file, panel, panel.line),
            "a panel does not say in what its numbers are counted",
            "set `fieldConfig.defaults.unit`, as `s`, `percentunit`, `reqps` or `short`",
        );
    }
}

fn check_datasource(
    file: &File,
    node: &Node,
    panel: &Node,
    datasources: Option<&BTreeSet<String>>,
    fixed: &mut Option<(String, usize)>,
    sheet: &mut Sheet,
) {
    let Some(uid) = node.at(&["datasource", "uid"]) else {
        return;
    };
    let Some(text) = uid.text() else { return };
    let is_variable = text.contains('$') || text.starts_with("[[");
    let is_own =
        text.is_empty() || text.starts_with("--") || text == "grafana" || text == "__expr__";
    if is_variable || is_own {
        return;
    }
    match datasources {
        // What is provisioned beside it has this uid everywhere.
        Some(known) if known.contains(&text) => {}
        Some(_) => sheet.add(
            &UNKNOWN_DATASOURCE,
            &place(file, panel, uid.line),
            format!("no data source with the uid `{text}` is provisioned"),
            "add a variable of the type `datasource`, and ask `${datasource}`",
        ),
        None => {
            fixed.get_or_insert((text, uid.line));
        }
    }
}
