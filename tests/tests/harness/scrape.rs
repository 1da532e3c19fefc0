use tests::prometheus::Prometheus;
use tests::scrape::{Metadata, Target};
use tests::victoria_metrics::VictoriaMetrics;

use crate::page;

const OPENMETRICS: &str = "\
# HELP jobs Jobs done.
# TYPE jobs counter
jobs_total{kind=\"a \\\"b\\\"\"} 7
jobs_total{kind=\"c\"} 2
# HELP wait_seconds Time waited.
# TYPE wait_seconds gauge
# UNIT wait_seconds seconds
wait_seconds 0.25
# EOF
";

const TEXT: &str = "\
# HELP room_celsius How warm it is.
# TYPE room_celsius gauge
room_celsius{room=\"attic\"} 31.5
room_celsius{room=\"cellar\"} NaN
";

#[test]
fn prometheus_scrapes_and_answers() {
    let openmetrics = page::serve(
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        OPENMETRICS,
    );
    let text = page::serve("text/plain; version=0.0.4", TEXT);
    let broken = page::serve(
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "a 1\n",
    );
    let prometheus = Prometheus::start(&[
        Target::new("openmetrics", openmetrics.address),
        Target::new("text", text.address).path("/elsewhere"),
        Target::new("broken", broken.address),
    ]);
    prometheus.wait_until_up("openmetrics");
    prometheus.wait_until_up("text");
    assert_eq!(
        prometheus.wait_until_down("broken"),
        "data does not end with # EOF"
    );
    assert!(
        openmetrics
            .requests
            .recv()
            .unwrap()
            .starts_with("GET /metrics ")
    );
    assert!(text.requests.recv().unwrap().starts_with("GET /elsewhere "));

    prometheus.wait_for_value("jobs_total{kind='c'}", 2.0);
    prometheus.wait_for_value("room_celsius{room='cellar'}", f64::NAN);
    let rows = prometheus.wait_for("jobs_total{kind!='c'}");
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].0["kind"].as_str(), rows[0].0["job"].as_str()),
        ("a \"b\"", "openmetrics")
    );
    assert_eq!(rows[0].1, 7.0);
    assert_eq!(
        prometheus.query("scalar(sum(jobs_total))"),
        [(Default::default(), 9.0)]
    );
    assert_eq!(prometheus.query("no_such_metric"), []);
    assert_eq!(
        prometheus.get("query", &[("query", "1 + 1")])["result"][1],
        "2"
    );

    let metadata = |kind: &str, help: &str, unit: &str| {
        [Metadata {
            kind: kind.to_owned(),
            help: help.to_owned(),
            unit: unit.to_owned(),
        }]
    };
    assert_eq!(
        prometheus.metadata("jobs"),
        metadata("counter", "Jobs done.", "")
    );
    assert_eq!(
        prometheus.metadata("wait_seconds"),
        metadata("gauge", "Time waited.", "seconds")
    );
    assert_eq!(prometheus.metadata("no_such_metric"), []);

    let mut states: Vec<_> = prometheus
        .targets()
        .into_iter()
        .map(|target| (target.job, target.health))
        .collect();
    states.sort();
    assert_eq!(
        states,
        [("broken", "down"), ("openmetrics", "up"), ("text", "up")]
            .map(|(job, health)| (job.to_owned(), health.to_owned()))
    );

    let wrong =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| prometheus.query("rate(")));
    let message = wrong.unwrap_err().downcast::<String>().unwrap();
    assert!(
        message.contains("status 400") && message.contains("parse error"),
        "{message}"
    );
}

#[test]
fn victoria_metrics_scrapes_and_answers() {
    let text = page::serve("text/plain; version=0.0.4", TEXT);
    let broken = page::serve_raw("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    let server = VictoriaMetrics::start(&[
        Target::new("text", text.address),
        Target::new("broken", broken.address),
    ]);
    server.wait_until_up("text");
    assert!(server.wait_until_down("broken").contains("500"));
    let head = text.requests.recv().unwrap();
    assert!(head.contains("text/plain"), "{head}");

    server.wait_for_value("room_celsius{room='attic'}", 31.5);
    let rows = server.wait_for("room_celsius");
    assert_eq!(rows[0].0["job"], "text");
    assert_eq!(server.query("no_such_metric"), []);
    assert_eq!(server.targets().len(), 2);
}
