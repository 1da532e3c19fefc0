//! The rules that the kit makes, before promtool: they load without a word, their tests pass with
//! old and new Prometheus, and there is none whose tests would not notice a change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use tests::program::{beside, find};
use tests::temp::TempDir;
use vitalsigns::{Registry, instrument_metrics};
use vitalsigns_kit::alert;
use vitalsigns_kit::artefact::Artefact;
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::query::Unit;
use vitalsigns_kit::system::{Service, System};

use crate::modules;

#[instrument_metrics(registry = registry, slo = "checkout", success = 99.9, latency = (250ms, 95))]
fn check_out(registry: &Registry) {}

/// Everything that there is.
fn everything(registry: Registry) -> Registry {
    for module in modules::MODULES {
        (module.register)(&registry).unwrap_or_else(|error| panic!("{}: {error}", module.name));
    }
    check_out(&registry);
    registry
}

/// A system that exports everything that there is.
fn system() -> System {
    let registry = everything(Registry::new());
    let one = Service::new("shop-api", "api:8080", registry.catalogue());
    let two = Service::new("shop-worker", "worker:8080", Registry::new().catalogue())
        .interval(std::time::Duration::from_secs(5));
    let system = System::new("shop")
        .title("The shop")
        .service(one)
        .service(two);
    Exporter::ALL.into_iter().fold(system, System::exporter)
}

/// A folder with these files.
fn folder(files: &[Artefact]) -> TempDir {
    let folder = TempDir::new();
    for file in files {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
    folder
}

/// The files below this folder.
fn below<'f>(files: &'f [Artefact], folder: &str) -> Vec<&'f str> {
    let paths = files.iter().map(|file| file.path.as_str());
    paths.filter(|path| path.starts_with(folder)).collect()
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

/// Runs each of these files of tests, two at a time, and returns for each what it says.
fn run(program: &Path, folder: &Path, tests: &[&str]) -> Vec<(bool, String)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut said = Vec::new();
        while let Some(test) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
            said.push(promtool(program, folder, &["test", "rules", test]));
        }
        said
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut said = work();
        said.extend(other.join().unwrap());
        said
    })
}

#[track_caller]
fn assert_passes(program: &Path, system: &System) {
    let files = alert::artefacts(system).unwrap();
    let folder = folder(&files);
    for (is_content, said) in run(program, folder.path(), &below(&files, "prometheus/tests/")) {
        assert!(is_content, "{said}");
    }
}

#[test]
fn promtool_loads_all_rules_and_says_nothing_against_them() {
    let files = alert::artefacts(&system()).unwrap();
    let folder = folder(&files);
    let rules = below(&files, "prometheus/rules/");
    let words = [
        &["check", "rules", "--lint=all", "--lint-fatal"][..],
        &rules,
    ]
    .concat();
    for program in [find("promtool"), beside("prometheus-3", "promtool")] {
        let (is_content, said) = promtool(&program, folder.path(), &words);
        assert!(is_content, "{said}");
        let is_quiet = ["duplicate", "WARN", "FAILED"]
            .iter()
            .all(|word| !said.contains(word));
        assert!(is_quiet, "{said}");
        assert_eq!(said.matches("SUCCESS").count(), rules.len(), "{said}");
    }
}

#[test]
fn promtool_finds_what_the_tests_say() {
    assert_passes(&find("promtool"), &system());
}

#[test]
fn a_newer_promtool_finds_the_same() {
    assert_passes(&beside("prometheus-3", "promtool"), &system());
}

/// The groups of what services export under their namespace.
const NAMESPACED: [&str; 9] = [
    "business",
    "functions",
    "health",
    "http",
    "media",
    "memory",
    "messages",
    "storage",
    "work",
];

