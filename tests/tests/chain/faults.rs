//! What `verify` says of a chain that runs and cannot work.

use std::time::Duration;

use tests::alertmanager::Alertmanager;
use tests::poll;
use tests::program::free_port;
use tests::prometheus::Prometheus;
use tests::sink::{Sink, serve};
use tests::temp::TempDir;
use vitalsigns::families::HttpServer;
use vitalsigns::{Endpoint, Listener, Registry};
use vitalsigns_kit::artefact::Artefact;
use vitalsigns_kit::client::Client;
use vitalsigns_kit::finding::{Finding, Place};
use vitalsigns_kit::live::{Asked, Chain};
use vitalsigns_kit::verify::Folder;

const WAIT: Duration = Duration::from_secs(60);

/// A service that works.
fn service() -> (Listener, String) {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    http.expect("GET", "/", &[200]);
    let listener = Listener::bind(Endpoint::new(&registry), "127.0.0.1:0").unwrap();
    let address = listener.address().to_string();
    (listener, address)
}

/// What a Prometheus with these targets, rules and Alertmanager is configured by.
fn configured(
    dir: &TempDir,
    targets: &[(&str, &str)],
    rules: &[(&str, &str)],
    alertmanager: &str,
) -> std::path::PathBuf {
    let rules: Vec<_> = rules
        .iter()
        .map(|(name, expression)| serde_json::json!({"alert": name, "expr": expression}))
        .collect();
    let group = serde_json::json!({"groups": [{"name": "tested", "rules": rules}]});
    dir.write("rules.yml", group.to_string());
    let jobs = targets.iter().map(|(job, address)| {
        serde_json::json!({"job_name": job, "static_configs": [{"targets": [address]}]})
    });
    let configuration = serde_json::json!({
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": jobs.collect::<Vec<_>>(),
    });
    dir.write("prometheus.yml", configuration.to_string())
}

/// Waits until each target was scraped.
fn settled(prometheus: &Prometheus) {
    poll::until_ok(WAIT, "every target to be scraped", || {
        let targets = prometheus.targets();
        match targets.iter().find(|target| target.health == "unknown") {
            Some(target) => Err(format!("{} was not scraped yet", target.job)),
            None if targets.is_empty() => Err("there are no targets".to_owned()),
            None => Ok(()),
        }
    });
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(Finding::code).collect()
}

#[track_caller]
fn has<'f>(findings: &'f [Finding], code: &str, part: &str) -> &'f Finding {
    let is_it = |finding: &&Finding| {
        finding.code() == code && format!("{} {}", finding.place, finding.cause).contains(part)
    };
    match findings.iter().find(is_it) {
        Some(finding) => finding,
        None => panic!("no `{code}` about {part} among {findings:#?}"),
    }
}

const WATCHDOG: (&str, &str) = ("Watchdog", "max(up) == 1");

#[test]
fn what_works_has_no_findings() {
    let sink = Sink::start();
    let dir = TempDir::new();
    let routes = serde_json::json!({
        "route": {"receiver": "hook"},
        "receivers": [{"name": "hook", "webhook_configs": [{"url": sink.url()}]}],
    });
    let alertmanager = Alertmanager::start(&dir.write("alertmanager.yml", routes.to_string()));
    let (_listener, address) = service();
    let alert = (
        "Errors",
        "sum by (route) (rate(http_requests_total{status=~\"5..\"}[5m])) > 1",
    );
    let configuration = configured(
        &dir,
        &[("shop", &address)],
        &[WATCHDOG, alert],
        &alertmanager.program().address(),
    );
    let prometheus = Prometheus::start_configured(|_| configuration.clone());
    prometheus.wait_until_up("shop");
    poll::until(WAIT, "rules to be evaluated", || {
        let firing = prometheus.query("ALERTS{alertname=\"Watchdog\"}");
        (!firing.is_empty()).then_some(())
    });
    let panel = "histogram_quantile(0.9, sum by (le, route) \
                 (rate(http_request_duration_seconds_bucket[5m])))";
    let chain = Chain::new(Client::new(), prometheus.program().url(""))
        .service("shop", format!("http://{address}/metrics"))
        .asks([Asked::new(Place::of("shop.json"), panel)]);
    assert_eq!(chain.verify(), []);
}

