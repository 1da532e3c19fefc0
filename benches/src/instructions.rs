//! Instructions for each operation: this program runs itself under callgrind.

use std::env;
use std::fs;
use std::panic;
use std::process::{Command, Stdio};
use std::thread;

use crate::scenario::Fault;

/// Only what this function calls is counted; see [`Subject::measured`](crate::subject::Subject).
const MEASURED: &str = "*Subject::measured*";

/// Whether valgrind can be started.
pub(crate) fn available() -> bool {
    let mut valgrind = Command::new("valgrind");
    let output = valgrind.arg("--version").stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}

/// Those of all subjects; two at a time, because it does not matter who shares the machine.
pub(crate) fn all(scenario: &str, subjects: &[&str], count: u64) -> Result<Vec<f64>, Fault> {
    let mut counted = Vec::new();
    for pair in subjects.chunks(2) {
        let both: Vec<_> = thread::scope(|scope| {
            let each = |subject| scope.spawn(move || each(scenario, subject, count));
            let started: Vec<_> = pair.iter().copied().map(each).collect();
            let joined = started.into_iter().map(|thread| thread.join());
            joined.collect()
        });
        for one in both {
            counted.push(one.unwrap_or_else(|panic| panic::resume_unwind(panic))?);
        }
    }
    Ok(counted)
}

/// Instructions for each of `count` operations of one subject, as `--one` takes them.
pub(crate) fn each(scenario: &str, subject: &str, count: u64) -> Result<f64, Fault> {
    let name = format!("benches-{}-{scenario}-{subject}", std::process::id());
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let name: String = name.replace(|letter| !is_plain(letter), "_");
    let path = env::temp_dir().join(name);
    let this = env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--error-exitcode=0"])
        .arg(format!("--toggle-collect={MEASURED}"))
        .arg(format!("--callgrind-out-file={}", path.display()))
        .arg(this)
        .args(["--one", scenario, subject, &count.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let collected = fs::read_to_string(&path);
    let _ = fs::remove_file(&path);
    let failed = |why: &str| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("valgrind, {scenario} of {subject}: {why}\n{said}")
    };
    if !output.status.success() {
        return Err(failed(&output.status.to_string()));
    }
    let collected = collected.map_err(|error| failed(&error.to_string()))?;
    match total(&collected) {
        Some(total) if total > 0 => Ok(total as f64 / count as f64),
        _ => Err(failed("nothing was collected")),
    }
}

/// What callgrind's file says at its end.
fn total(collected: &str) -> Option<u64> {
    let mut lines = collected.lines();
    let line = lines.find_map(|line| line.strip_prefix("totals: "))?;
    line.trim().parse().ok()
}