#[test]
fn with_a_namespace_and_others_names_it_is_the_same() {
    let registry = Registry::builder().namespace("aura").build().unwrap();
    let registry = everything(registry);
    let aura = Service::new("aura", "aura:8000", registry.catalogue());
    let system = System::new("aura")
        .service(aura)
        .runbooks("https://wiki.example.org");
    let groups = alert::alerts(&system).unwrap();
    for name in NAMESPACED {
        let group = groups.iter().find(|group| group.name == name);
        let group = group.unwrap_or_else(|| panic!("no group {name}"));
        assert!(
            group
                .alerts
                .iter()
                .all(|alert| alert.labels["namespace"] == "aura")
        );
    }
    // What registries say of themselves has the same name everywhere.
    let all: Vec<&str> = groups
        .iter()
        .flat_map(|group| &group.alerts)
        .map(|alert| alert.name.as_str())
        .collect();
    for name in [
        "SeriesOverflow",
        "RestartLoop",
        "ServiceEmpty",
        "JobLate",
        "SloBurnLatency",
    ] {
        assert!(all.contains(&name), "{name}: {all:?}");
    }
    let files = alert::artefacts(&system).unwrap();
    let folder = folder(&files);
    let mut tests = below(&files, "prometheus/tests/");
    let is_of_services = |path: &&str| NAMESPACED.iter().any(|name| path.contains(name));
    tests.retain(is_of_services);
    assert_eq!(tests.len(), NAMESPACED.len());
    for (is_content, said) in run(&find("promtool"), folder.path(), &tests) {
        assert!(is_content, "{said}");
    }
}

#[test]
fn odd_names_are_written_so_that_they_stay_what_they_are() {
    let catalogue = Registry::new().catalogue();
    let odd = Service::new("the \"shop\": \\ é", "shop:80", catalogue);
    let system = System::new("yes")
        .title("A\n- b: \"c\"")
        .team("1.5")
        .service(odd);
    let files = alert::artefacts(&system).unwrap();
    let folder = folder(&files);
    let tests = ["prometheus/tests/scrape_test.yml"];
    for (is_content, said) in run(&find("promtool"), folder.path(), &tests) {
        assert!(is_content, "{said}");
    }
}

/// How a comparison with a number is written otherwise.
type Change = fn(&str, f64) -> String;

