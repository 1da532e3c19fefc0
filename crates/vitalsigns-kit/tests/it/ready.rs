//! The alerts that are ready: that none of those the documents ask for is missing, and that each is
//! complete.

use std::collections::BTreeSet;
use std::time::Duration;

use promql_parser::parser::parse;
use vitalsigns::{Catalogue, Pusher, Registry};
use vitalsigns_kit::alert::{Alert, AlertGroup, Scenario, Severity, Track, alerts};
use vitalsigns_kit::query::{Quantity, Queries, QueryError};
use vitalsigns_kit::system::{Service, System};
use vitalsigns_kit::{alert, rules};

use crate::systems::whole;

/// What a document asks for, the alert that it became, how much it matters, and what has to be in
/// its expression.
const ASKED: &[(&str, &str, Severity, &str)] = &[
    (
        "Application Down, ServiceDown",
        "ServiceDown",
        Severity::Critical,
        "or absent(up{job=",
    ),
    (
        "a page that answers and is empty",
        "ServiceEmpty",
        Severity::Critical,
        "unless count by (job)",
    ),
    (
        "High Request Latency: p95 > 2 s",
        "HighRequestLatency",
        Severity::Warning,
        "sum by (job, route, le)",
    ),
    (
        "High Error Rate: > 5 %",
        "HighErrorRate",
        Severity::Warning,
        "> 0.05",
    ),
    (
        "High Error Rate: > 10 %",
        "HighErrorRate",
        Severity::Critical,
        "> 0.1",
    ),
    (
        "Queue Backlog: > 100",
        "QueueBacklog",
        Severity::Warning,
        "max by (job, queue) (queue_depth) > 100",
    ),
    (
        "no completions",
        "QueueNotMoving",
        Severity::Critical,
        "unless sum by (job, queue)",
    ),
    (
        "Video Generation Failures: > 20 %",
        "VideoGenerationFailures",
        Severity::Critical,
        "> 0.2",
    ),
    (
        "AI Optimization Issues: failures > 15 %",
        "AiOptimizationFailures",
        Severity::Warning,
        "> 0.15",
    ),
    (
        "AI Optimization Issues: quality",
        "AiQualityLow",
        Severity::Warning,
        "le=\"0.7\"",
    ),
    (
        "Quality drop",
        "QualityDrop",
        Severity::Warning,
        "offset 1w",
    ),
    (
        "Long Running Tasks: > 300 s",
        "LongRunningTasks",
        Severity::Warning,
        "> 300",
    ),
    (
        "LowVideoGenerationRate",
        "LowVideoGenerationRate",
        Severity::Warning,
        "offset 1w",
    ),
    (
        "High CPU: > 80 %",
        "HighCpu",
        Severity::Warning,
        "node_cpu_seconds_total",
    ),
    (
        "High Memory: > 85 %",
        "HighMemory",
        Severity::Warning,
        "node_memory_MemAvailable_bytes",
    ),
    (
        "High Memory of containers",
        "ContainerMemoryHigh",
        Severity::Warning,
        "container_spec_memory_limit_bytes",
    ),
    (
        "Disk Space Low: < 10 %",
        "DiskSpaceLow",
        Severity::Warning,
        "< 0.1",
    ),
    (
        "Disk Space Low: soon",
        "DiskWillFill",
        Severity::Warning,
        "predict_linear",
    ),
    (
        "inodes",
        "DiskInodesLow",
        Severity::Warning,
        "node_filesystem_files_free",
    ),
    (
        "HighGPUUtilization",
        "GpuSaturated",
        Severity::Warning,
        "queue_oldest_enqueued",
    ),
    (
        "GPUMemoryHigh",
        "GpuMemoryHigh",
        Severity::Warning,
        "DCGM_FI_DEV_FB_FREE",
    ),
    (
        "GPUTemperatureHigh",
        "GpuTemperatureHigh",
        Severity::Warning,
        "> 85",
    ),
    (
        "XID errors",
        "GpuError",
        Severity::Critical,
        "DCGM_FI_DEV_XID_ERRORS",
    ),
    (
        "Database Down, says the exporter",
        "DatabaseDown",
        Severity::Critical,
        "or absent(pg_up",
    ),
    (
        "Database Down, says the application",
        "DatabaseDown",
        Severity::Critical,
        "health_check_state",
    ),
    (
        "Redis Down, says the exporter",
        "RedisDown",
        Severity::Critical,
        "or absent(redis_up",
    ),
    (
        "PostgreSQLTooManyConnections: 80 %",
        "PostgresTooManyConnections",
        Severity::Warning,
        "> 0.8",
    ),
    (
        "RedisMemoryHigh: 90 %",
        "RedisMemoryHigh",
        Severity::Warning,
        "(redis_memory_max_bytes) > 0",
    ),
    (
        "DatabaseConnectionIssues",
        "DatabasePoolSaturated",
        Severity::Warning,
        "> 0.8",
    ),
    (
        "DatabaseConnectionIssues: waits",
        "DatabasePoolTimeouts",
        Severity::Critical,
        "timeout",
    ),
    (
        "CeleryWorkerDown",
        "WorkerSilent",
        Severity::Critical,
        "time() -",
    ),
    (
        "CeleryWorkerHighLoad",
        "WorkersBusy",
        Severity::Info,
        "queue_workers_busy",
    ),
    (
        "PaymentFailures: 1 %",
        "PaymentFailures",
        Severity::Critical,
        "sum by (job, method, currency)",
    ),
    ("declines", "PaymentDeclines", Severity::Warning, "declined"),
    (
        "Security breach: signatures",
        "WebhookSignatureFailures",
        Severity::Warning,
        "bad_signature",
    ),
    (
        "Security breach: logins",
        "LoginFailures",
        Severity::Warning,
        "bad_credentials",
    ),
    (
        "Security breach: logins by several methods",
        "LoginFailuresSpread",
        Severity::Critical,
        ">= 2",
    ),
    (
        "data loss: backup age",
        "JobLate",
        Severity::Warning,
        "> 93600",
    ),
    (
        "data loss: replication lag",
        "PostgresReplicaBehind",
        Severity::Warning,
        "pg_replication_lag",
    ),
    (
        "data loss: corruption",
        "PrometheusStorageFailing",
        Severity::Critical,
        "wal_corruptions",
    ),
    (
        "Kafka failures",
        "EventsNotSent",
        Severity::Critical,
        "> 0.05",
    ),
    (
        "hot tier hits < 0.7",
        "MemoryTierMisses",
        Severity::Warning,
        "< 0.7",
    ),
    ("tier p95 > 1 s", "MemoryTierSlow", Severity::Warning, "> 1"),
    (
        "tier capacity",
        "MemoryTierFull",
        Severity::Warning,
        "memory_tier_capacity_bytes",
    ),
    (
        "a stuck mover",
        "MoverStalled",
        Severity::Critical,
        "unless sum by (job)",
    ),
    ("Watchdog", "Watchdog", Severity::None, "timestamp(up)"),
    (
        "a partial page",
        "MetricsPagePartial",
        Severity::Warning,
        "== 0",
    ),
    (
        "a failing collector",
        "CollectorFailing",
        Severity::Warning,
        "increase(",
    ),
    (
        "too many label values",
        "SeriesOverflow",
        Severity::Warning,
        "> 0",
    ),
    (
        "a scrape near its timeout",
        "ScrapeNearTimeout",
        Severity::Warning,
        "> 8",
    ),
    (
        "samples fell by half",
        "SamplesHalved",
        Severity::Warning,
        "offset 1h < 0.5",
    ),
    (
        "restart loop",
        "RestartLoop",
        Severity::Critical,
        "changes(",
    ),
    (
        "certificate expiry",
        "CertificateExpires",
        Severity::Critical,
        "- time()",
    ),
    (
        "health check flapping",
        "HealthCheckFlapping",
        Severity::Warning,
        "transitions",
    ),
    (
        "health check stale",
        "HealthCheckStale",
        Severity::Warning,
        "unknown",
    ),
    (
        "escalation after an hour",
        "EscalationNeeded",
        Severity::Critical,
        "offset 1h",
    ),
    (
        "Prometheus: configuration",
        "PrometheusConfigReloadFailed",
        Severity::Critical,
        "== 0",
    ),
    (
        "Prometheus: rules",
        "PrometheusRuleFailures",
        Severity::Critical,
        "> 0",
    ),
    (
        "Prometheus: no Alertmanager",
        "PrometheusWithoutAlertmanager",
        Severity::Critical,
        "== 0",
    ),
    (
        "Alertmanager: notifications",
        "AlertmanagerNotificationsFailing",
        Severity::Critical,
        "> 0.05",
    ),
    (
        "Grafana",
        "GrafanaDatasourceFailing",
        Severity::Warning,
        "grafana_datasource_request_total",
    ),
];

