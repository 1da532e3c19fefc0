//! The whole chain under traffic: what is asked has answers, what goes wrong arrives and resolves.

use std::time::Duration;

use tests::{backend::Backend as _, http, poll, sink::Arrived};

use vitalsigns_kit::client::Client;
use vitalsigns_kit::finding::{Finding, Output, render};
use vitalsigns_kit::live::Chain;
use vitalsigns_kit::verify::Folder;

use crate::stage::{Stage, WINDOW};

/// How long anything may take that is to happen.
const WAIT: Duration = Duration::from_secs(90);

/// Expressions without an answer, by a part of them, and why.
const WITHOUT_ANSWER: &[(&str, &str)] = &[
    ("offset 1h", "nothing is an hour old"),
    ("EscalationNeeded", "what is critical is made to fire below"),
    ("offset 1w", "nothing is a week old"),
    ("grafana_", "there is no Grafana"),
    ("pg_replication_lag_seconds", "there is no replica"),
    (
        "check=~\"redis|cache\"",
        "auren's check has the name of its tier",
    ),
    (
        "check=~\"postgres",
        "auren's check has the name of its tier",
    ),
    (
        "process_cgroup_memory_limit",
        "the machine may have no limit",
    ),
    ("process_cgroup_cpu_limit", "the machine may have no limit"),
    (
        "\"BHD|",
        "hardly anybody pays in a currency with three decimals",
    ),
    ("\"BIF|", "hardly anybody pays in one without decimals"),
    ("\"CLF|", "nobody pays in one with four decimals"),
];

#[test]
fn everything_is_answered_and_every_fault_arrives() {
    let mut stage = Stage::start();
    for name in [
        "aura-render",
        "azora",
        "auren",
        "prometheus",
        "alertmanager",
        "node",
        "redis",
    ] {
        stage.prometheus.wait_until_up(name);
    }
    the_chain_has_no_fault_but_what_is_not_there(&stage);
    panels_have_answers(&stage);
    alerts_have_answers(&stage);
    every_fault_arrives_and_resolves(&mut stage);
}

/// What `verify` says of the folder and of what runs by it.
fn the_chain_has_no_fault_but_what_is_not_there(stage: &Stage) {
    let folder = Folder::read(stage.folder.path()).unwrap();
    let chain = Chain::new(Client::new(), stage.prometheus.program().url(""))
        .alertmanager(stage.alertmanager.program().url(""))
        .folder(&folder);
    let is_of_what_is_there = |finding: &Finding| {
        let said = format!("{} {}", finding.place, finding.cause);
        !said.contains("grafana")
    };
    poll::until_ok(WAIT, "nothing to be found", || {
        let findings: Vec<Finding> = chain
            .verify()
            .into_iter()
            .filter(is_of_what_is_there)
            .collect();
        match findings.is_empty() {
            true => Ok(()),
            false => Err(render(&findings, Output::Text)),
        }
    });
}

/// As Grafana hands it to Prometheus, with everything chosen.
fn interpolated(expression: &str) -> String {
    let mut text = expression.to_owned();
    for (variable, value) in [
        ("$__rate_interval", format!("{WINDOW}s")),
        ("$__interval", "5s".to_owned()),
        ("$__range", "2m".to_owned()),
    ] {
        text = text.replace(variable, &value);
    }
    // Whatever else is chosen by a variable stands in a pattern.
    while let Some(start) = text.find('$') {
        let rest = &text[start + 1..];
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        text.replace_range(start..start + 1 + end, ".+");
    }
    text
}

fn panels_have_answers(stage: &Stage) {
    let panels = stage.panels();
    assert!(panels.len() > 100, "{} expressions", panels.len());
    have_answers(stage, &panels);
}

/// What alerts compare has values, or they could never fire.
fn alerts_have_answers(stage: &Stage) {
    let mut compared = Vec::new();
    let data = stage.prometheus.get("rules", &[]);
    for group in data["groups"].as_array().unwrap() {
        for rule in group["rules"].as_array().unwrap() {
            assert_eq!(rule["health"], "ok", "{rule}");
            let name = rule["name"].as_str().unwrap();
            let parsed = promql_parser::parser::parse(rule["query"].as_str().unwrap()).unwrap();
            operands(&parsed, &mut |operand| {
                compared.push((name.to_owned(), operand))
            });
        }
    }
    assert!(compared.len() > 50, "{} comparisons", compared.len());
    have_answers(stage, &compared);
}

