//! What is recorded of programs that others wrote, beside the programs.

use std::process::Command;
use std::time::Duration;

use tests::program::Program;
use tests::{http, poll, postgres::Postgres, prometheus::Prometheus, redis::Redis, temp::TempDir};
use vitalsigns::{Catalogue, Kind};
use vitalsigns_kit::exporters::Exporter;
use vitalsigns_kit::lint::Subject;
use vitalsigns_kit::record::record;

const START: Duration = Duration::from_secs(30);

/// What is there now, and was recorded: of the same kind, with labels that were seen.
#[track_caller]
fn agrees(exporter: Exporter, url: &str) {
    let page = http::get(url, &[]).unwrap();
    assert_eq!(page.status, 200, "{url}");
    let now = record(&[Subject::file(url, &page.body)]).unwrap();
    let recorded = exporter.catalogue();
    let (mut known, mut new) = (0, Vec::new());
    for family in &now.families {
        let Some(before) = recorded.family(&family.name) else {
            // Another machine has other devices.
            new.push(family.name.as_str());
            continue;
        };
        known += 1;
        assert_eq!(kind(family.kind), kind(before.kind), "{}", family.name);
        for label in &family.labels {
            let is_known = before.labels.iter().any(|known| known.name == label.name);
            assert!(
                is_known,
                "`{}` has a new label `{}`",
                family.name, label.name
            );
        }
    }
    assert!(
        known > 4 * new.len(),
        "{}: {known} known, new: {new:?}",
        exporter.name()
    );
    assert!(
        share(recorded, &now) > 0.6,
        "{}: most is gone",
        exporter.name()
    );
}

/// Some versions say `unknown` of what others call a gauge.
fn kind(kind: Kind) -> Kind {
    match kind {
        Kind::Unknown => Kind::Gauge,
        kind => kind,
    }
}

fn share(recorded: &Catalogue, now: &Catalogue) -> f64 {
    let is_there = |family: &&vitalsigns::FamilyEntry| now.family(&family.name).is_some();
    let there = recorded.families.iter().filter(is_there).count();
    there as f64 / recorded.families.len() as f64
}

fn started(name: &str, flag: &str, more: impl Fn(&mut Command)) -> Program {
    Program::serve("/metrics", START, |port| {
        let mut command = Command::new(name);
        command.arg(format!("{flag}=127.0.0.1:{port}"));
        more(&mut command);
        command
    })
}

const ADDRESS: &str = "--web.listen-address";

#[test]
fn node_exporter_exports_what_is_recorded() {
    let node = started("prometheus-node-exporter", ADDRESS, |_| {});
    agrees(Exporter::Node, &node.url("/metrics"));
}

#[test]
fn redis_exporter_exports_what_is_recorded() {
    let redis = Redis::start();
    redis.command("SET a 1").unwrap();
    let exporter = started("prometheus-redis-exporter", ADDRESS, |command| {
        command.arg(format!("--redis.addr={}", redis.url()));
    });
    agrees(Exporter::Redis, &exporter.url("/metrics"));
}

#[test]
fn postgres_exporter_exports_what_is_recorded() {
    let postgres = Postgres::start();
    let exporter = started("prometheus-postgres-exporter", ADDRESS, |command| {
        command.env(
            "DATA_SOURCE_NAME",
            format!("{}?sslmode=disable", postgres.url()),
        );
    });
    agrees(Exporter::Postgres, &exporter.url("/metrics"));
}

#[test]
fn blackbox_exporter_exports_what_is_recorded() {
    let blackbox = started("prometheus-blackbox-exporter", ADDRESS, |command| {
        command.arg("--config.file=/etc/prometheus/blackbox.yml");
    });
    let itself = http::get(&blackbox.url("/metrics"), &[]).unwrap();
    let target = blackbox.url("/metrics");
    let probe = format!("/probe?module=http_2xx&target={}", http::encode(&target));
    let probe = http::get(&blackbox.url(&probe), &[]).unwrap();
    let pages = [
        Subject::file("itself", &itself.body),
        Subject::file("probe", &probe.body),
    ];
    let now = record(&pages).unwrap();
    for family in [
        "probe_success",
        "probe_http_status_code",
        "probe_duration_seconds",
    ] {
        let found = now.family(family).unwrap();
        assert_eq!(
            found.kind,
            Exporter::Blackbox.catalogue().family(family).unwrap().kind
        );
    }
}

#[test]
fn prometheus_and_alertmanager_export_what_is_recorded() {
    let dir = TempDir::new();
    let config = dir.write(
        "alertmanager.yml",
        "route: {receiver: none}\nreceivers: [{name: none}]\n",
    );
    let alertmanager = started("prometheus-alertmanager", ADDRESS, |command| {
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.path={}",
                dir.path().join("data").display()
            ))
            .arg("--cluster.listen-address=");
    });
    agrees(Exporter::Alertmanager, &alertmanager.url("/metrics"));
    for server in [Prometheus::start(&[]), Prometheus::start_newest(&[], &[])] {
        let url = server.program().url("/metrics");
        let is_recorded = || {
            let page = http::get(&url, &[]).ok()?;
            let now = record(&[Subject::file(&url, &page.body)]).ok()?;
            let recorded = Exporter::Prometheus.catalogue();
            let unknown: Vec<&String> = now
                .families
                .iter()
                .filter(|family| recorded.family(&family.name).is_none())
                .map(|family| &family.name)
                .collect();
            (now.families.len() > 10 * unknown.len()).then_some(())
        };
        poll::until(
            START,
            "the page of Prometheus as it was recorded",
            is_recorded,
        );
    }
}
