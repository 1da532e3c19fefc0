//! What an expression asks for, one selector at a time.

use promql_parser::label::{MatchOp, Matcher, Matchers};
use promql_parser::parser::{Expr, VectorSelector};

use crate::verify::is_variable;

/// The series that a part of an expression asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) name: String,
    pub(super) matchers: Vec<Matched>,
}

/// A condition on a label, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matched {
    pub(super) label: String,
    /// With its operator and quotes.
    pub(super) text: String,
    /// Whether a series without the label satisfies it.
    pub(super) is_empty_fine: bool,
}

impl Selected {
    /// The selector with these conditions only.
    pub(super) fn with(&self, matchers: &[&Matched]) -> String {
        let conditions: Vec<&str> = matchers
            .iter()
            .map(|matched| matched.text.as_str())
            .collect();
        format!("{}{{{}}}", self.name, conditions.join(","))
    }

    /// The selector as it is.
    pub(super) fn text(&self) -> String {
        self.with(&self.matchers.iter().collect::<Vec<_>>())
    }
}

/// Every selector of an expression with a name, but those whose absence is the point.
pub(super) fn selectors(expression: &Expr) -> Vec<Selected> {
    let mut found = Vec::new();
    walk(expression, &mut found);
    found.dedup();
    found
}

fn walk(expression: &Expr, found: &mut Vec<Selected>) {
    match expression {
        Expr::Aggregate(aggregate) => {
            walk(&aggregate.expr, found);
            if let Some(parameter) = &aggregate.param {
                walk(parameter, found);
            }
        }
        Expr::Unary(unary) => walk(&unary.expr, found),
        Expr::Binary(binary) => {
            walk(&binary.lhs, found);
            walk(&binary.rhs, found);
        }
        Expr::Paren(paren) => walk(&paren.expr, found),
        Expr::Subquery(subquery) => walk(&subquery.expr, found),
        Expr::VectorSelector(selector) => found.extend(selected(selector)),
        Expr::MatrixSelector(matrix) => found.extend(selected(&matrix.vs)),
        Expr::Call(call) => {
            if !matches!(call.func.name, "absent" | "absent_over_time") {
                for argument in &call.args.args {
                    walk(argument, found);
                }
            }
        }
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

fn selected(selector: &VectorSelector) -> Option<Selected> {
    let Matchers { matchers, .. } = &selector.matchers;
    let by_name = matchers
        .iter()
        .find(|matcher| matcher.name == "__name__" && matcher.op == MatchOp::Equal);
    let name = selector
        .name
        .clone()
        .or_else(|| by_name.map(|matcher| matcher.value.clone()))?;
    // What a variable chooses is not known.
    let is_known = |matcher: &&Matcher| matcher.name != "__name__" && !is_variable(&matcher.value);
    let matchers = matchers.iter().filter(is_known);
    Some(Selected {
        name,
        matchers: matchers.map(matched).collect(),
    })
}

fn matched(matcher: &Matcher) -> Matched {
    let operator = match matcher.op {
        MatchOp::Equal => "=",
        MatchOp::NotEqual => "!=",
        MatchOp::Re(_) => "=~",
        MatchOp::NotRe(_) => "!~",
    };
    Matched {
        label: matcher.name.clone(),
        text: format!("{}{operator}{}", matcher.name, quoted(&matcher.value)),
        is_empty_fine: matcher.is_match(""),
    }
}

fn quoted(value: &str) -> String {
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(expression: &str) -> Vec<String> {
        let parsed = promql_parser::parser::parse(expression).unwrap();
        selectors(&parsed).iter().map(Selected::text).collect()
    }

    #[test]
    fn every_selector_is_found_but_those_of_absent() {
        assert_eq!(
            texts(
                "sum by (job) (rate(a_total{x=~\"5..\",y!=\"\\\"\"}[5m])) / on (job) b{z=\"1\"} > 2 \
                 unless absent(gone) and max_over_time(c[10m:1m]) > scalar({__name__=\"d\"})"
            ),
            [
                "a_total{x=~\"5..\",y!=\"\\\"\"}",
                "b{z=\"1\"}",
                "c{}",
                "d{}"
            ]
        );
    }

    #[test]
    fn conditions_that_series_without_the_label_satisfy_are_known() {
        let parsed = promql_parser::parser::parse("a{x=\"\",y!=\"1\",z=\"1\",w=~\".+\"}").unwrap();
        let fine: Vec<bool> = selectors(&parsed)[0]
            .matchers
            .iter()
            .map(|matched| matched.is_empty_fine)
            .collect();
        assert_eq!(fine, [true, true, false, false]);
    }
}
