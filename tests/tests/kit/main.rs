//! The kit before judges that others wrote: what promtool says of a page, the kit says as well, and
//! what the kit writes means to Prometheus what it says.

mod alerting;
mod coverage;
mod dashboards;
mod exporters;
// Each is for another test, and has more than is needed here.
#[expect(dead_code)]
#[path = "../metrics_md/modules.rs"]
mod modules;
#[expect(dead_code)]
#[path = "../../../crates/vitalsigns-kit/tests/it/pages.rs"]
mod pages;
#[path = "../../../crates/vitalsigns-kit/tests/it/random.rs"]
mod random;
mod rules;
mod stack;

use std::process::Command;

use tests::judges::{promtool_check_metrics, strict_openmetrics};
use tests::program::find;
use tests::temp::TempDir;
use vitalsigns::families::HttpServer;
use vitalsigns::{Format, Registry};
use vitalsigns_kit::finding::{Finding, Output, Severity, render};
use vitalsigns_kit::lint::{Subject, lint};
use vitalsigns_kit::query::{Quantity, Queries, Rendering};

use random::{Choices, catalogue, expression};

/// What promtool says, and the codes of which one says the same.
const SAID: &[(&str, &[&str])] = &[
    ("no help text", &["missing-help"]),
    (
        "counter metrics should have \"_total\" suffix",
        &["counter-without-total"],
    ),
    (
        "non-counter metrics should not have \"_total\" suffix",
        &["total-on-other"],
    ),
    ("should not have \"_bucket\" suffix", &["reserved-suffix"]),
    ("should not have \"_count\" suffix", &["reserved-suffix"]),
    ("should not have \"_sum\" suffix", &["reserved-suffix"]),
    ("should not have \"le\" label", &["reserved-label"]),
    ("should not have \"quantile\" label", &["reserved-label"]),
    ("use base unit", &["non-base-unit"]),
    ("should not include type", &["type-in-name"]),
    ("should not contain ':'", &["colon-in-name"]),
    (
        "should be written in 'snake_case' not 'camelCase'",
        &["camel-case"],
    ),
    (
        "should not contain abbreviated units",
        &["abbreviated-unit"],
    ),
    ("metric not unique", &["duplicate-series"]),
    ("text format parsing error", &[]),
];

fn findings(page: &str) -> Vec<Finding> {
    lint(&Subject::answer(
        "page",
        Some("text/plain; version=0.0.4"),
        page.as_bytes(),
    ))
}

#[test]
fn what_promtool_says_of_a_page_the_kit_says_too() {
    let mut said_of = 0;
    for case in pages::in_text() {
        let Err(said) = promtool_check_metrics(&case.page) else {
            continue;
        };
        said_of += 1;
        let findings = findings(&case.page);
        let told = render(&findings, Output::Text);
        for line in said.lines() {
            let known = SAID.iter().find(|(words, _)| line.contains(words));
            let (words, codes) =
                known.unwrap_or_else(|| panic!("promtool says something new: {said}"));
            let is_told = match codes {
                // What cannot be read at all may have any code.
                [] => findings
                    .iter()
                    .any(|finding| finding.severity() == Severity::Error),
                codes => findings
                    .iter()
                    .any(|finding| codes.contains(&finding.code())),
            };
            assert!(is_told, "{}\npromtool: {words}\n{told}", case.page);
        }
    }
    // Otherwise nothing would have been compared.
    assert!(said_of > 40, "{said_of}");
}

#[test]
fn what_the_strict_parser_refuses_the_kit_refuses_too() {
    let content_type = Format::OpenMetrics.content_type();
    let mut refused = 0;
    for (page, _) in pages::OPEN_METRICS {
        let Err(reason) = strict_openmetrics(page) else {
            continue;
        };
        refused += 1;
        let findings = lint(&Subject::answer(
            "page",
            Some(content_type),
            page.as_bytes(),
        ));
        let is_refused = findings
            .iter()
            .any(|finding| finding.severity() == Severity::Error);
        assert!(
            is_refused,
            "{page}\nthe parser: {reason}\n{}",
            render(&findings, Output::Text)
        );
    }
    // Otherwise nothing would have been compared.
    assert!(refused > 20, "{refused}");
}

#[test]
fn pages_of_everything_that_there_is_have_no_fault() {
    let registry = Registry::new();
    for module in modules::MODULES {
        (module.register)(&registry).unwrap_or_else(|error| panic!("{}: {error}", module.name));
    }
    for format in [Format::Text, Format::TextV1, Format::OpenMetrics] {
        let page = registry.render(format);
        let subject = Subject::answer("own", Some(format.content_type()), page.as_bytes());
        let findings = lint(&subject);
        assert!(findings.is_empty(), "{}", render(&findings, Output::Text));
    }
}

