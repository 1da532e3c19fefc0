//! Dashboards of Grafana: their questions, and whether Grafana can show them.

pub(super) mod panels;
mod provisioning;
mod templating;

use std::collections::HashMap;

use super::compose::ANGULAR_PLUGIN;
use super::folder::{Content, File, Folder};
use super::knowledge::Knowledge;
use super::sheet::Sheet;
use crate::finding::Rule;
use crate::yaml::Node;

pub(super) static NO_UNIT: Rule = Rule::warning(
    "panel-without-unit",
    "A panel does not say in what its numbers are counted.",
);
pub(super) static NO_TITLE: Rule =
    Rule::warning("panel-without-title", "A panel does not say what it shows.");
pub(super) static FIXED_DATASOURCE: Rule = Rule::warning(
    "fixed-datasource",
    "A dashboard asks one data source by its uid, which others do not have.",
);
pub(super) static UNKNOWN_DATASOURCE: Rule = Rule::error(
    "unknown-datasource",
    "A dashboard asks a data source that is provisioned nowhere.",
);
pub(super) static DUPLICATE_UID: Rule = Rule::error(
    "duplicate-uid",
    "Two dashboards have the same uid, so Grafana shows only one of them.",
);
pub(super) static DUPLICATE_PANEL: Rule = Rule::warning(
    "duplicate-panel-id",
    "Two panels of a dashboard have the same id, so links lead to either.",
);
pub(super) static NO_DASHBOARDS: Rule = Rule::warning(
    "no-dashboards",
    "Grafana is told where dashboards are, and none is there.",
);

pub(super) static RULES: &[&Rule] = &[
    &NO_UNIT,
    &NO_TITLE,
    &FIXED_DATASOURCE,
    &UNKNOWN_DATASOURCE,
    &DUPLICATE_UID,
    &DUPLICATE_PANEL,
    &NO_DASHBOARDS,
];

pub(super) fn check(folder: &Folder, knowledge: &Knowledge, sheet: &mut Sheet) {
    let mut uids: HashMap<String, &File> = HashMap::new();
    let datasources = provisioning::uids(folder);
    for file in &folder.files {
        let Content::Dashboard(root) = &file.content else {
            continue;
        };
        panels::check(file, root, datasources.as_ref(), knowledge, sheet);
        templating::check(file, root, knowledge, sheet);
        let Some(uid) = root
            .get("uid")
            .and_then(Node::text)
            .filter(|uid| !uid.is_empty())
        else {
            continue;
        };
        if let Some(first) = uids.insert(uid.clone(), file) {
            sheet.add(
                &DUPLICATE_UID,
                &file.place(),
                format!("`{}` has the uid `{uid}` too", first.path),
                "give it another one",
            );
        }
    }
    provisioning::check(folder, sheet);
}

/// The place of a panel.
pub(super) fn place(file: &File, panel: &Node, line: usize) -> crate::finding::Place {
    let title = panel
        .get("title")
        .and_then(Node::text)
        .filter(|title| !title.is_empty());
    let place = file.at(line);
    match (title, panel.get("id").and_then(Node::text)) {
        (Some(title), _) => place.in_part(format!("panel `{title}`")),
        (None, Some(id)) => place.in_part(format!("panel {id}")),
        (None, None) => place,
    }
}
