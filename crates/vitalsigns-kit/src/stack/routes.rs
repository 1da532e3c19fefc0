//! Which receivers an alert reaches, as a table that another program can check.

use std::collections::BTreeMap;

use serde_json::json;

use crate::alert::Alert;
use crate::artefact::Artefact;
use crate::system::{Audience, System};

/// The names of receivers.
pub(super) const NOWHERE: &str = "nowhere";
pub(super) const TEAM: &str = "team";
pub(super) const CRITICAL: &str = "critical";
pub(super) const WARNING: &str = "warning";
pub(super) const INFO: &str = "info";
pub(super) const ESCALATION: &str = "escalation";
pub(super) const DEAD_MAN: &str = "dead-man";

/// Which receivers an alert with these labels has to reach.
///
/// That the tree of routes in `alertmanager.yml` leads there is what `amtool config routes test`
/// says; [`routes`] is the table for it.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
/// use vitalsigns_kit::stack::receivers_of;
/// use vitalsigns_kit::system::{Audience, Receivers, Slack, System};
///
/// let slack = Slack::new("#alerts-critical");
/// let video = Audience::team("video").slack("#video-generation");
/// let system = System::new("aura").receivers(Receivers::new().slack(slack).audience(video));
/// let labels = [("alertname", "GenerationSlow"), ("severity", "critical"), ("team", "video")];
/// let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
/// assert_eq!(receivers_of(&system, &BTreeMap::from(labels)), ["team-video", "critical"]);
/// ```
pub fn receivers_of(system: &System, labels: &BTreeMap<String, String>) -> Vec<String> {
    let label = |name: &str| labels.get(name).map_or("", String::as_str);
    let only = |name: &str| vec![name.to_owned()];
    match (label("alertname"), label("severity")) {
        ("Watchdog", _) if system.receivers.dead_man.is_some() => return only(DEAD_MAN),
        ("Watchdog", _) | (_, "none") => return only(NOWHERE),
        ("EscalationNeeded", _) => return only(ESCALATION),
        _ => {}
    }
    let cares = |audience: &&Audience| label(&audience.label) == audience.value;
    let audiences = system.receivers.audiences.iter().filter(cares);
    let mut receivers: Vec<String> = audiences.map(Audience::name).collect();
    match label("severity") {
        "critical" => receivers.push(CRITICAL.to_owned()),
        "warning" => receivers.push(WARNING.to_owned()),
        "info" => receivers.push(INFO.to_owned()),
        // Whoever is told besides has been told; of the rest the team is.
        _ if receivers.is_empty() => receivers.push(TEAM.to_owned()),
        _ => {}
    }
    receivers
}

/// The table `alertmanager/routes.json`: for each alert its labels and the receivers that it has to
/// reach, and the same for each severity and each audience.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::stack::routes;
/// use vitalsigns_kit::system::System;
///
/// let table = routes(&System::new("shop"), []);
/// assert_eq!(table.path, "alertmanager/routes.json");
/// assert!(table.text.contains("\"alertname\": \"Watchdog\""));
/// ```
pub fn routes<'a>(system: &System, alerts: impl IntoIterator<Item = &'a Alert>) -> Artefact {
    let mut rows: Vec<BTreeMap<String, String>> = Vec::new();
    let mut add = |row: BTreeMap<String, String>| {
        if !rows.contains(&row) {
            rows.push(row);
        }
    };
    for alert in alerts {
        let own = [
            ("alertname", alert.name.as_str()),
            ("severity", alert.severity.as_str()),
            ("system", system.name.as_str()),
        ];
        let mut labels = row(&own);
        labels.extend(alert.labels.clone());
        add(labels);
    }
    for name in ["Watchdog", "EscalationNeeded"] {
        let severity = if name == "Watchdog" {
            "none"
        } else {
            "critical"
        };
        add(row(&[
            ("alertname", name),
            ("severity", severity),
            ("system", &system.name),
        ]));
    }
    for severity in ["critical", "warning", "info", "none", ""] {
        add(row(&[("alertname", "Example"), ("severity", severity)]));
        for Audience { label, value, .. } in &system.receivers.audiences {
            add(row(&[
                ("alertname", "Example"),
                ("severity", severity),
                (label, value),
            ]));
        }
    }
    let tests = rows
        .iter()
        .map(|labels| json!({ "labels": labels, "receivers": receivers_of(system, labels) }));
    let table = json!({
        "about": "Made by `vitalsigns generate`: what `amtool config routes test` has to say.",
        "tests": tests.collect::<Vec<_>>(),
    });
    Artefact::new("alertmanager/routes.json", format!("{table:#}\n"))
}

/// Labels, without those that are empty.
fn row(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    let set = labels.iter().filter(|(_, value)| !value.is_empty());
    set.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
