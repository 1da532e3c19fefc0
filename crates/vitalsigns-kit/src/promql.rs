//! What an expression asks for, one selector at a time.

use promql_parser::label::{MatchOp, Matcher, Matchers};
use promql_parser::parser::{Expr, VectorSelector};

use crate::query::write_string;
use crate::verify::is_variable;

/// The series that a part of an expression asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) name: String,
    pub(crate) matchers: Vec<Matched>,
}

/// A condition on a label, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    pub(crate) label: String,
    pub(crate) value: String,
    /// With its operator and quotes.
    pub(crate) text: String,
    /// Whether a series without the label satisfies it.
    pub(crate) is_empty_fine: bool,
}

impl Selected {
    /// The selector with these conditions only.
    #[cfg(any(feature = "client", test))]
    pub(crate) fn with(&self, matchers: &[&Matched]) -> String {
        let conditions: Vec<&str> = matchers
            .iter()
            .map(|matched| matched.text.as_str())
            .collect();
        format!("{}{{{}}}", self.name, conditions.join(","))
    }

    /// The selector as it is.
    #[cfg(any(feature = "client", test))]
    pub(crate) fn text(&self) -> String {
        self.with(&self.matchers.iter().collect::<Vec<_>>())
    }
}

/// Every selector of an expression with a name, but those whose absence is the point.
pub(crate) fn selectors(expression: &Expr) -> Vec<Selected> {
    let mut found = Vec::new();
    each(expression, &mut |part| match part {
        Expr::VectorSelector(selector) => found.extend(selected(selector)),
        Expr::MatrixSelector(matrix) => found.extend(selected(&matrix.vs)),
        _ => {}
    });
    found.dedup();
    found
}

/// Every number of an expression that something could be compared with.
pub(crate) fn numbers(expression: &Expr) -> Vec<f64> {
    let mut found = Vec::new();
    each(expression, &mut |part| {
        if let Expr::NumberLiteral(number) = part {
            found.push(number.val);
        }
    });
    found
}

/// Visits an expression and all its parts, but those whose absence is the point.
fn each<'e>(expression: &'e Expr, visit: &mut impl FnMut(&'e Expr)) {
    visit(expression);
    match expression {
        Expr::Aggregate(aggregate) => {
            each(&aggregate.expr, visit);
            if let Some(parameter) = &aggregate.param {
                each(parameter, visit);
            }
        }
        Expr::Unary(unary) => each(&unary.expr, visit),
        Expr::Binary(binary) => {
            each(&binary.lhs, visit);
            each(&binary.rhs, visit);
        }
        Expr::Paren(paren) => each(&paren.expr, visit),
        Expr::Subquery(subquery) => each(&subquery.expr, visit),
        Expr::Call(call) if !matches!(call.func.name, "absent" | "absent_over_time") => {
            for argument in &call.args.args {
                each(argument, visit);
            }
        }
        _ => {}
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
    let mut text = format!("{}{operator}", matcher.name);
    write_string(&matcher.value, &mut text);
    Matched {
        label: matcher.name.clone(),
        value: matcher.value.clone(),
        text,
        is_empty_fine: matcher.is_match(""),
    }
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
