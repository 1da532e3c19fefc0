//! Expressions: what they are, and what is wrong with them.

mod arithmetic;
mod binary;
mod call;
mod compare;
mod conditions;
mod judge;
pub(super) mod labels;
pub(super) mod measure;
mod rules;
mod selector;
mod value;
mod variables;

#[cfg(feature = "client")]
pub(crate) use variables::is_variable;
#[cfg(feature = "client")]
pub(super) use variables::{AS_NAME, replaced};

use promql_parser::parser::{self, Expr, VectorSelector};

use self::judge::Judge;
pub(super) use self::rules::{ABOVE_BUCKETS, RULES};
pub(super) use self::value::Value;
use super::Purpose;
use super::knowledge::Knowledge;
use super::sheet::Sheet;
use crate::finding::Place;
use crate::nearest::nearest;

/// What is longer was not written by a person, and not for one.
const LONGEST: usize = 20_000;

/// How many operators and parentheses there may be: each may be one level of the tree.
const MOST_LEVELS: usize = 400;

/// Judges an expression; what it is, if it can be read.
pub(super) fn judge(
    text: &str,
    knowledge: &Knowledge,
    place: &Place,
    purpose: Purpose,
    sheet: &mut Sheet,
) -> Option<Value> {
    if is_too_long(text) {
        let cause = "this is too long or too deep to be judged";
        sheet.add(
            &rules::TOO_LONG,
            place,
            cause,
            "record parts of it by rules",
        );
        return None;
    }
    let parsed = match parsed(text) {
        Ok(parsed) => parsed,
        Err(reason) => {
            sheet.add(
                &rules::SYNTAX,
                place,
                format!("this is no expression: {}", one_line(&reason)),
                "correct it; `promtool check rules` and Prometheus say where",
            );
            return None;
        }
    };
    let mut judge = Judge {
        knowledge,
        place,
        purpose,
        sheet,
        has_variables: parsed.has_variables,
        has_stand_ins: parsed.has_stand_ins,
        in_quantile: false,
        depth: 0,
    };
    let value = judge.value(&parsed.expr);
    judge.check_end(&value);
    Some(value)
}

/// An expression that was read.
struct Parsed {
    expr: Expr,
    has_variables: bool,
    /// Whether variables became numbers, of which nothing is known.
    has_stand_ins: bool,
}

fn is_too_long(text: &str) -> bool {
    let levels = text
        .chars()
        .filter(|c| "([+-*/%^<>=!@".contains(*c))
        .count();
    let words = [
        " and ", " or ", " unless ", "atan2", "\nand", "\nor", "\nunless",
    ];
    let words: usize = words.iter().map(|word| text.matches(word).count()).sum();
    text.len() > LONGEST || levels + words > MOST_LEVELS
}

/// The tree of an expression, and whether it had variables of Grafana.
fn parsed(text: &str) -> Result<Parsed, String> {
    if is_too_long(text) {
        return Err("it is too long".to_owned());
    }
    let replaced = variables::replaced(text, variables::AS_NAME);
    let first = match parser::parse(&replaced.text) {
        Ok(expr) => {
            return Ok(Parsed {
                expr,
                has_variables: replaced.has_variables,
                has_stand_ins: false,
            });
        }
        Err(reason) => reason,
    };
    if replaced.has_bare {
        // A variable may stand for a number, a time or a function too.
        for bare in ["5", "5m", "rate"] {
            if let Ok(expr) = parser::parse(&variables::replaced(text, bare).text) {
                return Ok(Parsed {
                    expr,
                    has_variables: true,
                    has_stand_ins: true,
                });
            }
        }
        return Err(format!("{first} (whatever its variables are)"));
    }
    Err(first)
}

/// Says that what an expression leaves does not have a label that is asked of it.
pub(super) fn say_unknown_label(
    value: &Value,
    label: &str,
    of: &str,
    place: &Place,
    sheet: &mut Sheet,
) {
    let names = value.labels.names();
    let hint = match nearest(label, names.iter().copied()) {
        Some(near) => format!("there is `{near}`"),
        None => format!("there are {}", names.join(", ")),
    };
    let cause = format!("`{}` has no label `{label}`", one_line(of));
    sheet.add(&rules::UNKNOWN_LABEL, place, cause, hint);
}

/// Whether an expression asks for series of a name whose label can have this value.
pub(super) fn asks_for(name: &str, label: &str, value: &str, text: &str) -> bool {
    let Ok(parsed) = parsed(text) else {
        return false;
    };
    let mut selectors = Vec::new();
    collect(&parsed.expr, &mut selectors, 0);
    selectors.iter().any(|selector| {
        let is_named = selector.name.as_deref() == Some(name);
        let mut conditions = selector.matchers.matchers.iter();
        is_named && conditions.all(|matcher| matcher.name != label || matcher.is_match(value))
    })
}

/// The families that an expression asks for by name.
pub(super) fn selectors(text: &str) -> Vec<String> {
    let Ok(parsed) = parsed(text) else {
        return Vec::new();
    };
    let mut selectors = Vec::new();
    collect(&parsed.expr, &mut selectors, 0);
    let names = selectors
        .into_iter()
        .filter_map(|selector| selector.name.clone());
    names.collect()
}

fn collect<'e>(expr: &'e Expr, selectors: &mut Vec<&'e VectorSelector>, depth: usize) {
    if depth > 200 {
        return;
    }
    let mut below = |expr: &'e Expr| collect(expr, selectors, depth + 1);
    match expr {
        Expr::Aggregate(aggregate) => below(&aggregate.expr),
        Expr::Unary(unary) => below(&unary.expr),
        Expr::Paren(paren) => below(&paren.expr),
        Expr::Subquery(subquery) => below(&subquery.expr),
        Expr::Binary(binary) => {
            below(&binary.lhs);
            below(&binary.rhs);
        }
        Expr::Call(call) => call.args.args.iter().for_each(|argument| below(argument)),
        Expr::VectorSelector(selector) => selectors.push(selector),
        Expr::MatrixSelector(matrix) => selectors.push(&matrix.vs),
        _ => {}
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
