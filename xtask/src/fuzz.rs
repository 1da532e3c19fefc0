//! `cargo xtask fuzz`: libFuzzer on the targets of the package `fuzz`.
//!
//! It works with the stable toolchain: the counters that libFuzzer looks at are an LLVM pass, which
//! a flag adds, and libFuzzer itself comes with the crate libfuzzer-sys. Only the sanitizers need a
//! nightly one, and there is no unsafe code for them to watch.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::{Failure, cargo, output_of, root, run, shown};

/// How long a target runs if nothing else is said.
pub(crate) const SECONDS: u64 = 300;

/// How long each runs as a step of `cargo xtask test`.
pub(crate) const SHORT_SECONDS: u64 = 10;

/// How many run at once.
const AT_ONCE: usize = 2;

/// How long one input may take. Most take less than a millisecond.
const SLOWEST: u64 = 30;

/// What a run may take beyond its time, to start and to end.
const SPARE: Duration = Duration::from_secs(120);

/// What makes the compiler count edges and comparisons, as `cargo fuzz` does.
const FLAGS: &str = "--cfg fuzzing \
    -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1";

/// Fuzzes one target or all of them.
pub(crate) fn fuzz(seconds: u64, target: Option<&str>) -> Result<(), Failure> {
    let known = targets()?;
    let chosen = match target {
        None => known,
        Some(target) if known.iter().any(|known| known == target) => vec![target.to_owned()],
        Some(target) => {
            return Err(Failure::new(format!(
                "there is no target `{target}`; there are {}",
                known.join(", ")
            )));
        }
    };
    let program = build()?;
    let mut waiting = chosen.into_iter();
    let mut running: Vec<Run> = Vec::new();
    let mut errs = Vec::new();
    loop {
        while running.len() < AT_ONCE {
            let Some(target) = waiting.next() else { break };
            running.push(Run::start(&program, target, seconds)?);
        }
        if running.is_empty() {
            break;
        }
        thread::sleep(Duration::from_millis(100));
        let mut index = 0;
        while let Some(run) = running.get_mut(index) {
            match run.ended()? {
                Some(status) => errs.extend(running.swap_remove(index).judge(status)),
                None => index += 1,
            }
        }
    }
    match errs.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(errs.join("\n")).hint(
            "`cargo test -p fuzz` replays what was found. Mend it, give the file a name that says \
             what was wrong, and commit it.",
        )),
    }
}

/// The targets by their corpora, of which each has one.
fn targets() -> Result<Vec<String>, Failure> {
    let folder = root().join("fuzz/corpus");
    let entries = fs::read_dir(&folder).map_err(|error| not_there(&folder, &error))?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    Ok(names)
}

fn not_there(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

/// Builds the program with all targets in it.
fn build() -> Result<PathBuf, Failure> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = output_of(Command::new(rustc).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or_else(|| Failure::new("`rustc -vV` tells no host"))?;
    run(cargo()
        .args(["build", "--package", "fuzz", "--bin", "fuzz"])
        .args(["--profile", "fuzz", "--target-dir", "target/fuzz"])
        // With a target, the flags are not for macros and build scripts.
        .args(["--target", host])
        .env("RUSTFLAGS", FLAGS))?;
    Ok(root().join("target/fuzz").join(host).join("fuzz/fuzz"))
}

/// A target that is being fuzzed.
struct Run {
    target: String,
    child: Child,
    started: Instant,
    seconds: u64,
    log: PathBuf,
}

impl Run {
    fn start(program: &Path, target: String, seconds: u64) -> Result<Self, Failure> {
        let log = root().join(format!("target/fuzz/logs/{target}.log"));
        let found = format!("fuzz/regressions/{target}");
        let grown = format!("target/fuzz/corpus/{target}");
        for folder in ["target/fuzz/logs", &found, &grown] {
            let folder = root().join(folder);
            fs::create_dir_all(&folder).map_err(|error| not_there(&folder, &error))?;
        }
        let file = File::create(&log).map_err(|error| not_there(&log, &error))?;
        let errors = file.try_clone().map_err(|error| not_there(&log, &error))?;
        let mut command = Command::new(program);
        command
            .current_dir(root())
            .env("FUZZ_TARGET", &target)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-timeout={SLOWEST}"))
            .arg(format!("-report_slow_units={SLOWEST}"))
            .args(["-rss_limit_mb=1024", "-print_final_stats=1"])
            .arg(format!("-artifact_prefix={found}/"))
            // What is new goes to the first folder.
            .args([&grown, &format!("fuzz/corpus/{target}"), &found])
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors);
        println!("$ {}", shown(&command));
        let child = command
            .spawn()
            .map_err(|error| not_there(program, &error))?;
        Ok(Run {
            target,
            child,
            started: Instant::now(),
            seconds,
            log,
        })
    }

    /// How it ended, if it has; one that does not end is ended.
    fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        if self.started.elapsed() > Duration::from_secs(self.seconds) + SPARE {
            // It may have ended meanwhile.
            let _ = self.child.kill();
        }
        let ended = self.child.try_wait();
        ended.map_err(|error| Failure::new(format!("cannot wait for {}: {error}", self.target)))
    }

    /// Prints what came of it, and says what is wrong.
    fn judge(self, status: ExitStatus) -> Option<String> {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        println!("{:<18} {}", self.target, summary(&log));
        // Nothing was found: no folder for it.
        let _ = fs::remove_dir(root().join("fuzz/regressions").join(&self.target));
        if status.success() {
            return None;
        }
        let told = log.lines().filter(|line| !line.starts_with('#'));
        let told: Vec<&str> = told.collect();
        let from = told.iter().position(|line| line.contains("panicked at"));
        let from = from.unwrap_or(told.len().saturating_sub(20));
        for line in told.iter().skip(from).take(20) {
            println!("    {line}");
        }
        let input = log.lines().find_map(|line| line.split_once("written to "));
        let input = input.map_or("an input that was not written", |(_, input)| input);
        let log = self.log.display();
        Some(format!("{} errs on {input}; see {log}", self.target))
    }
}

/// The figures of a log, in a line.
fn summary(log: &str) -> String {
    let after = |line: &str, word: &str| -> Option<u64> {
        let (_, rest) = line.split_once(word)?;
        rest.split_whitespace().next()?.parse().ok()
    };
    let covered: Vec<u64> = log
        .lines()
        .filter(|line| line.starts_with('#'))
        .filter_map(|line| after(line, " cov: "))
        .collect();
    let loaded = log.lines().find(|line| line.contains("\tINITED "));
    let loaded = loaded.and_then(|line| after(line, " cov: "));
    let runs = log
        .lines()
        .find_map(|line| after(line, "stat::number_of_executed_units:"));
    format!(
        "{} inputs, {} edges with the corpus, {} at the end",
        runs.unwrap_or_default(),
        loaded.unwrap_or_default(),
        covered.last().copied().unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_summed_up() {
        let log = "INFO: Seed: 1\n#7\tINITED cov: 120 ft: 300 corp: 5/100b\n\
            #900\tNEW    cov: 144 ft: 310 corp: 6/110b\n\
            stat::number_of_executed_units: 1000\n";
        assert_eq!(
            summary(log),
            "1000 inputs, 120 edges with the corpus, 144 at the end"
        );
    }

    #[test]
    fn there_is_no_target_that_nobody_knows() {
        let failure = fuzz(1, Some("nothing")).expect_err("there is none");
        let said = "there is no target `nothing`; there are accept, accept_encoding, ";
        assert!(failure.message.starts_with(said), "{}", failure.message);
    }
}
