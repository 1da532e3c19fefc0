//! Grafana's own model of dashboards, as its SDK for Python has it.

use std::process::Command;

use super::{judge, python_path};

const SCRIPT: &str = include_str!("grafana.py");

/// What a dashboard loses when Grafana's SDK reads and writes it: keys that Grafana does not know,
/// and values that it does not take.
///
/// The SDK looks neither at expressions nor at the layout, and lets some wrong types pass.
pub fn lost_by_grafana(dashboard: &str) -> Vec<String> {
    let mut command = Command::new(python_path());
    command.args(["-I", "-c", SCRIPT]);
    let judged = judge(command, dashboard);
    if judged.code != Some(0) {
        panic!(
            "Grafana's SDK cannot read it, exit code {:?}:\n{}",
            judged.code, judged.stderr
        );
    }
    match serde_json::from_str(&judged.stdout) {
        Ok(lost) => lost,
        Err(error) => panic!("the judge's answer is no list: {error}\n{}", judged.stdout),
    }
}