/// Each number that an expression is compared with, outside of brackets, as `change` says; behind
/// `unless` as `opposite` says.
fn changed(rules: &str, change: Change, opposite: Change) -> String {
    let mut out = String::new();
    let mut is_expression = false;
    let mut depth = 0i32;
    for line in rules.lines() {
        if line.ends_with("expr: |-") {
            (is_expression, depth) = (true, 0);
        } else if is_expression && !line.starts_with("          ") {
            is_expression = false;
        } else if is_expression {
            out.push_str(&" ".repeat(10));
            let line = line.trim_start();
            let change = if line.starts_with("unless ") {
                opposite
            } else {
                change
            };
            out.push_str(&changed_line(line, &mut depth, change));
            out.push('\n');
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn changed_line(line: &str, depth: &mut i32, change: Change) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        let operator = words
            .last()
            .filter(|word| *depth == 0 && word.starts_with(['>', '<', '=']));
        let number = word.parse::<f64>().ok();
        if let (Some(operator), Some(number)) = (operator.cloned(), number) {
            words.pop();
            words.push(change(&operator, number));
        } else {
            words.push(word.to_owned());
        }
        // Brackets in strings come in pairs here.
        for character in word.chars() {
            match character {
                '(' | '{' | '[' => *depth += 1,
                ')' | '}' | ']' => *depth -= 1,
                _ => {}
            }
        }
    }
    words.join(" ")
}

fn stricter(operator: &str, number: f64) -> String {
    match operator {
        "==" => "== 12345".to_owned(),
        _ if number == 0.0 && operator.starts_with('>') => format!("{operator} 1e18"),
        _ if number == 0.0 => format!("{operator} -1e18"),
        _ if operator.starts_with('>') => format!("{operator} {}", number * 2.5),
        _ => format!("{operator} {}", number * 0.3),
    }
}

fn looser(operator: &str, number: f64) -> String {
    match operator {
        "==" => ">= 0".to_owned(),
        ">" if number == 0.0 => ">= 0".to_owned(),
        "<" if number == 0.0 => "<= 1e18".to_owned(),
        _ if operator.starts_with('>') => format!("{operator} {}", number * 0.3),
        _ => format!("{operator} {}", number * 2.5),
    }
}

/// The file of tests with those alone whose name ends so.
fn only(tests: &str, name: &str) -> String {
    let mut entries = tests.split("\n  - name: ");
    let mut out = entries.next().unwrap_or_default().to_owned();
    for entry in entries {
        if entry
            .lines()
            .next()
            .is_some_and(|entry| entry.trim_end_matches('"').ends_with(name))
        {
            out.push_str("\n  - name: ");
            out.push_str(entry);
        }
    }
    out.push('\n');
    out
}

/// The alerts whose tests fail where every rule is changed so.
fn noticed(change: impl Fn(&str) -> String, by: &str) -> BTreeSet<String> {
    let mut files = alert::artefacts(&system()).unwrap();
    for file in &mut files {
        if file.path.starts_with("prometheus/rules/") {
            let changed = change(&file.text);
            assert_ne!(changed, file.text, "{}", file.path);
            file.text = changed;
        } else if file.path.starts_with("prometheus/tests/") {
            file.text = only(&file.text, by);
        }
    }
    let folder = folder(&files);
    let mut tests = below(&files, "prometheus/tests/");
    // These have long times, and rules like those of the others.
    tests.retain(|path| !path.contains("trends") && !path.contains("objectives"));
    let mut failed = BTreeSet::new();
    for (_, said) in run(&find("promtool"), folder.path(), &tests) {
        let names = said
            .lines()
            .filter_map(|line| line.trim().strip_prefix("name: "));
        failed.extend(names.filter_map(|name| Some(name.split_once(" (")?.0.to_owned())));
    }
    failed
}

fn names(keeps: impl Fn(&alert::Alert) -> bool) -> BTreeSet<String> {
    let groups = alert::alerts(&system()).unwrap();
    let groups = groups
        .iter()
        .filter(|group| !["trends", "objectives"].contains(&&*group.name));
    let alerts = groups.flat_map(|group| &group.alerts);
    alerts
        .filter(|alert| keeps(alert))
        .map(|alert| alert.name.clone())
        .collect()
}

/// What fires whatever it is compared with: it only asks whether something is there.
const ABOUT_PRESENCE: [&str; 2] = ["EscalationNeeded", "Watchdog"];

#[test]
fn a_threshold_that_is_stricter_is_noticed_by_every_alert() {
    let failed = noticed(|rules| changed(rules, stricter, looser), ") fires");
    let all = names(|alert| alert.name != "Watchdog");
    let missed: Vec<_> = all.difference(&failed).collect();
    assert!(missed.is_empty() && all.len() > 80, "{missed:?}");
}

#[test]
fn a_threshold_that_is_looser_is_noticed_by_every_alert() {
    let failed = noticed(|rules| changed(rules, looser, stricter), "just below");
    let all = names(|alert| !ABOUT_PRESENCE.contains(&&*alert.name));
    let missed: Vec<_> = all.difference(&failed).collect();
    assert!(missed.is_empty() && all.len() > 80, "{missed:?}");
}

/// A change of one rule, the file that it is in, and a part of the name of a test that notices it.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    (
        "http",
        "sum by (job) (rate(http_requests_total{status",
        "(rate(http_requests_total{status",
        "HighErrorRate",
    ),
    (
        "http",
        "\n          and sum by (job) (rate(http_requests_total[5m])) > 0.1",
        "",
        "little happens",
    ),
    ("http", "        for: 5m\n", "", "waits for its time"),
    (
        "http",
        "{{ $value | humanizePercentage }}",
        "{{ $value }}%",
        "HighErrorRate",
    ),
    (
        "scrape",
        "\n          or absent(up{job=\"shop-api\"})",
        "",
        "fires where nothing is there",
    ),
    (
        "backends",
        "sum by (job, instance) (pg_stat",
        "max by (job, instance) (pg_stat",
        "TooManyConnections",
    ),
    (
        "backends",
        "\n          and sum by (job, instance) (redis_memory_max_bytes) > 0",
        "",
        "there is no limit",
    ),
    (
        "work",
        "max by (job, queue) (time() - (queue_oldest",
        "min by (job) (time() - (queue_oldest",
        "QueueBacklog",
    ),
    (
        "work",
        "          severity: warning",
        "          severity: critical",
        "QueueBacklog",
    ),
    ("memory", "unless sum", "and sum", "MoverStalled"),
];