#[test]
fn each_fault_is_found() {
    let dir = TempDir::new();
    let (_listener, address) = service();
    let placeholder = serve(|_| ("application/json", "{\"detail\": \"Not Found\"}".to_owned()));
    let placeholder = format!("127.0.0.1:{placeholder}");
    let nobody = format!("127.0.0.1:{}", free_port());
    let no_alertmanager = format!("127.0.0.1:{}", free_port());
    let configuration = configured(
        &dir,
        &[
            ("shop", &address),
            ("placeholder", &placeholder),
            ("elsewhere", &nobody),
        ],
        &[
            (
                "Renamed",
                "rate(http_request_total{status=~\"5..\"}[5m]) > 1",
            ),
            (
                "OtherLabel",
                "rate(http_requests_total{status_code=~\"5..\"}[5m]) > 1",
            ),
            ("OtherValue", "up{job=\"shopp\"} == 0"),
            ("Absent", "absent(nobody_exports_this)"),
        ],
        &no_alertmanager,
    );
    let prometheus = Prometheus::start_configured(|_| configuration.clone());
    settled(&prometheus);
    let panel = "sum by (service) (rate(http_requests_total{job=~\"$job\"}[$__rate_interval]))";
    let dashboard = serde_json::json!({
        "title": "Shop", "uid": "shop", "schemaVersion": 40, "templating": {"list": []},
        "panels": [{"id": 1, "title": "Requests", "type": "timeseries", "targets": [{"expr": panel}]}],
    });
    let dashboard = Artefact::new("shop.json", dashboard.to_string());
    let chain = Chain::new(Client::new(), prometheus.program().url(""))
        .service("told", format!("http://{placeholder}/metrics"))
        .folder(&Folder::of([dashboard]));
    let findings = chain.verify();

    // A service whose endpoint is a placeholder: by Prometheus, and asked here.
    has(&findings, "endpoint-placeholder", "job `placeholder`");
    has(&findings, "endpoint-placeholder", "job `told`");
    // A target with a wrong port.
    let wrong_port = has(&findings, "target-down", "job `elsewhere`");
    assert!(wrong_port.hint.contains("port"), "{wrong_port:?}");
    // A rule that names a renamed metric.
    let renamed = has(&findings, "metric-missing", "rule `Renamed`");
    assert_eq!(renamed.hint, "did you mean `http_requests_total`?");
    // Rules with a label and a value that nothing has.
    let label = has(&findings, "label-missing", "rule `OtherLabel`");
    assert_eq!(label.hint, "did you mean `status`?");
    has(&findings, "value-missing", "rule `OtherValue`");
    // A dashboard with a missing label.
    has(&findings, "label-missing", "panel `Requests`");
    // An unreachable Alertmanager.
    has(&findings, "alertmanager-unreachable", &no_alertmanager);
    has(&findings, "no-watchdog", "Watchdog");
    // And nothing of what works.
    let about_works = |finding: &&Finding| {
        let said = format!("{} {}", finding.place, finding.cause);
        said.contains("job `shop`") || said.contains("`Absent`")
    };
    assert_eq!(findings.iter().find(about_works), None);
    assert_eq!(findings.len(), 9, "{:?}", codes(&findings));
}

#[test]
fn programs_that_are_not_there_are_told_once() {
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let findings = Chain::new(Client::new(), &nobody).verify();
    assert_eq!(codes(&findings), ["unreachable"]);
    let placeholder = serve(|_| ("text/html", "<html>hello</html>".to_owned()));
    let other = Chain::new(Client::new(), format!("http://127.0.0.1:{placeholder}")).verify();
    assert_eq!(codes(&other), ["unreachable"]);
    assert!(other[0].cause.contains("no JSON"), "{other:?}");
}

#[test]
fn notifications_that_fail_are_found() {
    let dir = TempDir::new();
    let nobody = format!("127.0.0.1:{}", free_port());
    let prometheus = Prometheus::start_configured(|port| {
        let itself = format!("127.0.0.1:{port}");
        configured(&dir, &[("prometheus", &itself)], &[WATCHDOG], &nobody)
    });
    let chain = Chain::new(Client::new(), prometheus.program().url(""));
    poll::until_ok(WAIT, "the failure to be found", || {
        let found = chain.verify();
        let codes = codes(&found);
        match codes.contains(&"notifications-failing") {
            true => Ok(()),
            false => Err(format!("{codes:?}")),
        }
    });
}