fn every() -> Vec<(AlertGroup, Alert)> {
    let registry = Registry::new();
    let pusher = Pusher::builder(&registry, "http://127.0.0.1:9091").job("backup");
    pusher.build().unwrap();
    let backup = Service::new("backup", "pushgateway:9091", registry.catalogue());
    let groups = alerts(&whole().service(backup)).unwrap();
    let each = |group: &AlertGroup| -> Vec<_> {
        let alerts = group.alerts.iter();
        alerts.map(|alert| (group.clone(), alert.clone())).collect()
    };
    groups.iter().flat_map(each).collect()
}

#[test]
fn what_the_documents_ask_for_is_there() {
    let every = every();
    for (asked, name, severity, part) in ASKED {
        let mut named = every.iter().filter(|(_, alert)| alert.name == *name);
        let is_there = named.any(|(group, alert)| {
            let expression = alert.expression(&group.rendering().unwrap());
            alert.severity == *severity && expression.contains(part)
        });
        assert!(is_there, "{asked}: {name} ({severity:?}) with {part}");
    }
}

#[test]
fn each_is_complete() {
    let system = whole();
    let every = every();
    assert!(every.len() > 100, "{}", every.len());
    for (group, alert) in &every {
        let name = &alert.name;
        let expression = alert.expression(&group.rendering().unwrap());
        assert!(parse(&expression).is_ok(), "{name}: {expression}");
        assert!(!expression.contains('$'), "{name}: {expression}");
        assert_eq!(alert.labels["team"], system.team);
        assert_eq!(alert.labels["system"], system.name);
        let texts = [&alert.summary, &alert.description];
        for text in texts.map(|text| text.as_ref().unwrap().template()) {
            assert!(
                !text.contains("{{ $value }}") && text.len() > 10,
                "{name}: {text}"
            );
        }
        let runbook = &alert.runbook;
        for (what, text) in [("meaning", &runbook.meaning), ("impact", &runbook.impact)] {
            assert!(text.len() > 20, "{name}: {what}");
        }
        assert!(!runbook.mitigation.is_empty(), "{name}");
        assert!(!runbook.questions.is_empty(), "{name}");
        for (question, expression) in &runbook.questions {
            assert!(parse(expression).is_ok(), "{name}: {question} {expression}");
        }
        assert!(alert.scenario.is_some(), "{name}");
    }
}

