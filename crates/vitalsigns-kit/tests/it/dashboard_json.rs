//! The files of dashboards, and what they ask.

use promql_parser::label::Matchers;
use promql_parser::parser::{Expr, parse};
use serde_json::Value;
use vitalsigns_kit::dashboard::{Dashboard, dashboards};

use crate::systems::whole;

pub(crate) fn all() -> Vec<Dashboard> {
    dashboards(&whole()).unwrap()
}

pub(crate) fn json(dashboard: &Dashboard) -> Value {
    serde_json::from_str(&dashboard.to_json()).unwrap()
}

/// The panels with their values, without rows.
pub(crate) fn panels(dashboard: &Value) -> Vec<&Value> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    panels.filter(|panel| panel["type"] != "row").collect()
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// As Grafana hands it to Prometheus.
pub(crate) fn interpolated(expression: &str) -> String {
    expression
        .replace("$__rate_interval", "5m")
        .replace("$__interval", "1m")
        .replace("$__range", "3h")
}

/// All expressions: of panels, variables and events.
pub(crate) fn expressions(dashboard: &Value) -> Vec<String> {
    let mut expressions = Vec::new();
    for panel in panels(dashboard) {
        for target in panel["targets"].as_array().unwrap() {
            expressions.push(text(target, "expr").to_owned());
        }
    }
    for event in dashboard["annotations"]["list"].as_array().unwrap() {
        if let Some(expression) = event["expr"].as_str() {
            expressions.push(expression.to_owned());
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let query = text(variable, "query");
        if let Some(inside) = query.strip_prefix("label_values(") {
            let (selector, _) = inside.rsplit_once(", ").unwrap();
            expressions.push(selector.to_owned());
        }
    }
    expressions
}

/// The selectors of an expression: name and conditions.
fn selectors(expression: &Expr, found: &mut Vec<(String, Matchers)>) {
    let mut of = |selector: &promql_parser::parser::VectorSelector| {
        let name = selector.name.clone().unwrap_or_default();
        found.push((name, selector.matchers.clone()));
    };
    match expression {
        Expr::VectorSelector(selector) => of(selector),
        Expr::MatrixSelector(matrix) => of(&matrix.vs),
        Expr::Aggregate(aggregate) => selectors(&aggregate.expr, found),
        Expr::Unary(unary) => selectors(&unary.expr, found),
        Expr::Binary(binary) => {
            selectors(&binary.lhs, found);
            selectors(&binary.rhs, found);
        }
        Expr::Paren(paren) => selectors(&paren.expr, found),
        Expr::Subquery(subquery) => selectors(&subquery.expr, found),
        Expr::Call(call) => call.args.args.iter().for_each(|arg| selectors(arg, found)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

pub(crate) fn parsed(expression: &str) -> Vec<(String, Matchers)> {
    let interpolated = interpolated(expression);
    let parsed = parse(&interpolated).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let mut found = Vec::new();
    selectors(&parsed, &mut found);
    found
}
