//! The steps of `cargo xtask test`.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fuzz;
use crate::install;
use crate::run::{Failure, cargo, output_of, root, run, run_within};

/// How long the demo is told to run, and how much longer it may take.
const DEMO: Duration = Duration::from_secs(5);
const DEMO_SPARE: Duration = Duration::from_secs(100);

/// All packages but the benchmarks: with all features these would build eleven other libraries.
const WITHOUT_PEERS: [&str; 3] = ["--workspace", "--exclude", "benches"];

/// One step, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Install,
    Fmt,
    Clippy,
    Doc,
    Features,
    Test,
    Races,
    Fuzz,
    Bench,
    Demo,
}

impl Step {
    /// All of them, in the order in which they run.
    pub(crate) const ALL: [Self; 10] = [
        Self::Install,
        Self::Fmt,
        Self::Clippy,
        Self::Doc,
        Self::Features,
        Self::Test,
        Self::Races,
        Self::Fuzz,
        Self::Bench,
        Self::Demo,
    ];

    /// The name that `--from` and `--only` take.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Doc => "doc",
            Self::Features => "features",
            Self::Test => "test",
            Self::Races => "races",
            Self::Fuzz => "fuzz",
            Self::Bench => "bench",
            Self::Demo => "demo",
        }
    }

    /// The step of this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// What it does, in a few words.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Install => "the programs that the tests start",
            Self::Fmt => "the code is formatted",
            Self::Clippy => "clippy has nothing to say, for all targets with all features",
            Self::Doc => "the documentation builds without warnings",
            Self::Features => "each crate builds without features and with each one alone",
            Self::Test => "all tests, the documentation's examples among them",
            Self::Races => {
                "loom finds no order of recording, removal and scrape that loses something"
            }
            Self::Fuzz => "no target of `cargo xtask fuzz` errs within 10 seconds",
            Self::Bench => {
                "the benchmarks run, their pages hold what was recorded, and no operation takes more \
                 instructions than before"
            }
            Self::Demo => "the fleet of examples visits itself for some seconds",
        }
    }

    /// What to do when it fails.
    fn hint(self) -> &'static str {
        match self {
            Self::Install => {
                "Install by hand what could not be installed, or run with --no-install."
            }
            Self::Fmt => "`cargo fmt --all` formats the code.",
            Self::Clippy => "Change the code as clippy says above.",
            Self::Doc => "Change the documentation comments as rustdoc says above.",
            Self::Features => {
                "The command above shows the feature that does not build alone: put what needs another \
                 feature behind `#[cfg(feature = ...)]`, or let the feature name the other in Cargo.toml."
            }
            Self::Test => {
                "The failures are listed above; `cargo test -p PACKAGE --all-features NAME` runs one of \
                 them. If a program is missing: `cargo xtask install`."
            }
            Self::Races => {
                "The failing order is printed above; `LOOM_LOG=trace` in front of the command tells more."
            }
            Self::Fuzz => "The panic is shown above; the input lies under fuzz/regressions.",
            Self::Bench => {
                "The subject whose page is wrong, or the operation that takes more instructions, is \
                 named above. If they are worth it: `cargo run --release -p benches -- --record`."
            }
            Self::Demo => "Start it by hand to see what it does: the command is shown above.",
        }
    }

    fn run(self) -> Result<(), Failure> {
        match self {
            Self::Install => install::install(),
            Self::Fmt => run(cargo().args(["fmt", "--all", "--check"])),
            Self::Clippy => {
                let rest = ["--all-targets", "--all-features", "--", "-Dwarnings"];
                run(cargo().arg("clippy").args(WITHOUT_PEERS).args(rest))?;
                run(cargo().args(["clippy", "--package", "benches"]).args([
                    "--all-targets",
                    "--",
                    "-Dwarnings",
                ]))
            }
            Self::Doc => run(cargo()
                .arg("doc")
                .args(WITHOUT_PEERS)
                .args(["--no-deps", "--all-features"])
                .env("RUSTDOCFLAGS", "-Dwarnings")),
            Self::Features => features(),
            Self::Test => run(cargo()
                .arg("test")
                .args(WITHOUT_PEERS)
                .arg("--all-features")
                .env("VITALSIGNS_PYTHON", install::python())),
            Self::Races => run(cargo()
                .args(["test", "--package", "vitalsigns", "--lib", "races"])
                // Other flags are another build: a folder of its own keeps both.
                .args(["--target-dir", "target/loom"])
                .env("RUSTFLAGS", "--cfg loom")),
            Self::Fuzz => fuzz::fuzz(fuzz::SHORT_SECONDS, None),
            Self::Bench => {
                let package = ["--release", "--quiet", "--package", "benches"];
                run(cargo().arg("test").args(package))?;
                run(cargo().arg("run").args(package).args(["--", "--short"]))
            }
            Self::Demo => demo(),
        }
    }
}