#[test]
fn those_of_one_name_are_told_apart_by_their_labels() {
    let mut seen = BTreeSet::new();
    for (_, alert) in every() {
        let key = (alert.name.clone(), alert.severity, alert.labels.clone());
        assert!(seen.insert(key), "{}", alert.name);
    }
}

#[test]
fn every_rule_has_its_tests_and_every_alert_its_page() {
    let system = whole();
    let files = alert::artefacts(&system).unwrap();
    let text = |path: String| {
        let file = files.iter().find(|file| file.path == path);
        &file.unwrap_or_else(|| panic!("no {path}")).text
    };
    for group in alerts(&system).unwrap() {
        let rules = text(format!("prometheus/rules/{}.yml", group.name));
        let tests = text(format!("prometheus/tests/{}_test.yml", group.name));
        for what in [
            "fires",
            "is silent just below",
            "waits for its time and resolves",
            "where nothing is there",
            "fires although the target restarts",
            "is silent when the target restarts",
        ] {
            let count = tests
                .lines()
                .filter(|line| line.trim_end_matches('"').ends_with(&format!(" {what}")))
                .count();
            assert_eq!(count, group.alerts.len(), "{}: {what}", group.name);
        }
        for alert in &group.alerts {
            let page = text(format!("runbooks/{}.html", alert.name));
            for heading in ["Meaning", "Impact", "Diagnosis", "Mitigation"] {
                assert!(
                    page.contains(&format!("<h2>{heading}</h2>")),
                    "{}",
                    alert.name
                );
            }
            assert!(!page.contains("rm -rf"), "{}", alert.name);
            assert!(
                rules.contains(&system.runbook(&alert.name)),
                "{}",
                alert.name
            );
            let index = text("runbooks/index.html".to_owned());
            assert!(index.contains(&format!("href=\"{}.html\"", alert.name)));
        }
    }
}