/// Runs promtool in a folder of its own with this file, and returns what it says.
#[track_caller]
fn promtool(words: &[&str], files: &[(&str, &str)]) -> String {
    let folder = TempDir::new();
    for (name, text) in files {
        folder.write(name, text);
    }
    let output = Command::new(find("promtool"))
        .args(words)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "promtool {words:?}: {said}");
    said
}

#[test]
fn promtool_reads_every_expression() {
    let catalogue = catalogue();
    let mut state = 7u64;
    let mut rules = Vec::new();
    while rules.len() < 3000 {
        let bytes: Vec<u8> = (0..60)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 33) as u8
            })
            .collect();
        if let Ok(text) = expression(&catalogue, &mut Choices::new(&bytes)) {
            let expr = text.replace("$__rate_interval", "5m");
            rules.push(serde_json::json!({ "record": format!("r{}", rules.len()), "expr": expr }));
        }
    }
    // JSON is YAML.
    let file = serde_json::json!({ "groups": [{ "name": "all", "rules": rules }] }).to_string();
    let said = promtool(&["check", "rules", "rules.yml"], &[("rules.yml", &file)]);
    assert!(said.contains("3000 rules found"), "{said}");
}

#[test]
fn expressions_mean_to_prometheus_what_they_say() {
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    let catalogue = registry.catalogue();
    let queries = Queries::new(&catalogue);
    let five = Rendering::over(std::time::Duration::from_secs(300)).unwrap();

    let requests = queries.counter("http_requests_total").unwrap();
    let all = requests.rate().sum_by(["job"]).unwrap();
    let failed = requests.starts_with("status", "5").unwrap();
    let failed = failed.rate().sum_by(["job"]).unwrap();
    let share = failed.ratio_to(&all).unwrap();
    let many = share.above(Quantity::percent(15.0)).unwrap();
    let guarded = many
        .and(&all.above(Quantity::per_second(1000.0)).unwrap())
        .unwrap();
    let durations = queries.histogram("http_request_duration_seconds").unwrap();
    let slow = durations
        .by(["job"])
        .unwrap()
        .share_above(Quantity::seconds(1.0))
        .unwrap();
    let median = durations.by(["job"]).unwrap().quantile(0.5).unwrap();
    let again = all.against_last_week().unwrap();
    let gone = queries
        .gauge("up")
        .unwrap()
        .with("job", "b")
        .unwrap()
        .absent();

    // Each minute 8 requests succeed and 2 fail; of 10, 6 take up to half a second, 8 up to one.
    let series = [
        (
            r#"http_requests_total{job="a",instance="i",method="GET",route="/",status="200"}"#,
            "0+8x20",
        ),
        (
            r#"http_requests_total{job="a",instance="i",method="GET",route="/",status="500"}"#,
            "0+1x20",
        ),
        (
            r#"http_requests_total{job="a",instance="i",method="GET",route="/",status="503"}"#,
            "0+1x20",
        ),
        (
            r#"http_request_duration_seconds_bucket{job="a",instance="i",method="GET",route="/",le="0.5"}"#,
            "0+6x20",
        ),
        (
            r#"http_request_duration_seconds_bucket{job="a",instance="i",method="GET",route="/",le="1.0"}"#,
            "0+8x20",
        ),
        (
            r#"http_request_duration_seconds_bucket{job="a",instance="i",method="GET",route="/",le="+Inf"}"#,
            "0+10x20",
        ),
        (r#"up{job="a",instance="i"}"#, "1x20"),
    ];
    let series: Vec<_> = series
        .iter()
        .map(|(series, values)| serde_json::json!({ "series": series, "values": values }))
        .collect();
    let expect = |text: String, samples: &[(&str, f64)]| {
        let samples: Vec<_> = samples
            .iter()
            .map(|(labels, value)| serde_json::json!({ "labels": labels, "value": value }))
            .collect();
        serde_json::json!({ "expr": text, "eval_time": "15m", "exp_samples": samples })
    };
    let tests = [
        // promtool compares numbers to their last digit.
        expect(
            format!("round({}, 0.001)", share.promql(&five)),
            &[(r#"{job="a"}"#, 0.2)],
        ),
        expect(
            format!("round({}, 0.001)", many.promql(&five)),
            &[(r#"{job="a"}"#, 0.2)],
        ),
        expect(guarded.promql(&five), &[]),
        expect(
            format!("round({}, 0.001)", slow.promql(&five)),
            &[(r#"{job="a"}"#, 0.2)],
        ),
        expect(
            format!("round({}, 0.001)", median.promql(&five)),
            &[(r#"{job="a"}"#, 0.417)],
        ),
        expect(again.promql(&five), &[]),
        expect(gone.promql(&five), &[(r#"{job="b"}"#, 1.0)]),
    ];
    let file = serde_json::json!({
        "evaluation_interval": "1m",
        "tests": [{ "interval": "1m", "input_series": series, "promql_expr_test": tests }],
    });
    promtool(
        &["test", "rules", "test.yml"],
        &[("test.yml", &file.to_string())],
    );
}
