//! The groups of a file, and what all files together lack.

use std::collections::{BTreeMap, HashMap};

use super::super::folder::{Content, File, Folder};
use super::super::knowledge::{Knowledge, Metric};
use super::super::sheet::Sheet;
use super::super::wiring::Wiring;
use super::super::{Purpose, duration, keys, promql};
use super::{BAD_DURATION, DUPLICATE_ALERT, NO_ABSENT, NO_DOWN_ALERT, NO_WATCHDOG, alert};
use crate::finding::Place;
use crate::yaml::Node;

const GROUP_KEYS: &[&str] = &[
    "name",
    "interval",
    "query_offset",
    "limit",
    "labels",
    "rules",
    "partial_response_strategy",
];
const RULE_KEYS: &[&str] = &[
    "record",
    "alert",
    "expr",
    "for",
    "keep_firing_for",
    "labels",
    "annotations",
];

/// A rule and where it is.
#[derive(Clone, Copy)]
pub(super) struct Found<'f> {
    pub(super) file: &'f File,
    pub(super) group: &'f Node,
    pub(super) node: &'f Node,
}

impl<'f> Found<'f> {
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.node.get(key)?.text()
    }

    /// The place of a key, or of the rule.
    pub(super) fn place(&self, key: &str) -> Place {
        let line = self
            .node
            .entry(key)
            .map_or(self.node.line, |(key, _)| key.line);
        let place = self.file.at(line);
        match (self.text("alert"), self.text("record")) {
            (Some(alert), _) => place.in_part(format!("alert `{alert}`")),
            (_, Some(record)) => place.in_part(format!("record `{record}`")),
            _ => place,
        }
    }

    /// The value of a label that is added, by the group if not by the rule.
    pub(super) fn label(&self, name: &str) -> Option<String> {
        let own = self.node.at(&["labels", name]);
        own.or_else(|| self.group.at(&["labels", name]))?.text()
    }

    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        let labels = |node: &Node| -> Vec<(String, String)> {
            let entries = node.get("labels").into_iter().flat_map(Node::entries);
            let entries = entries.filter_map(|(key, value)| Some((key.text()?, value.text()?)));
            entries.collect()
        };
        let mut all: BTreeMap<String, String> = labels(self.group).into_iter().collect();
        all.extend(labels(self.node));
        all
    }
}

fn found(folder: &Folder) -> Vec<Found<'_>> {
    let mut all = Vec::new();
    for file in &folder.files {
        let Content::Rules(root) = &file.content else {
            continue;
        };
        for group in root.get("groups").map(Node::items).unwrap_or_default() {
            let rules = group.get("rules").map(Node::items).unwrap_or_default();
            all.extend(rules.iter().map(|node| Found { file, group, node }));
        }
    }
    all
}

/// Every expression of the rules of a folder, with its place.
pub(in super::super) fn expressions(folder: &Folder) -> Vec<(Place, String)> {
    let rules = found(folder).into_iter();
    let rules = rules.filter_map(|rule| Some((rule.place("expr"), rule.text("expr")?)));
    rules.collect()
}

/// Adds what is recorded to what is known.
pub(in super::super) fn learn(folder: &Folder, knowledge: &mut Knowledge) {
    for rule in found(folder) {
        if let Some(name) = rule.text("record") {
            // What an expression is is known once it was judged; that it exists is known before.
            knowledge.record(Metric::unknown(&name));
        }
    }
}

/// Judges every rule, and all of them together.
pub(in super::super) fn check(
    folder: &Folder,
    wiring: &Wiring<'_>,
    knowledge: &Knowledge,
    sheet: &mut Sheet,
) {
    let rules = found(folder);
    for file in &folder.files {
        if let Content::Rules(root) = &file.content {
            check_groups(file, root, sheet);
        }
    }
    for rule in &rules {
        keys::check(
            rule.file,
            rule.node,
            "a rule",
            RULE_KEYS,
            "Prometheus",
            sheet,
        );
        for key in ["for", "keep_firing_for"] {
            check_duration(rule.file, rule.node, key, sheet);
        }
        let Some(text) = rule.text("expr") else {
            continue;
        };
        match rule.text("alert").is_some() {
            true => alert::check(rule, &text, knowledge, sheet),
            false => {
                let place = rule.place("expr");
                promql::judge(&text, knowledge, &place, Purpose::Record, sheet);
            }
        }
    }
    check_duplicates(&rules, sheet);
    if folder.is_whole {
        check_completeness(&rules, wiring, sheet);
    }
}

