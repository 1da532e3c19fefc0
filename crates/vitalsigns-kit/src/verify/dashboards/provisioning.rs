//! What Grafana is given when it starts: data sources, and where dashboards are.

use std::collections::BTreeSet;

use super::super::folder::{Content, Folder};
use super::super::sheet::Sheet;
use super::NO_DASHBOARDS;
use crate::yaml::Node;

/// The uids of the data sources, if any are provisioned and all have one.
pub(super) fn uids(folder: &Folder) -> Option<BTreeSet<String>> {
    let mut uids = BTreeSet::new();
    for file in &folder.files {
        let Content::Datasources(root) = &file.content else {
            continue;
        };
        for source in root.get("datasources").map(Node::items).unwrap_or_default() {
            uids.insert(source.get("uid").and_then(Node::text)?);
        }
    }
    (!uids.is_empty()).then_some(uids)
}

pub(super) fn check(folder: &Folder, sheet: &mut Sheet) {
    let has_any = !folder.is_whole
        || folder
            .files
            .iter()
            .any(|file| matches!(file.content, Content::Dashboard(_)));
    for file in &folder.files {
        if matches!(file.content, Content::Providers) && !has_any {
            sheet.add(
                &NO_DASHBOARDS,
                &file.place(),
                "it says where dashboards are, and there is none",
                "add one, or say where they are (`vitalsigns verify DIR DASHBOARDS`)",
            );
        }
    }
}
