//! The machine that a run was made on, without its name.

use std::fs;
use std::process::Command;
use std::thread;

use serde::{Deserialize, Serialize};

/// What figures depend on.
#[derive(Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) system: String,
    pub(crate) rustc: String,
    /// The libraries, each with its version.
    pub(crate) versions: Vec<String>,
}

impl Machine {
    pub(crate) fn this() -> Self {
        Machine {
            processor: processor().unwrap_or_else(|| "unknown".to_owned()),
            cores: thread::available_parallelism().map_or(0, usize::from),
            system: format!("{} {}", std::env::consts::ARCH, std::env::consts::OS),
            rustc: rustc().unwrap_or_else(|| "unknown".to_owned()),
            versions: versions(include_str!("../../Cargo.lock")),
        }
    }
}

impl Machine {
    /// A sentence.
    pub(crate) fn in_words(&self) -> String {
        let Machine {
            processor,
            cores,
            system,
            rustc,
            ..
        } = self;
        format!("Machine: {processor}; {cores} cores; {system}; rustc {rustc}.")
    }
}

fn processor() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let value = |name: &str| {
        let mut lines = info.lines();
        let line = lines.find(|line| line.split(':').next().is_some_and(|key| key.trim() == name));
        Some(line?.split(':').nth(1)?.trim().to_owned())
    };
    let name = value("model name")?;
    // Virtual machines often leave out which one it is.
    match (value("cpu family"), value("model")) {
        (Some(family), Some(model)) => Some(format!("{name}, family {family}, model {model}")),
        _ => Some(name),
    }
}

/// That of the toolchain that cargo runs with.
fn rustc() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    Some(line.split(' ').nth(1)?.trim().to_owned())
}

/// The libraries that are compared.
const LIBRARIES: [&str; 17] = [
    "vitalsigns",
    "prometheus-client",
    "prometheus",
    "measured",
    "fastmetrics",
    "metrics",
    "metrics-exporter-prometheus",
    "opentelemetry",
    "opentelemetry_sdk",
    "opentelemetry-prometheus",
    "foundations-metrics",
    "autometrics",
    "axum",
    "axum-prometheus",
    "tower-otel-http-metrics",
    "actix-web",
    "actix-web-prom",
];

/// The versions that this package is built with. Where the lock file has two of a name, it says
/// which one among the dependencies of a package; of two that are used there, the newer one counts.
fn versions(lock: &str) -> Vec<String> {
    let packages: Vec<&str> = lock.split("[[package]]").collect();
    let named = |name: &str| {
        let line = format!("name = \"{name}\"");
        let of_name = packages
            .iter()
            .filter(move |package| package.lines().any(|found| found == line));
        of_name.copied().collect::<Vec<_>>()
    };
    let ours = named("benches").first().copied().unwrap_or_default();
    let version = |library: &&str| {
        let mut used = ours.lines().filter_map(|line| {
            let dependency = line.trim().trim_end_matches(',').trim_matches('"');
            dependency.strip_prefix(*library)?.strip_prefix(' ')
        });
        let found = named(library);
        let locked = found.first().and_then(|package| {
            let mut lines = package.lines();
            lines.find_map(|line| line.strip_prefix("version = "))
        });
        let version = used.next_back().or(locked)?.trim_matches('"');
        Some(format!("{library} {version}"))
    };
    LIBRARIES.iter().filter_map(version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_versions_the_one_that_is_used_is_told() {
        let lock = r#"
[[package]]
name = "benches"
version = "0.1.0"
dependencies = [
 "measured",
 "opentelemetry 0.30.0",
 "opentelemetry 0.33.1",
 "prometheus-client 0.25.2",
]

[[package]]
name = "measured"
version = "0.0.25"

[[package]]
name = "opentelemetry"
version = "0.30.0"

[[package]]
name = "opentelemetry"
version = "0.33.1"

[[package]]
name = "prometheus-client"
version = "0.22.3"

[[package]]
name = "prometheus-client"
version = "0.25.2"
"#;
        assert_eq!(
            versions(lock),
            [
                "prometheus-client 0.25.2",
                "measured 0.0.25",
                "opentelemetry 0.33.1"
            ]
        );
    }
}
