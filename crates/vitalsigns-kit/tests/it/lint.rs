//! Pages that are wrong, and what is said of them.

use proptest::prelude::*;
use vitalsigns_kit::finding::{Finding, Output, Severity, render};
use vitalsigns_kit::lint::{Subject, lint, rules};

use crate::pages::{Case, OPEN_METRICS, in_text};

fn codes(findings: &[Finding]) -> Vec<&str> {
    let mut codes: Vec<&str> = findings.iter().map(Finding::code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn of_text(page: &str) -> Vec<Finding> {
    lint(&Subject::answer(
        "page",
        Some("text/plain; version=0.0.4"),
        page.as_bytes(),
    ))
}

fn of_open_metrics(page: &str) -> Vec<Finding> {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    lint(&Subject::answer(
        "page",
        Some(content_type),
        page.as_bytes(),
    ))
}

#[test]
fn each_page_has_the_fault_that_it_was_made_with_and_no_other() {
    for Case {
        page,
        codes: expected,
    } in in_text()
    {
        let findings = of_text(&page);
        assert_eq!(
            codes(&findings),
            expected,
            "{page}\n{}",
            render(&findings, Output::Text)
        );
    }
}

#[test]
fn every_rule_is_found_by_some_page() {
    let mut found: Vec<&str> = in_text()
        .iter()
        .flat_map(|case| case.codes)
        .copied()
        .collect();
    found.extend(OPEN_METRICS.iter().flat_map(|(_, codes)| *codes));
    // Those that a page of text cannot have, or of which each has a test of its own.
    found.extend(["content-type", "not-utf8", "many-series"]);
    for rule in rules() {
        assert!(found.contains(&rule.code), "no page breaks `{}`", rule.code);
    }
}

#[test]
fn open_metrics_is_judged_by_its_own_rules() {
    for (page, expected) in OPEN_METRICS {
        let findings = of_open_metrics(page);
        assert_eq!(
            codes(&findings),
            *expected,
            "{page}\n{}",
            render(&findings, Output::Text)
        );
    }
}

#[test]
fn a_content_type_that_prometheus_3_refuses_is_found() {
    let page = "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs 1\n";
    let of = |content_type| lint(&Subject::answer("page", content_type, page.as_bytes()));
    assert_eq!(codes(&of(None)), ["content-type"]);
    assert_eq!(codes(&of(Some("application/json"))), ["content-type"]);
    assert_eq!(
        codes(&of(Some("text/html; charset=utf-8"))),
        ["content-type"]
    );
    assert!(of(Some("text/plain")).is_empty());
    assert!(of(Some("Text/Plain;version=0.0.4")).is_empty());
}

#[test]
fn what_is_not_utf_8_is_found_with_its_line() {
    let findings = lint(&Subject::file(
        "page",
        b"# HELP jobs Jobs.\njobs{a=\"\xff\"} 1\n",
    ));
    assert_eq!(codes(&findings), ["not-utf8"]);
    assert_eq!(findings[0].place.line, Some(2));
}

#[test]
fn a_family_with_very_many_series_is_found_with_the_label() {
    let series: String = (0..30_001)
        .map(|n| format!("jobs{{of=\"v{n}\"}} 1\n"))
        .collect();
    let findings = of_text(&format!("# HELP jobs Jobs.\n# TYPE jobs gauge\n{series}"));
    assert_eq!(codes(&findings), ["many-series"]);
    assert!(
        findings[0].cause.ends_with("; `of` has 30001 values"),
        "{}",
        findings[0].cause
    );
}

#[test]
fn a_fault_on_every_line_is_told_some_times_and_then_counted() {
    let page: String = (0..100).map(|n| format!("a-b{n} 1\n")).collect();
    let findings = of_text(&format!(
        "# HELP jobs Jobs.\n# TYPE jobs gauge\njobs 1\n{page}"
    ));
    assert_eq!(findings.len(), 20);
    assert!(
        findings[19].cause.ends_with("(and 80 more of these)"),
        "{}",
        findings[19].cause
    );
}

#[test]
fn findings_come_in_the_order_of_lines_with_cause_and_hint() {
    let findings = of_text("# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total -1\n");
    assert_eq!(
        render(&findings, Output::Text),
        "error[negative-counter]: `jobs_total` is -1\n  --> page:3\n  hint: a counter starts at 0 \
         and only grows; what goes down is a gauge\n1 error, 0 warnings\n"
    );
    assert_eq!(findings[0].severity(), Severity::Error);
}

#[test]
fn machines_get_the_same() {
    let findings = of_text("jobs{a=\"<&\u{7}\\n\"} x\n");
    let json: serde_json::Value = serde_json::from_str(&render(&findings, Output::Json)).unwrap();
    assert_eq!(json["findings"][0]["code"], "syntax");
    assert_eq!(json["findings"][0]["line"], 1);
    let sarif: serde_json::Value = serde_json::from_str(&render(&findings, Output::Sarif)).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["results"][0]["ruleId"], "syntax");
    let index = run["results"][0]["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "syntax");
    let junit = render(&findings, Output::Junit);
    assert!(
        junit.contains("<testcase classname=\"page\" name=\"syntax at page:1\">"),
        "{junit}"
    );
    assert!(render(&[], Output::Junit).contains("name=\"no findings\""));
    assert_eq!(render(&[], Output::Text), "");
}

#[test]
fn what_comes_from_a_page_commands_no_terminal() {
    let findings = of_text("\u{1b}[31mred 1\n");
    let text = render(&findings, Output::Text);
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(!render(&findings, Output::Junit).contains('\u{1b}'));
}

proptest! {
    #[test]
    fn whatever_is_read_is_judged_without_a_panic(text in "[a-z_{}=\"\\\\,.0-9 \n#+A-Z\t]{0,200}") {
        for findings in [of_text(&text), of_open_metrics(&text)] {
            for output in [Output::Text, Output::Json, Output::Junit, Output::Sarif] {
                render(&findings, output);
            }
        }
    }
}
