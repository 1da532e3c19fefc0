//! What is asked of Prometheus in a folder, for who wants to ask it himself.

use super::dashboards::{panels, place};
use super::folder::{Content, Folder};
use super::promql::{AS_NAME, replaced};
use super::rules;
use crate::finding::Place;

/// Every expression of the panels of a folder, with its place. A variable of Grafana is a time in a
/// range, and elsewhere a word that means nothing else.
pub(crate) fn asked(folder: &Folder) -> Vec<(Place, String)> {
    let mut asked = Vec::new();
    for file in &folder.files {
        let Content::Dashboard(root) = &file.content else {
            continue;
        };
        for panel in panels::all(root) {
            for (line, expression) in panels::expressions(panel) {
                let replaced = replaced(expression, AS_NAME);
                // A variable in place of a name could be anything.
                if !replaced.has_bare {
                    asked.push((place(file, panel, line), replaced.text.into_owned()));
                }
            }
        }
    }
    asked
}

/// The same, and the expressions of rules before.
pub(crate) fn expressions(folder: &Folder) -> Vec<(Place, String)> {
    let mut all = rules::expressions(folder);
    all.extend(asked(folder));
    all
}