#[test]
fn a_rule_that_says_something_else_is_noticed() {
    let files = alert::artefacts(&system()).unwrap();
    for (group, from, to, test) in CHANGES {
        let mut files = files.clone();
        let path = format!("prometheus/rules/{group}.yml");
        let rules = files.iter_mut().find(|file| file.path == path).unwrap();
        assert!(rules.text.contains(from), "{group}: {from}");
        rules.text = rules.text.replacen(from, to, 1);
        let folder = folder(&files);
        let tests = format!("prometheus/tests/{group}_test.yml");
        let words = ["test", "rules", tests.as_str()];
        let (is_content, said) = promtool(&find("promtool"), folder.path(), &words);
        assert!(
            !is_content && said.contains(test),
            "{group}: {from} -> {to}: {said}"
        );
    }
}

#[test]
fn values_are_printed_as_templates_print_them() {
    let units = [
        Unit::NUMBER,
        Unit::SECONDS,
        Unit::BYTES,
        Unit::RATIO,
        Unit::TIMES,
        Unit::NUMBER.per_second(),
        Unit::named("frames"),
    ];
    let values = [
        "0", "1", "0.5", "-0.5", "0.051", "0.00012", "1.5e-7", "59.9", "60", "61.7", "-61.7",
        "999.96", "1000", "1023", "1024", "12345", "86399", "86400", "90061.5", "1.5e6", "2.5e9",
        "1e15", "1e18", "NaN", "+Inf", "-Inf", "0.00095", "1234.5", "99999",
    ];
    let mut rules = Vec::new();
    let mut tests = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let number: f64 = value.parse().unwrap();
        let name = format!("a{index}");
        let texts: serde_json::Map<_, _> = units
            .iter()
            .enumerate()
            .map(|(unit, of)| (format!("u{unit}"), of.template("$value").into()))
            .collect();
        rules.push(serde_json::json!({
            "alert": name, "expr": format!("vector({value})"), "annotations": texts,
        }));
        let printed: serde_json::Map<_, _> = units
            .iter()
            .enumerate()
            .map(|(unit, of)| (format!("u{unit}"), of.printed(number).into()))
            .collect();
        tests.push(serde_json::json!({
            "eval_time": "0m", "alertname": name, "exp_alerts": [{ "exp_annotations": printed }],
        }));
    }
    let rules = serde_json::json!({ "groups": [{ "name": "all", "rules": rules }] });
    let tests = serde_json::json!({
        "rule_files": ["rules.yml"], "evaluation_interval": "1m",
        "tests": [{ "interval": "1m", "alert_rule_test": tests }],
    });
    let folder = TempDir::new();
    folder.write("rules.yml", rules.to_string());
    folder.write("test.yml", tests.to_string());
    let programs: [PathBuf; 2] = [find("promtool"), beside("prometheus-3", "promtool")];
    for program in programs {
        let words = ["test", "rules", "test.yml"];
        let (is_content, said) = promtool(&program, folder.path(), &words);
        assert!(is_content, "{said}");
    }
}