fn check_groups(file: &File, root: &Node, sheet: &mut Sheet) {
    for group in root.get("groups").map(Node::items).unwrap_or_default() {
        keys::check(file, group, "a group", GROUP_KEYS, "Prometheus", sheet);
        check_duration(file, group, "interval", sheet);
    }
}

pub(in super::super) fn check_duration(file: &File, node: &Node, key: &str, sheet: &mut Sheet) {
    let Some(value) = node.get(key) else { return };
    let text = value.text().unwrap_or_default();
    if duration::duration(&text).is_none() && !value.is_null() {
        sheet.add(
            &BAD_DURATION,
            &file.at(value.line),
            format!("`{key}` is `{text}`, which is no time"),
            "write it as `30s`, `5m` or `1h30m`",
        );
    }
}

fn check_duplicates(rules: &[Found<'_>], sheet: &mut Sheet) {
    let mut seen: HashMap<(String, BTreeMap<String, String>), &Found<'_>> = HashMap::new();
    for rule in rules {
        let Some(name) = rule.text("alert") else {
            continue;
        };
        let key = (name.clone(), rule.labels());
        match seen.get(&key) {
            Some(first) => sheet.add(
                &DUPLICATE_ALERT,
                &rule.place("alert"),
                format!("there already is an alert `{name}` with the same labels"),
                format!(
                    "rename one of them; the first is at {}",
                    first.place("alert")
                ),
            ),
            None => {
                seen.insert(key, rule);
            }
        }
    }
}

/// What all rules together do not see.
fn check_completeness(rules: &[Found<'_>], wiring: &Wiring<'_>, sheet: &mut Sheet) {
    let alerts: Vec<&Found<'_>> = rules
        .iter()
        .filter(|rule| rule.text("alert").is_some())
        .collect();
    let Some(first) = alerts.first() else { return };
    let always = |rule: &&&Found<'_>| {
        let expr = rule.text("expr").unwrap_or_default();
        let name = rule.text("alert").unwrap_or_default().to_lowercase();
        expr.trim() == "vector(1)" || name.contains("watchdog") || name.contains("deadman")
    };
    if !alerts.iter().any(|rule| always(&rule)) {
        sheet.add(
            &NO_WATCHDOG,
            &first.file.place(),
            "no alert fires always, so silence may mean that alerting is broken",
            "add an alert `Watchdog` on `vector(1)`, and have something outside expect it",
        );
    }
    let expressions: Vec<(&Found<'_>, String)> = alerts
        .iter()
        .filter_map(|rule| Some((*rule, rule.text("expr")?)))
        .collect();
    let asks_up = |text: &str| promql::selectors(text).iter().any(|name| name == "up");
    let down: Vec<&(&Found<'_>, String)> = expressions
        .iter()
        .filter(|(_, text)| asks_up(text))
        .collect();
    if let Some((rule, _)) = down.first()
        && !expressions.iter().any(|(_, text)| text.contains("absent"))
    {
        sheet.add(
            &NO_ABSENT,
            &rule.place("expr"),
            "a target that Prometheus no longer knows has no `up`, so this is silent",
            "add an alert on `absent(up{job=\"…\"})` for each job",
        );
    }
    for job in &wiring.jobs {
        if !down.iter().any(|(_, text)| covers(text, &job.name)) {
            sheet.add(
                &NO_DOWN_ALERT,
                &job.file
                    .at(job.node.line)
                    .in_part(format!("job `{}`", job.name)),
                format!("no alert fires when `{}` cannot be scraped", job.name),
                format!("add one on `up{{job=\"{}\"}} == 0`", job.name),
            );
        }
    }
}

/// Whether the series `up` of a job is among those that an expression asks for.
fn covers(text: &str, job: &str) -> bool {
    promql::asks_for("up", "job", job, text)
}