/// Runs the steps in turn; stops at the first that fails.
pub(crate) fn test(steps: &[Step]) -> Result<(), Failure> {
    let mut took = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        println!(
            "\n==> {} ({}/{}): {}",
            step.name(),
            place + 1,
            steps.len(),
            step.what()
        );
        let started = Instant::now();
        let outcome = step.run();
        let time = started.elapsed();
        if let Err(failure) = outcome {
            let name = step.name();
            let failure = Failure {
                message: format!("{name} failed after {}: {}", seconds(time), failure.message),
                code: failure.code,
            };
            return Err(failure.hint(step.hint()).hint(&format!(
                "`cargo xtask test --from {name}` goes on from here."
            )));
        }
        println!("<== {}: {}", step.name(), seconds(time));
        took.push((step, time));
    }
    println!("\nEverything passed:");
    for (step, time) in &took {
        println!("    {:<9} {:>8}", step.name(), seconds(*time));
    }
    println!(
        "    {:<9} {:>8}",
        "together",
        seconds(took.iter().map(|(_, time)| *time).sum())
    );
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Each library crate without features, then with each feature alone; all together is what clippy
/// looks at.
fn features() -> Result<(), Failure> {
    let metadata = output_of(cargo().args(["metadata", "--no-deps", "--format-version=1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| {
        Failure::new(format!("cannot read what `cargo metadata` prints: {error}"))
    })?;
    let crates = root().join("crates");
    let builds = feature_builds(&metadata, &format!("{}/", crates.display()));
    if builds.is_empty() {
        return Err(Failure::new(format!(
            "no crate with features under {}",
            crates.display()
        )));
    }
    for build in &builds {
        // Clippy with the same flags as the clippy step, not `RUSTFLAGS=-Dwarnings cargo check`:
        // other flags would build every dependency once more.
        let mut command = cargo();
        command.args([
            "clippy",
            "--quiet",
            "--package",
            &build.package,
            "--no-default-features",
        ]);
        if let Some(feature) = &build.feature {
            command.args(["--features", feature]);
        }
        run(command.args(["--", "-Dwarnings"]))?;
    }
    Ok(())
}

/// One combination of features to build.
#[derive(Debug, PartialEq, Eq)]
struct FeatureBuild {
    package: String,
    /// The only feature that is on, if any.
    feature: Option<String>,
}

/// The combinations for all packages whose manifest's path starts with `under`.
fn feature_builds(metadata: &Value, under: &str) -> Vec<FeatureBuild> {
    let mut builds = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let (Some(name), Some(manifest), Some(features)) = (
            package["name"].as_str(),
            package["manifest_path"].as_str(),
            package["features"].as_object(),
        ) else {
            continue;
        };
        if !manifest.starts_with(under) || features.is_empty() {
            continue;
        }
        let mut features: Vec<_> = features.keys().cloned().collect();
        features.sort_unstable();
        builds.extend(
            std::iter::once(None)
                .chain(features.into_iter().map(Some))
                .map(|feature| FeatureBuild {
                    package: name.to_owned(),
                    feature,
                }),
        );
    }
    builds
}

/// The example programs together, which visit themselves.
fn demo() -> Result<(), Failure> {
    let chosen = ["--release", "--package", "fleet"];
    // Built first, so that the time is the program's alone.
    run(cargo().arg("build").args(chosen))?;
    let started = Instant::now();
    let mut demo = cargo();
    demo.args(["run", "--quiet"])
        .args(chosen)
        .arg("--")
        .args(["--seconds", &DEMO.as_secs().to_string()])
        // The usual ports may be taken here.
        .arg("--any-port");
    run_within(DEMO + DEMO_SPARE, &mut demo)?;
    let took = started.elapsed();
    if took < DEMO {
        // A program that ignores its options also ends with exit code 0.
        return Err(Failure::new(format!(
            "the fleet ended well, but after {} already",
            seconds(took)
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_read_back() {
        for step in Step::ALL {
            assert_eq!(Step::from_name(step.name()), Some(step));
        }
        assert_eq!(Step::from_name("all"), None);
    }

    #[test]
    fn features_are_built_one_by_one() {
        let metadata = json!({"packages": [
            {"name": "b", "manifest_path": "/w/crates/b/Cargo.toml", "features": {"x": [], "default": ["x"]}},
            {"name": "plain", "manifest_path": "/w/crates/plain/Cargo.toml", "features": {}},
            {"name": "elsewhere", "manifest_path": "/w/examples/e/Cargo.toml", "features": {"y": []}},
            {"name": "beside", "manifest_path": "/w/crates-old/b/Cargo.toml", "features": {"y": []}},
        ]});
        let builds: Vec<_> = feature_builds(&metadata, "/w/crates/")
            .into_iter()
            .map(|build| (build.package, build.feature))
            .collect();
        assert_eq!(
            builds,
            [None, Some("default"), Some("x")]
                .map(|feature| ("b".to_owned(), feature.map(str::to_owned)))
        );
    }
}
