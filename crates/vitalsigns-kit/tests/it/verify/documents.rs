//! The configuration of three systems as their own documents have it, each fault of which was found
//! by hand: whatever can be seen in a file has to be found in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use vitalsigns::Catalogue;
use vitalsigns_kit::diff::diff;
use vitalsigns_kit::finding::{Finding, Output, render};
use vitalsigns_kit::lint::{Subject, lint};
use vitalsigns_kit::verify::{Folder, Knowledge, verify};

fn data(path: &str) -> PathBuf {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data");
    data.join(path)
}

fn judged(system: &str) -> Vec<Finding> {
    let folder = Folder::read(data(system)).unwrap();
    verify(&folder, &Knowledge::new())
}

/// What answers a fault.
enum Answer {
    /// `verify`: a code, and how the place ends.
    Found(&'static [(&'static str, &'static str)]),
    /// `lint` of a page that was recorded.
    Page(&'static str, &'static [&'static str]),
    /// Nothing in a file can; this does.
    Elsewhere(&'static str),
}

use Answer::{Elsewhere, Found, Page};

/// The number of a fault, its document, and what answers it. A fault with several parts has several
/// rows.
const FAULTS: &[(usize, &str, Answer)] = &[
    (
        1,
        "auren",
        Found(&[("curl-without-fail", "check_monitoring.sh:16")]),
    ),
    (
        2,
        "auren",
        Found(&[("check-that-restarts", "check_monitoring.sh:18")]),
    ),
    (
        3,
        "auren",
        Found(&[("container-by-grep", "check_monitoring.sh:6")]),
    ),
    (
        4,
        "auren",
        Found(&[("unreachable-is-zero", "check_monitoring.sh:22")]),
    ),
    (
        5,
        "auren",
        Found(&[
            ("check-that-restarts", "check_monitoring.sh:8"),
            ("check-without-alert", "check_monitoring.sh:7"),
        ]),
    ),
    (
        6,
        "auren",
        Elsewhere("prose; what a restart policy does not do is in the generated runbooks"),
    ),
    (
        7,
        "auren",
        Found(&[
            ("test-of-nothing", "test_metrics_endpoint.py:18"),
            ("page-by-grep", "test_metrics_endpoint.py:8"),
        ]),
    ),
    (
        8,
        "auren",
        Found(&[
            ("healthcheck-tool", "service `prometheus`"),
            ("healthcheck-tool", "service `grafana`"),
            ("healthcheck-tool", "service `biometric-production`"),
        ]),
    ),
    (
        9,
        "auren",
        Found(&[
            ("secret-in-command", "test_datasource.sh:2"),
            ("public-target", "job `biometric-api`"),
        ]),
    ),
    (
        9,
        "azora",
        Found(&[("default-password", "service `grafana`")]),
    ),
    (10, "auren", Elsewhere("dates of prose")),
    (
        11,
        "auren",
        Found(&[
            ("unknown-metric", "panel `Memory tier operations`"),
            ("unknown-metric", "panel `Webhooks`"),
            ("unknown-metric", "panel `Mode switches`"),
        ]),
    ),
    (
        12,
        "auren",
        Elsewhere("code of the service; no file of configuration shows it"),
    ),
    (
        13,
        "auren",
        Elsewhere("a missing import ends the service: the self-test when it starts"),
    ),
    (14, "auren", Page("pages/placeholder.json", &["not-a-page"])),
    (
        15,
        "auren",
        Elsewhere("two catalogues: `catalogue diff`, tested below"),
    ),
    (
        16,
        "aura-render",
        Page("pages/aura-render.txt", &["identifying-label"]),
    ),
    (
        17,
        "aura-render",
        Page("pages/aura-render.txt", &["derived-label"]),
    ),
    (
        18,
        "aura-render",
        Page("pages/aura-render.txt", &["percent"]),
    ),
    (
        18,
        "aura-render",
        Found(&[("labels-never-match", "alert `VideoGenerationFailureRate`")]),
    ),
    (
        19,
        "aura-render",
        Elsewhere("code of the service: labels of the attribute are closures"),
    ),
    (
        20,
        "aura-render",
        Found(&[
            ("removed-api", "troubleshooting.sh:6"),
            ("removes-tsdb", "troubleshooting.sh:9"),
            ("old-compose", "start_monitoring.sh:13"),
            ("unexpanded-variable", "alertmanager.yml:5"),
            ("default-password", ".env.monitoring:12"),
        ]),
    ),
    (
        21,
        "aura-render",
        Elsewhere("prose: documents are made from what is configured"),
    ),
    (
        22,
        "aura-render",
        Found(&[
            ("self-division", "alert `HighErrorRate`"),
            ("percent-of-ratio", "alert `HighErrorRate`, summary"),
        ]),
    ),
    (
        23,
        "aura-render",
        Found(&[
            ("labels-never-match", "alert `VideoGenerationFailureRate`"),
            ("labels-never-match", "alert `HighOptimizationFailureRate`"),
        ]),
    ),
    (
        24,
        "aura-render",
        Found(&[
            ("histogram-name", "alert `LongRunningVideoGeneration`"),
            (
                "template-label",
                "alert `LongRunningVideoGeneration`, summary",
            ),
            ("for-zero", "alert `LongRunningVideoGeneration`"),
        ]),
    ),
    (
        25,
        "aura-render",
        Found(&[("other-period", "alert `LowVideoGenerationRate`, summary")]),
    ),
    (
        26,
        "aura-render",
        Found(&[
            ("missing-exporter", "alert `PostgreSQLTooManyConnections`"),
            ("missing-exporter", "alert `RedisMemoryHigh`"),
            ("not-by-default", "alert `GPUMemoryHigh`"),
        ]),
    ),
    (
        27,
        "aura-render",
        Found(&[
            ("quantile-by-series", "alert `HighRequestLatency`"),
            ("threshold-between-buckets", "alert `HighRequestLatency`"),
        ]),
    ),
    (
        27,
        "aura-render",
        Found(&[("threshold-above-buckets", "panel `Video generation time`")]),
    ),
    (
        28,
        "aura-render",
        Elsewhere("code of the service: who sets a gauge is in no file"),
    ),
    (
        29,
        "aura-render",
        Found(&[
            ("database-port", "job `postgresql`"),
            ("database-port", "job `redis`"),
            ("unscraped-exporter", "service `cadvisor`"),
            ("unscraped-exporter", "service `redis-exporter`"),
            ("unscraped-exporter", "service `postgres-exporter`"),
            ("no-such-service", "job `nginx`"),
            ("unknown-job", "job `celery-workers`"),
        ]),
    ),
    (
        30,
        "aura-render",
        Found(&[
            ("unknown-key", "alertmanager.yml:31"),
            ("unknown-key", "alertmanager.yml:32"),
            ("unexpanded-variable", "alertmanager.yml:37"),
            ("deprecated-match", "alertmanager.yml:14"),
            ("short-group-interval", "alertmanager.yml:10"),
            ("unreachable-route", "alertmanager.yml:20"),
            ("unreachable-route", "alertmanager.yml:23"),
        ]),
    ),
    (
        31,
        "aura-render",
        Found(&[
            ("unquoted-heredoc", "start_monitoring.sh:10"),
            ("curl-without-fail", "start_monitoring.sh:15"),
            ("overwrites-configuration", "start_monitoring.sh:5"),
            ("hidden-mount", "service `grafana`"),
            ("admin-api", "service `prometheus`"),
        ]),
    ),
    (
        32,
        "aura-render",
        Elsewhere("code of the service: checks of vitalsigns-health"),
    ),
    (
        33,
        "aura-render",
        Elsewhere("code of the service: guards count every outcome"),
    ),
    (
        33,
        "aura-render",
        Page("pages/aura-render.txt", &["total-on-other"]),
    ),
    (
        34,
        "azora",
        Found(&[
            ("self-division", "alert `HighErrorRate`"),
            ("unknown-label", "alert `HighErrorRate`"),
            ("percent-of-ratio", "alert `HighErrorRate`, description"),
            ("template-label", "alert `HighErrorRate`, description"),
        ]),
    ),
    (
        35,
        "azora",
        Found(&[
            ("rate-of-gauge", "alert `HighCPUUsage`"),
            ("unknown-metric", "alert `HighCPUUsage`"),
            ("unknown-metric", "alert `HighMemoryUsage`"),
            ("unknown-metric", "alert `PaymentFailures`"),
        ]),
    ),
    (
        36,
        "azora",
        Found(&[("not-a-percentage", "alert `PaymentFailures`, description")]),
    ),
    (
        37,
        "azora",
        Found(&[
            ("idle-alert", "alert `DatabaseConnectionIssues`"),
            ("missing-exporter", "alert `DatabaseConnectionIssues`"),
        ]),
    ),
    (
        38,
        "azora",
        Found(&[
            ("database-port", "job `postgres`"),
            ("database-port", "job `redis`"),
        ]),
    ),
    (
        39,
        "azora",
        Found(&[
            ("unwatched-monitoring", "service `prometheus`"),
            ("unwatched-monitoring", "service `alertmanager`"),
            ("unwatched-monitoring", "service `grafana`"),
            ("no-absent", "alert `ServiceDown`"),
            ("no-watchdog", "alert_rules.yml"),
            ("no-inhibition", "alertmanager.yml"),
            ("no-resolved", "alertmanager.yml:21"),
        ]),
    ),
    (
        40,
        "azora",
        Found(&[
            ("unknown-key", "alertmanager.yml:22"),
            ("unknown-key", "alertmanager.yml:23"),
            ("inline-secret", "alertmanager.yml:5"),
            ("inline-secret", "alertmanager.yml:34"),
        ]),
    ),
    (
        40,
        "azora",
        Elsewhere("prose: who is told is declared, and generated from that"),
    ),
    (
        41,
        "azora",
        Elsewhere("the page beside the catalogue: `agreement`, and the chain that runs"),
    ),
    (
        41,
        "azora",
        Found(&[
            (
                "status-in-histogram",
                "family `http_request_duration_seconds`",
            ),
            ("coarse-buckets", "family `http_request_duration_seconds`"),
        ]),
    ),
    (
        42,
        "azora",
        Found(&[("money-without-unit", "family `payment_amount`")]),
    ),
    (
        43,
        "azora",
        Found(&[
            ("image-tag", "service `prometheus`"),
            ("frozen-image", "service `cadvisor`"),
            ("angular-plugin", "service `grafana`"),
            ("admin-api", "service `prometheus`"),
            ("no-healthcheck", "service `prometheus`"),
            ("published-port", "service `prometheus`"),
            ("database-port", "job `postgres`"),
            ("default-password", "service `grafana`"),
        ]),
    ),
    (
        44,
        "azora",
        Found(&[("missing-runbook", "alert `HighErrorRate`")]),
    ),
    (44, "azora", Elsewhere("prose: boxes that were ticked")),
];

#[test]
fn every_fault_of_the_documents_is_answered() {
    let systems: Vec<(&str, Vec<Finding>)> = ["auren", "aura-render", "azora"]
        .into_iter()
        .map(|system| (system, judged(system)))
        .collect();
    let mut missing = Vec::new();
    for (number, system, answer) in FAULTS {
        match answer {
            Found(expected) => {
                let (_, findings) = systems.iter().find(|(name, _)| name == system).unwrap();
                for (code, place) in *expected {
                    let is_it = |finding: &&Finding| {
                        finding.code() == *code && finding.place.to_string().ends_with(place)
                    };
                    if !findings.iter().any(|finding| is_it(&finding)) {
                        missing.push(format!("{number}: {code} at {system}, {place}"));
                    }
                }
            }
            Page(path, codes) => {
                let page = fs::read(data(&format!("{system}/{path}"))).unwrap();
                let found: Vec<&str> = lint(&Subject::file(path, &page))
                    .iter()
                    .map(Finding::code)
                    .collect();
                for code in codes.iter().filter(|code| !found.contains(code)) {
                    missing.push(format!(
                        "{number}: {code} of the page {path}, not {found:?}"
                    ));
                }
            }
            Elsewhere(what) => assert!(!what.is_empty()),
        }
    }
    let told: Vec<String> = systems
        .iter()
        .map(|(_, findings)| render(findings, Output::Text))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}\n{}", told.join("\n"));
    let numbers: BTreeSet<usize> = FAULTS.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=44).collect());
}

/// A name of the fix against the name of what it replaces.
#[test]
fn two_generations_of_names_differ() {
    let read = |path: &str| {
        let text = fs::read_to_string(data(path)).unwrap();
        Catalogue::from_json(&text).unwrap()
    };
    let changes = diff(
        &read("auren-names/blueprint.json"),
        &read("auren-names/fix.json"),
    );
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let told = told.join("\n");
    for (old, new) in [
        ("auren_webhook_requests_total", "webhook_requests_total"),
        (
            "auren_memory_tier_operations_total",
            "memory_tier_ops_total",
        ),
    ] {
        assert!(told.contains(old) && told.contains(new), "{told}");
    }
}
