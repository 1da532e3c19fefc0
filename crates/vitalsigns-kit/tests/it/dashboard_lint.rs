//! What Grafana's dashboard-linter asks of dashboards, by the names of its rules. Those about logs
//! have nothing to look at here.

use promql_parser::label::{MatchOp, Matchers};
use promql_parser::parser::{Expr, VectorSelector, parse};
use serde_json::Value;

use crate::dashboard_json::{all, interpolated, json, panels, parsed, text};

/// One rule: what is wrong with a dashboard.
type Rule = fn(&Value) -> Vec<String>;

const RULES: &[(&str, Rule)] = &[
    ("template-datasource-rule", template_datasource),
    ("template-job-rule", |json| template(json, "job", "Job")),
    ("template-instance-rule", |json| {
        template(json, "instance", "Instance")
    }),
    ("template-label-promql-rule", template_label_promql),
    ("template-on-time-change-reload-rule", template_reload),
    ("panel-datasource-rule", |json| {
        of_panels(json, panel_datasource)
    }),
    ("panel-title-description-rule", |json| {
        of_panels(json, panel_words)
    }),
    ("panel-units-rule", |json| of_panels(json, panel_unit)),
    ("panel-no-targets-rule", |json| {
        of_panels(json, panel_targets)
    }),
    ("target-promql-rule", |json| of_targets(json, target_promql)),
    ("target-rate-interval-rule", |json| {
        of_targets(json, target_rate_interval)
    }),
    ("target-job-rule", |json| {
        of_targets(json, |of| target_has(of, "job"))
    }),
    ("target-instance-rule", |json| {
        of_targets(json, |of| target_has(of, "instance"))
    }),
    ("target-counter-agg-rule", |json| {
        of_targets(json, target_counter)
    }),
    ("uneditable-dashboard", uneditable),
];

#[test]
fn no_rule_finds_anything() {
    for dashboard in all() {
        let json = json(&dashboard);
        for (name, rule) in RULES {
            let wrong = rule(&json);
            assert!(wrong.is_empty(), "{} {name}: {wrong:#?}", dashboard.title);
        }
    }
}

#[test]
fn each_rule_finds_its_fault() {
    let right = all()[0].to_json();
    for (name, from, to) in [
        ("template-datasource-rule", "\"Data source\"", "\"Source\""),
        (
            "template-job-rule",
            "\"label\": \"Job\"",
            "\"label\": \"The job\"",
        ),
        (
            "template-instance-rule",
            "\"name\": \"instance\"",
            "\"name\": \"host\"",
        ),
        (
            "template-label-promql-rule",
            "label_values(up{",
            "label_values(up{{",
        ),
        (
            "template-on-time-change-reload-rule",
            "\"refresh\": 2",
            "\"refresh\": 1",
        ),
        (
            "panel-datasource-rule",
            "${datasource}\"",
            "P1809F7CD0C75ACF3\"",
        ),
        (
            "panel-title-description-rule",
            "\"title\": \"Panics\"",
            "\"title\": \"\"",
        ),
        (
            "panel-units-rule",
            "\"unit\": \"cps\"",
            "\"unit\": \"per second\"",
        ),
        ("target-promql-rule", "\"expr\": \"sum", "\"expr\": \"(sum"),
        ("target-rate-interval-rule", "$__rate_interval", "5m"),
        ("target-job-rule", "job=~\\\"$job\\\"", "job=\\\"api\\\""),
        (
            "target-instance-rule",
            "instance=~\\\"$instance\\\"",
            "instance=\\\"a\\\"",
        ),
        (
            "target-counter-agg-rule",
            "rate(http_requests_total",
            "delta(http_requests_total",
        ),
        (
            "uneditable-dashboard",
            "\"editable\": false",
            "\"editable\": true",
        ),
    ] {
        assert!(right.contains(from), "{name}: {from}");
        let wrong: Value = serde_json::from_str(&right.replace(from, to)).unwrap();
        let (_, rule) = RULES.iter().find(|(known, _)| *known == name).unwrap();
        assert!(!rule(&wrong).is_empty(), "{name} does not see {to}");
    }
    let mut wrong: Value = serde_json::from_str(&right).unwrap();
    wrong["panels"][1]["targets"] = Value::Array(Vec::new());
    let (_, rule) = RULES
        .iter()
        .find(|(name, _)| *name == "panel-no-targets-rule")
        .unwrap();
    assert!(!rule(&wrong).is_empty());
}

fn variables(json: &Value) -> &[Value] {
    json["templating"]["list"].as_array().unwrap()
}

fn template_datasource(json: &Value) -> Vec<String> {
    let of_type = variables(json)
        .iter()
        .filter(|variable| variable["type"] == "datasource");
    let right = of_type.filter(|variable| {
        (
            text(variable, "name"),
            text(variable, "label"),
            text(variable, "query"),
        ) == ("datasource", "Data source", "prometheus")
    });
    match right.count() {
        1 => Vec::new(),
        number => vec![format!("{number} data sources")],
    }
}

