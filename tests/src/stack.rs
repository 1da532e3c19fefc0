//! The programs that read the files of a monitoring stack, as judges of them: those of Debian, and
//! newer ones that lie beside.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::program::{find, workspace_root};

/// Debian's promtool, and that of Prometheus 3.
const PROMTOOLS: [&str; 2] = ["promtool", "prometheus-3/root/usr/bin/promtool"];

/// Debian's amtool, and that of the Alertmanager that stacks have.
const AMTOOLS: [&str; 2] = ["amtool", NEWER_AMTOOL];
const NEWER_AMTOOL: &str = "prometheus-2.53/root/usr/bin/amtool";

/// Compose 1.29 and 2.
const COMPOSES: [&str; 2] = ["docker-compose", NEWER_COMPOSE];
const NEWER_COMPOSE: &str = "prometheus-3/root/usr/libexec/docker/cli-plugins/docker-compose";

/// Runs a program in a folder; what it says, as an error if it fails.
///
/// A program with a `/` in its name is one of those in `target/tools`.
#[track_caller]
pub fn says(folder: &Path, program: &str, words: &[impl AsRef<OsStr>]) -> Result<String, String> {
    let path = match program.contains('/') {
        true => find(tool(program)),
        false => find(program),
    };
    let output = Command::new(&path).args(words).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout);
    match output.status.success() {
        true => Ok(said),
        false => Err(format!("{program}: {said}{}", text(&output.stderr))),
    }
}

fn tool(program: &str) -> PathBuf {
    workspace_root().join("target/tools").join(program)
}

/// The Alertmanager that stacks have.
pub fn newer_alertmanager() -> PathBuf {
    tool("prometheus-2.53/root/usr/bin/prometheus-alertmanager")
}

/// Runs a program that has to end well; what it says on stdout.
#[track_caller]
pub fn accepted(folder: &Path, program: &str, words: &[impl AsRef<OsStr>]) -> String {
    says(folder, program, words).unwrap_or_else(|said| panic!("{}: {said}", folder.display()))
}

/// Whether every promtool takes this configuration of Prometheus.
#[track_caller]
pub fn prometheus_takes(folder: &Path, file: &str) {
    for promtool in PROMTOOLS {
        accepted(folder, promtool, &["check", "config", file]);
    }
}

/// Whether the Alertmanager of stacks takes `alertmanager/alertmanager.yml`, with its templates.
#[track_caller]
pub fn alertmanager_takes(folder: &Path) {
    alertmanager_of_takes(folder, NEWER_AMTOOL);
}

/// Whether that of Debian does so as well: it knows no addresses in files.
#[track_caller]
pub fn every_alertmanager_takes(folder: &Path) {
    for amtool in AMTOOLS {
        alertmanager_of_takes(folder, amtool);
    }
}

#[track_caller]
fn alertmanager_of_takes(folder: &Path, amtool: &str) {
    let words = ["check-config", "alertmanager/alertmanager.yml"];
    let said = accepted(folder, amtool, &words);
    // They are found from where the configuration is.
    assert!(said.contains("1 templates"), "{amtool}: {said}");
}

/// Whether Alertmanager sends each alert of `alertmanager/routes.json` where that says; how many
/// there are.
#[track_caller]
pub fn routes_lead_there(folder: &Path) -> usize {
    let table = fs::read_to_string(folder.join("alertmanager/routes.json")).unwrap();
    let table: Value = serde_json::from_str(&table).unwrap();
    let rows = table["tests"].as_array().unwrap();
    for row in rows {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let receivers = row["receivers"].as_array().unwrap();
        let receivers: Vec<String> = receivers.iter().map(text).collect();
        let labels = row["labels"].as_object().unwrap();
        let labels = labels
            .iter()
            .map(|(name, value)| format!("{name}={}", text(value)));
        let mut words = ["config", "routes", "test"].map(str::to_owned).to_vec();
        words.push("--config.file=alertmanager/alertmanager.yml".to_owned());
        words.push(format!("--verify.receivers={}", receivers.join(",")));
        words.extend(labels);
        accepted(folder, NEWER_AMTOOL, &words);
    }
    rows.len()
}

/// Whether every Compose takes `compose.yml`; how the newer one has understood it.
#[track_caller]
pub fn compose_takes(folder: &Path) -> Value {
    for compose in COMPOSES {
        accepted(folder, compose, &["config", "-q"]);
    }
    let said = accepted(folder, NEWER_COMPOSE, &["config", "--format", "json"]);
    // It writes a file of Compose again, in which a dollar is written twice.
    serde_json::from_str(&said.replace("$$", "$")).unwrap()
}
