//! Programs of others that say whether a page of metrics, or a dashboard, is right.
//!
//! Each looks for other faults, so a page should pass before all that read its format.

mod grafana;
mod reader;

pub use grafana::lost_by_grafana;
pub use reader::Reader;

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::poll;
use crate::program::{find, workspace_root};
use crate::temp::TempDir;

/// Reads the text formats with the parsers of the Python package `prometheus_client`.
const SCRIPT: &str = include_str!("exposition.py");

/// How long a judge may think.
const LIMIT: Duration = Duration::from_secs(60);

/// A metric family as a judge has read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// The name; that of a counter has no `_total`.
    pub name: String,
    /// `counter`, `gauge`, `histogram`, ...; `unknown` where none is given.
    pub kind: String,
    /// The help text.
    pub help: String,
    /// The unit; empty if there is none.
    pub unit: String,
    /// The samples in the order in which they stand on the page.
    pub samples: Vec<Sample>,
}

/// One line with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The full name, with `_total`, `_bucket`, ...
    pub name: String,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The value as the judge has understood it: `1.0`, `+Inf`, `NaN`.
    pub value: String,
    /// The timestamp, in seconds, if there is one.
    pub timestamp: Option<String>,
    /// The exemplar, if there is one.
    pub exemplar: Option<Exemplar>,
}

/// What stands behind a `#` after a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The value, as in [`Sample::value`].
    pub value: String,
    /// The timestamp, in seconds, if there is one.
    pub timestamp: Option<String>,
}

impl Sample {
    /// The value as a number.
    #[track_caller]
    pub fn number(&self) -> f64 {
        match self.value.parse() {
            Ok(number) => number,
            Err(_) => panic!("`{}` is no number", self.value),
        }
    }
}

/// `promtool check metrics`, for the text format 0.0.4: `Ok` if it ends well and has nothing to
/// say.
///
/// It refuses bad syntax and complains about bad names and missing help. It cannot read
/// OpenMetrics, and does not look at what buckets say.
pub fn promtool_check_metrics(page: &str) -> Result<(), String> {
    let mut command = Command::new(find("promtool"));
    command.args(["check", "metrics"]);
    let judged = judge(command, page);
    let said = format!("{}{}", judged.stdout, judged.stderr);
    if judged.code == Some(0) && said.trim().is_empty() {
        Ok(())
    } else {
        Err(told("promtool", &judged))
    }
}

/// The same for a page whose names are nobody's choice: `Ok` if it can be read, whatever promtool
/// thinks of its names.
pub fn promtool_reads(page: &str) -> Result<(), String> {
    let mut command = Command::new(find("promtool"));
    command.args(["check", "metrics"]);
    let judged = judge(command, page);
    // 3 is for style.
    match judged.code {
        Some(0 | 3) => Ok(()),
        _ => Err(told("promtool", &judged)),
    }
}

fn told(program: &str, judged: &Judged) -> String {
    let said = format!("{}{}", judged.stdout, judged.stderr);
    format!("{program}, exit code {:?}: {}", judged.code, said.trim())
}

/// The strict OpenMetrics 1.0 parser of `prometheus_client`.
///
/// Refused on top of what it refuses: the same series twice, also at different times, and numbers
/// in `le` and `quantile` that are not written the way the specification recommends (`1.0`,
/// `1e+06`, `+Inf`).
pub fn strict_openmetrics(page: &str) -> Result<Vec<Family>, String> {
    python("openmetrics", page)
}

/// The parser of `prometheus_client` for the text formats 0.0.4 and 1.0.0.
///
/// It is lenient: it serves to compare what was written with what is read. Refused on top of what
/// it refuses is the same series twice.
pub fn text_0_0_4(page: &str) -> Result<Vec<Family>, String> {
    python("text", page)
}

fn python(format: &str, page: &str) -> Result<Vec<Family>, String> {
    let mut command = Command::new(python_path());
    command.args(["-I", "-c", SCRIPT, format]);
    let judged = judge(command, page);
    if judged.code != Some(0) {
        // The script itself is broken, or Python is: not a judgement.
        panic!(
            "the judge failed, exit code {:?}:\n{}",
            judged.code, judged.stderr
        );
    }
    let json: Value = match serde_json::from_str(&judged.stdout) {
        Ok(json) => json,
        Err(error) => panic!("the judge's answer is no JSON: {error}\n{}", judged.stdout),
    };
    families(&json)
}

/// What the script answers.
fn families(json: &Value) -> Result<Vec<Family>, String> {
    match json["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(list(&json["families"], family)),
    }
}

/// The Python that has the parsers.
fn python_path() -> PathBuf {
    let path = match env::var_os("VITALSIGNS_PYTHON") {
        Some(path) => PathBuf::from(path),
        None => workspace_root().join("target/tools/python/bin/python"),
    };
    if !path.is_file() {
        panic!(
            "the Python environment ({}) is missing: run `cargo xtask install`",
            path.display()
        );
    }
    path
}

struct Judged {
    /// `None` if it was ended by a signal.
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs a judge with the page on stdin. Files instead of pipes: nothing can block.
fn judge(mut command: Command, page: &str) -> Judged {
    let dir = TempDir::new();
    let open = |result: std::io::Result<File>| match result {
        Ok(file) => file,
        Err(error) => panic!("cannot open a file in {}: {error}", dir.path().display()),
    };
    let stdin = open(File::open(dir.write("stdin", page)));
    let stdout = dir.path().join("stdout");
    let stderr = dir.path().join("stderr");
    command
        .stdin(Stdio::from(stdin))
        .stdout(open(File::create(&stdout)))
        .stderr(open(File::create(&stderr)));
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => panic!("cannot start {}: {error}", command.get_program().display()),
    };
    let ended = poll::attempt(LIMIT, || child.try_wait().ok().flatten().ok_or(()));
    let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    match ended {
        Ok(status) => Judged {
            code: status.code(),
            stdout: read(&stdout),
            stderr: read(&stderr),
        },
        Err((waited, ())) => {
            // Both may fail only when it has ended meanwhile.
            let _ = child.kill();
            let _ = child.wait();
            panic!(
                "{} did not end within {waited:?}",
                command.get_program().display()
            );
        }
    }
}

fn list<T>(value: &Value, item: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().into_iter().flatten().map(item).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

fn family(value: &Value) -> Family {
    Family {
        name: text(&value["name"]),
        kind: text(&value["type"]),
        help: text(&value["help"]),
        unit: text(&value["unit"]),
        samples: list(&value["samples"], sample),
    }
}

fn sample(value: &Value) -> Sample {
    Sample {
        name: text(&value["name"]),
        labels: labels(&value["labels"]),
        value: text(&value["value"]),
        timestamp: value["timestamp"].as_str().map(str::to_owned),
        exemplar: value["exemplar"]
            .is_object()
            .then(|| exemplar(&value["exemplar"])),
    }
}

fn exemplar(value: &Value) -> Exemplar {
    Exemplar {
        labels: labels(&value["labels"]),
        value: text(&value["value"]),
        timestamp: value["timestamp"].as_str().map(str::to_owned),
    }
}
