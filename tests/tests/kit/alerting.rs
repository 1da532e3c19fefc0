//! A real Alertmanager with what is made for it: what it keeps back, and whom it means to tell.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tests::program::Program;
use tests::{http, poll};
use vitalsigns_kit::system::{System, Webhook};

use crate::stack::{azora, generated, receivers};

const START: Duration = Duration::from_secs(30);

/// What fires, with its labels, and whether it is kept back.
const FIRING: &[(&str, &str, &str, bool)] = &[
    ("ServiceDown", "azora-auth", "critical", false),
    ("HighErrorRate", "azora-auth", "critical", true),
    ("HighErrorRate", "azora-mint", "critical", false),
    ("HighErrorRate", "azora-mint", "warning", true),
    ("EscalationNeeded", "azora-auth", "critical", false),
    ("Slow", "azora-lms", "critical", false),
    ("Slow", "azora-lms", "warning", true),
    ("Slow", "azora-lms", "info", true),
    ("Slow", "azora-forge", "warning", false),
    ("Slow", "azora-forge", "info", true),
    ("Slow", "azora-nexus", "info", false),
    ("Watchdog", "", "none", false),
];

fn firing() -> Value {
    let alerts = FIRING.iter().map(|(name, job, severity, _)| {
        let mut labels = json!({ "alertname": name, "severity": severity, "system": "azora" });
        if !job.is_empty() {
            labels["job"] = json!(job);
        }
        json!({ "labels": labels })
    });
    alerts.collect()
}

/// Starts this Alertmanager with the files of the system, and lets everything fire.
#[track_caller]
fn keeps_back(program: &str, system: &System) {
    let folder = generated(system);
    let alertmanager = Program::serve("/-/ready", START, |port| {
        let mut command = Command::new(program);
        let at = |path: &str| folder.path().join(path).display().to_string();
        command
            .arg(format!(
                "--config.file={}",
                at("alertmanager/alertmanager.yml")
            ))
            .arg(format!("--storage.path={}", at("data")))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--cluster.listen-address=");
        command
    });
    let url = alertmanager.url("/api/v2/alerts");
    let headers = [("content-type", "application/json")];
    let body = firing().to_string();
    let answer = http::request("POST", &url, &headers, body.as_bytes(), START).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());

    poll::until_ok(START, "what is kept back", || {
        let answer = http::get(&url, &[]).map_err(|error| error.to_string())?;
        let alerts: Value =
            serde_json::from_str(answer.text()).map_err(|error| error.to_string())?;
        let mut states = BTreeMap::new();
        for alert in alerts.as_array().unwrap() {
            let label = |name: &str| {
                alert["labels"][name]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            let state = alert["status"]["state"] == "suppressed";
            states.insert((label("alertname"), label("job"), label("severity")), state);
        }
        let expected = FIRING.iter().map(|(name, job, severity, is_kept)| {
            let [name, job, severity] = [name, job, severity].map(|text| (*text).to_owned());
            ((name, job, severity), *is_kept)
        });
        match states == expected.collect() {
            true => Ok(()),
            false => Err(format!("{states:#?}")),
        }
    });
}

#[test]
fn what_explains_the_rest_is_all_that_is_told() {
    let nowhere = |_: &str| Webhook::At("http://127.0.0.1:9/".to_owned());
    let system = azora().receivers(receivers(nowhere));
    keeps_back("prometheus-alertmanager", &system);
}

#[test]
fn the_alertmanager_of_stacks_starts_with_addresses_in_files() {
    let system = azora().receivers(receivers(|_| Webhook::Secret));
    let program = tests::stack::newer_alertmanager();
    keeps_back(program.to_str().unwrap(), &system);
}