/// The left side of each comparison, and what is joined without one.
fn operands(expression: &promql_parser::parser::Expr, found: &mut impl FnMut(String)) {
    use promql_parser::parser::Expr;
    match expression {
        Expr::Binary(binary) => {
            let operator = binary.op.to_string();
            match operator.as_str() {
                ">" | "<" | ">=" | "<=" | "==" | "!=" => operands(&binary.lhs, found),
                "and" | "or" | "unless" => {
                    operands(&binary.lhs, found);
                    operands(&binary.rhs, found);
                }
                _ => found(expression.to_string()),
            }
        }
        Expr::Paren(paren) => operands(&paren.expr, found),
        Expr::Aggregate(aggregate) if matches!(*aggregate.expr, Expr::Binary(_)) => {
            operands(&aggregate.expr, found);
        }
        // Whose absence is the point.
        Expr::Call(call) if call.func.name.starts_with("absent") => {}
        other => found(other.to_string()),
    }
}

fn have_answers(stage: &Stage, asked: &[(String, String)]) {
    let is_known = |place: &str, text: &str| {
        let mut known = WITHOUT_ANSWER.iter();
        known.any(|(part, _)| place.contains(part) || text.contains(part))
    };
    let mut missing: Vec<(String, String)> = Vec::new();
    for (place, expression) in asked {
        let text = interpolated(expression);
        if !is_known(place, &text) && !missing.iter().any(|(_, known)| *known == text) {
            missing.push((place.clone(), text));
        }
    }
    poll::until_ok(WAIT, "every expression to have an answer", || {
        missing.retain(|(_, text)| {
            let answer = stage.prometheus.get("query", &[("query", text)]);
            answer["result"].as_array().is_none_or(Vec::is_empty)
        });
        match missing.as_slice() {
            [] => Ok(()),
            missing => {
                let lines = missing
                    .iter()
                    .map(|(place, text)| format!("\n{place}: {text}"));
                Err(format!(
                    "{} have none:{}",
                    missing.len(),
                    lines.collect::<String>()
                ))
            }
        }
    });
}

/// A service is killed, a store is gone, and a service has more to do than it can, all at once.
fn every_fault_arrives_and_resolves(stage: &mut Stage) {
    let critical = ("severity", "critical");
    let down = [("alertname", "ServiceDown"), ("job", "azora"), critical];
    let gone = [("alertname", "RedisDown"), ("source", "redis"), critical];
    let errors = [
        ("alertname", "HighErrorRate"),
        ("job", "aura-render"),
        critical,
    ];
    stage.examples[1].kill();
    stage.redis.kill();
    let burst = poll::until(WAIT, "the burst to be told", || {
        overload(&stage.examples[0].url("/generate"));
        stage.sink.last(&errors, "firing")
    });
    has_come_right(&burst);
    for labels in [down, gone] {
        has_come_right(&stage.sink.wait_for(WAIT, &labels, "firing"));
    }
    stage.examples[1].resume();
    stage.redis.resume();
    for labels in [down, gone, errors] {
        stage.sink.wait_for(WAIT, &labels, "resolved");
    }
}

/// More work than may wait, so that most of it is refused with 503.
fn overload(url: &str) {
    for _ in 0..50 {
        let headers = [("content-type", "application/json")];
        let order = br#"{"theme":"tech","seconds":5}"#;
        let answer = http::request("POST", url, &headers, order, WAIT).unwrap();
        assert!([202, 503].contains(&answer.status), "{}", answer.text());
    }
}

/// Who is woken is the right one, and finds words and a page about what to do.
fn has_come_right(arrived: &Arrived) {
    assert_eq!(arrived.receiver, "critical", "{arrived:?}");
    for annotation in ["summary", "description", "runbook_url"] {
        let text = arrived.alert["annotations"][annotation].as_str();
        let is_said = text.is_some_and(|text| !text.is_empty() && !text.contains("{{"));
        assert!(is_said, "{annotation}: {arrived:?}");
    }
}
