//! The rules that the kit makes, before promtool: they load without a word, their tests pass, and
//! these fail where a rule is changed.

use std::path::Path;
use std::process::Command;

use tests::program::find;
use tests::temp::TempDir;
use vitalsigns::{Registry, instrument_metrics};
use vitalsigns_kit::alert;
use vitalsigns_kit::artefact::Artefact;
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::system::{Service, System};

use crate::modules;

#[instrument_metrics(registry = registry, slo = "checkout", success = 99.9, latency = (250ms, 95))]
fn check_out(registry: &Registry) {}

/// A system that exports everything that there is.
fn system() -> System {
    let registry = Registry::new();
    for module in modules::MODULES {
        (module.register)(&registry).unwrap_or_else(|error| panic!("{}: {error}", module.name));
    }
    check_out(&registry);
    let one = Service::new("shop-api", "api:8080", registry.catalogue());
    let two = Service::new("shop-worker", "worker:8080", Registry::new().catalogue())
        .interval(std::time::Duration::from_secs(5));
    let system = System::new("shop")
        .title("The shop")
        .service(one)
        .service(two);
    Exporter::ALL.into_iter().fold(system, System::exporter)
}

fn write(folder: &TempDir, files: &[Artefact]) {
    for file in files {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
}

/// Runs promtool in a folder; what it says, and whether it is content.
fn promtool(program: &Path, folder: &Path, words: &[&str]) -> (bool, String) {
    let output = Command::new(program)
        .args(words)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), said)
}

fn rules(files: &[Artefact]) -> Vec<&str> {
    let paths = files.iter().map(|file| file.path.as_str());
    paths
        .filter(|path| path.starts_with("prometheus/rules/"))
        .collect()
}

fn tests_of(files: &[Artefact]) -> Vec<&str> {
    let paths = files.iter().map(|file| file.path.as_str());
    paths
        .filter(|path| path.starts_with("prometheus/tests/"))
        .collect()
}

#[test]
fn promtool_loads_all_rules_and_says_nothing_against_them() {
    let files = alert::artefacts(&system()).unwrap();
    let folder = TempDir::new();
    write(&folder, &files);
    let words = [
        &["check", "rules", "--lint=all", "--lint-fatal"][..],
        &rules(&files),
    ]
    .concat();
    let (is_content, said) = promtool(&find("promtool"), folder.path(), &words);
    assert!(is_content, "{said}");
    assert!(
        !said.contains("duplicate") && !said.contains("WARN"),
        "{said}"
    );
}

#[test]
fn promtool_finds_what_the_tests_say() {
    let files = alert::artefacts(&system()).unwrap();
    let folder = TempDir::new();
    write(&folder, &files);
    let words = [&["test", "rules"][..], &tests_of(&files)].concat();
    let (is_content, said) = promtool(&find("promtool"), folder.path(), &words);
    assert!(is_content, "{said}");
}