fn template(json: &Value, name: &str, label: &str) -> Vec<String> {
    let found = variables(json)
        .iter()
        .find(|variable| variable["name"] == name);
    let is_right = found.is_some_and(|variable| {
        variable["datasource"]["uid"] == "${datasource}"
            && variable["type"] == "query"
            && variable["label"] == label
            && variable["multi"] == true
            && variable["allValue"] == ".+"
    });
    match is_right {
        true => Vec::new(),
        false => vec![format!("{found:?}")],
    }
}

fn queries(json: &Value) -> impl Iterator<Item = &Value> {
    variables(json)
        .iter()
        .filter(|variable| variable["type"] == "query")
}

fn template_label_promql(json: &Value) -> Vec<String> {
    let queries = queries(json).map(|variable| text(variable, "query"));
    let wrong = queries.filter(|query| {
        let inside = query
            .strip_prefix("label_values(")
            .and_then(|rest| rest.strip_suffix(')'));
        let selector = inside.and_then(|inside| inside.rsplit_once(", "));
        selector.is_none_or(|(selector, _)| parse(selector).is_err())
    });
    wrong.map(str::to_owned).collect()
}

fn template_reload(json: &Value) -> Vec<String> {
    let wrong = queries(json).filter(|variable| variable["refresh"] != 2);
    wrong
        .map(|variable| text(variable, "name").to_owned())
        .collect()
}

fn of_panels(json: &Value, is_right: fn(&Value) -> bool) -> Vec<String> {
    let panels = panels(json).into_iter();
    let shown = panels.filter(|panel| panel["type"] != "text");
    let wrong = shown.filter(|panel| !is_right(panel));
    wrong.map(|panel| text(panel, "title").to_owned()).collect()
}

fn panel_datasource(panel: &Value) -> bool {
    panel["datasource"]["uid"] == "${datasource}"
}

fn panel_words(panel: &Value) -> bool {
    !text(panel, "title").is_empty() && !text(panel, "description").is_empty()
}

/// Of the units that Grafana knows, those that are used.
fn panel_unit(panel: &Value) -> bool {
    let unit = text(&panel["fieldConfig"]["defaults"], "unit");
    [
        "short",
        "cps",
        "cpm",
        "s",
        "dateTimeAsIso",
        "bytes",
        "Bps",
        "percentunit",
        "celsius",
        "volt",
        "amp",
        "joule",
        "hertz",
        "lengthm",
        "watt",
    ]
    .contains(&unit)
}

fn panel_targets(panel: &Value) -> bool {
    !panel["targets"].as_array().unwrap().is_empty()
}

fn of_targets(json: &Value, is_right: fn(&str) -> bool) -> Vec<String> {
    let panels = panels(json).into_iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let expressions = targets.map(|target| text(target, "expr"));
    let wrong = expressions.filter(|expression| !is_right(expression));
    wrong.map(str::to_owned).collect()
}

fn target_promql(expression: &str) -> bool {
    parse(&interpolated(expression)).is_ok()
}

fn target_rate_interval(expression: &str) -> bool {
    let rates = expression.match_indices("rate(");
    let mut rates = rates.map(|(at, _)| &expression[at..]);
    rates.all(|rate| {
        let window = rate
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'));
        window.is_some_and(|(window, _)| window == "$__rate_interval")
    })
}

/// Alerts have the labels of their rules: some have no job and no instance, and have to be seen.
fn target_has(expression: &str, label: &str) -> bool {
    let has = |matchers: &Matchers| {
        let wanted = format!("${label}");
        let matchers = matchers.matchers.iter();
        let mut of_label = matchers.filter(|matcher| matcher.name == label);
        of_label.any(|matcher| matches!(matcher.op, MatchOp::Re(_)) && matcher.value == wanted)
    };
    let selectors = parsed(expression);
    selectors
        .iter()
        .all(|(name, matchers)| name == "ALERTS" || has(matchers))
}

fn target_counter(expression: &str) -> bool {
    let parsed = parse(&interpolated(expression)).unwrap();
    counters_grow(&parsed, "")
}

/// Whether each counter is in a function that says how it grows.
fn counters_grow(expression: &Expr, function: &str) -> bool {
    let is_right = |selector: &VectorSelector| {
        let name = selector.name.as_deref().unwrap_or_default();
        !name.ends_with("_total") || ["rate", "irate", "increase"].contains(&function)
    };
    match expression {
        Expr::VectorSelector(selector) => is_right(selector),
        Expr::MatrixSelector(matrix) => is_right(&matrix.vs),
        Expr::Call(call) => call
            .args
            .args
            .iter()
            .all(|arg| counters_grow(arg, call.func.name)),
        Expr::Aggregate(aggregate) => counters_grow(&aggregate.expr, ""),
        Expr::Unary(unary) => counters_grow(&unary.expr, ""),
        Expr::Binary(binary) => counters_grow(&binary.lhs, "") && counters_grow(&binary.rhs, ""),
        Expr::Paren(paren) => counters_grow(&paren.expr, ""),
        Expr::Subquery(subquery) => counters_grow(&subquery.expr, function),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => true,
    }
}

fn uneditable(json: &Value) -> Vec<String> {
    match json["editable"] == false {
        true => Vec::new(),
        false => vec![json["editable"].to_string()],
    }
}