#[test]
fn the_same_system_makes_the_same_files() {
    assert_eq!(
        alert::artefacts(&whole()).unwrap(),
        alert::artefacts(&whole()).unwrap()
    );
}

#[test]
fn what_is_not_exported_has_no_alert() {
    let groups = alerts(&System::new("shop")).unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    // What Prometheus, Alertmanager and Grafana say of themselves.
    assert_eq!(
        names,
        ["scrape", "exporters", "escalation", "own", "monitoring"]
    );
}

#[test]
fn a_limit_that_is_no_bound_becomes_the_next_and_the_text_says_so() {
    let every = every();
    let (group, alert) = every
        .iter()
        .find(|(_, alert)| alert.name == "HighRequestLatency")
        .unwrap();
    let expression = alert.expression(&group.rendering().unwrap());
    assert!(expression.contains("> 2.5"), "{expression}");
    let description = alert.description.as_ref().unwrap().template();
    assert!(description.contains("longer than 2.5s"), "{description}");
}

fn catalogue() -> Catalogue {
    Registry::new().catalogue()
}

fn slow(catalogue: &Catalogue) -> Alert {
    let took = Queries::new(catalogue)
        .gauge("scrape_duration_seconds")
        .unwrap();
    let slow = took.value().above(Quantity::seconds(8.0)).unwrap();
    let alert = Alert::new("Slow", slow, Severity::Warning);
    alert.says("{job} is slow", "It took {value}.").unwrap()
}

/// Why a group of this alert alone is refused.
#[track_caller]
fn refused(alert: Alert) -> String {
    match AlertGroup::new("own", vec![alert], Duration::from_secs(300)) {
        Err(error @ QueryError::Untested { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_alert_that_cannot_be_tested_is_refused() {
    let catalogue = catalogue();
    let alert = slow(&catalogue);
    let target = [("job", "shop"), ("instance", "shop:80")];
    let took = "scrape_duration_seconds";
    let story = |fires, below| Scenario::of(target).series(took, target, fires, below);
    let (slow, fast) = (Track::Level(9.0), Track::Level(7.0));

    assert!(refused(alert.clone()).ends_with("it has no scenario"));
    let other = story(slow, fast)
        .series("up", target, slow, fast)
        .shows(9.0, 7.0);
    assert!(refused(alert.clone().scenario(other)).ends_with("it does not read `up`"));
    let nothing = Scenario::of(target).shows(9.0, 7.0);
    let said = refused(alert.clone().scenario(nothing));
    assert!(
        said.ends_with("its scenario has no `scrape_duration_seconds`"),
        "{said}"
    );
    let steady = story(slow, slow).shows(9.0, 9.0);
    assert!(refused(alert.clone().scenario(steady)).ends_with("nothing changes in its scenario"));
    let unknown = story(slow, fast);
    let said = refused(alert.clone().scenario(unknown));
    assert!(
        said.ends_with("it says a value that is not known"),
        "{said}"
    );
    let by_job = Scenario::of([("job", "shop")]).series(took, target, slow, fast);
    let said = refused(alert.clone().scenario(by_job.shows(9.0, 7.0)));
    assert!(said.contains("its scenario has the labels"), "{said}");

    let good = alert.scenario(story(slow, fast).shows(9.0, 7.0));
    let group = AlertGroup::new("own", vec![good], Duration::from_secs(300)).unwrap();
    let [_, tests] = rules::group_artefacts(&System::new("shop"), &group).unwrap();
    assert!(tests.text.contains("It took 9s."), "{}", tests.text);
}
