//! `docs/monitoring.md` names what is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vitalsigns::Catalogue;
use vitalsigns_kit::alert::alerts as alerts_of;
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::system::{Service, System};

const COMMANDS: [&str; 5] = ["lint", "healthcheck", "catalogue", "generate", "verify"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below a folder.
fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => below(&path, files),
            false => files.push(path),
        }
    }
}

/// The alerts and the titles of dashboards that are generated, and alerts for what no example has.
fn generated() -> (BTreeSet<String>, BTreeSet<String>) {
    let mut files = Vec::new();
    below(&root().join("deploy"), &mut files);
    let (mut alerts, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for file in files {
        let path = file.display().to_string();
        let text = fs::read_to_string(&file).unwrap_or_default();
        if path.contains("/prometheus/rules/") {
            let names = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix("- alert: "));
            alerts.extend(names.map(str::to_owned));
        }
        if path.contains("/grafana/dashboards/") {
            let dashboard: Value = serde_json::from_str(&text).unwrap();
            titles.insert(dashboard["title"].as_str().unwrap().to_owned());
        }
    }
    // No example asks for GPUs.
    let azora = root().join("deploy/azora/catalogue/azora-gateway.json");
    let azora = Catalogue::from_json(&fs::read_to_string(azora).unwrap()).unwrap();
    let azora = Service::new("azora", "api-gateway:4000", azora);
    let gpu = System::new("gpu").exporter(Exporter::Dcgm).service(azora);
    for group in alerts_of(&gpu).unwrap() {
        alerts.extend(group.alerts.into_iter().map(|alert| alert.name));
    }
    (alerts, titles)
}

#[test]
fn the_page_about_monitoring_names_what_is_there() {
    let (alerts, titles) = generated();
    assert!(
        alerts.len() > 80 && titles.len() > 11,
        "{alerts:?} {titles:?}"
    );
    let page = fs::read_to_string(root().join("docs/monitoring.md")).unwrap();
    let mut named = 0;
    for line in page
        .lines()
        .filter(|line| line.starts_with("| 0") || line.starts_with("| O"))
    {
        let ours = line.split('|').nth(3).unwrap();
        assert!(ours.contains('`') || ours.trim() == "none", "{line}");
        for name in ours.split('`').skip(1).step_by(2) {
            named += 1;
            let is_command = name
                .strip_prefix("vitalsigns ")
                .is_some_and(|command| COMMANDS.contains(&command));
            let is_title = titles.iter().any(|title| title.ends_with(name));
            let is_file = name.contains('/') && root().join(name).exists();
            assert!(
                is_command || is_title || is_file || alerts.contains(name),
                "`{name}` is no alert, dashboard, file or command: {line}"
            );
        }
    }
    assert!(named > 90, "{named}");
}
