//! An expression, walked from its leaves: what each part is, and what is wrong with it.

use promql_parser::label::Labels as LabelList;
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier};

use super::labels::{Labels, Matching, Values};
use super::measure::Measure;
use super::rules as rule;
use super::value::{Nature, Value};
use super::variables;
use crate::finding::{Place, Rule};
use crate::verify::Purpose;
use crate::verify::knowledge::Knowledge;
use crate::verify::sheet::Sheet;

/// How deep an expression may be nested to be followed to its end.
const DEEPEST: usize = 200;

/// Judges one expression.
pub(super) struct Judge<'a> {
    pub(super) knowledge: &'a Knowledge,
    pub(super) place: &'a Place,
    pub(super) purpose: Purpose,
    pub(super) sheet: &'a mut Sheet,
    /// Whether it had variables, so that its windows are not its own.
    pub(super) has_variables: bool,
    /// Whether a number stands for a variable.
    pub(super) has_stand_ins: bool,
    /// Whether a quantile is being taken of what is judged.
    pub(super) in_quantile: bool,
    pub(super) depth: usize,
}

impl Judge<'_> {
    pub(super) fn say(
        &mut self,
        rule: &'static Rule,
        cause: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.sheet.add(rule, self.place, cause, hint);
    }

    /// What an expression is.
    pub(super) fn value(&mut self, expr: &Expr) -> Value {
        if self.depth >= DEEPEST {
            return Value::unknown();
        }
        self.depth += 1;
        let value = match expr {
            Expr::NumberLiteral(number) => Value::scalar(Some(number.val), Measure::Unknown),
            Expr::StringLiteral(_) => Value::scalar(None, Measure::Unknown),
            Expr::Paren(inner) => self.value(&inner.expr),
            Expr::Unary(inner) => {
                let value = self.value(&inner.expr);
                match value.number {
                    Some(number) => Value::scalar(Some(-number), value.measure),
                    None => {
                        let measure = value.measure.clone();
                        value.mapped(measure)
                    }
                }
            }
            Expr::VectorSelector(selector) => self.series(selector),
            Expr::MatrixSelector(matrix) => self.range(matrix, false),
            Expr::Subquery(subquery) => self.value(&subquery.expr),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate),
            Expr::Call(call) => self.call(call),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Extension(_) => Value::unknown(),
        };
        self.depth -= 1;
        value
    }

    fn aggregate(&mut self, aggregate: &AggregateExpr) -> Value {
        let operator = aggregate.op.to_string();
        if let Some(parameter) = &aggregate.param {
            let parameter = self.value(parameter);
            if operator == "quantile" {
                self.check_quantile(&parameter);
            }
        }
        let value = self.value(&aggregate.expr);
        if matches!(
            operator.as_str(),
            "topk" | "bottomk" | "limitk" | "limit_ratio"
        ) {
            return value;
        }
        let (matching, written) = match &aggregate.modifier {
            None => (Matching::On(&[]), operator.clone()),
            Some(LabelModifier::Include(labels)) => {
                self.check_named(&value.labels, labels);
                let written = format!("{operator} by ({})", labels.labels.join(", "));
                (Matching::On(&labels.labels), written)
            }
            Some(LabelModifier::Exclude(labels)) => {
                let written = format!("{operator} without ({})", labels.labels.join(", "));
                (Matching::Ignoring(&labels.labels), written)
            }
        };
        let mut labels = value.labels.aggregate(&matching, &written);
        if has_variable(&aggregate.modifier) {
            labels.is_open = true;
        }
        if operator == "count_values" {
            let label = aggregate.param.as_deref();
            match label {
                Some(Expr::StringLiteral(label)) => labels.put(&label.val, Values::any()),
                _ => labels.is_open = true,
            }
        }
        self.check_buckets_added(&operator, &value, &labels);
        self.check_mean_of_ratios(&operator, &value);
        let keeps = matches!(
            operator.as_str(),
            "sum" | "avg" | "min" | "max" | "quantile"
        );
        let mut out = Value::vector(labels, Measure::Unknown);
        out.divided_by = value.divided_by.clone();
        match operator.as_str() {
            "count" => {
                out.measure = Measure::named("");
                out.range = (1.0, f64::INFINITY);
            }
            "group" => out.range = (1.0, 1.0),
            "stddev" => out.measure = value.measure,
            _ if keeps => {
                out.range = match operator.as_str() {
                    "sum" if value.is_never_negative() => (0.0, f64::INFINITY),
                    "sum" => (f64::NEG_INFINITY, f64::INFINITY),
                    _ => value.range,
                };
                out.measure = match (operator.as_str(), value.measure) {
                    // Several shares together are no share.
                    ("sum", Measure::Share | Measure::Quotient) => Measure::Unknown,
                    (_, measure) => measure,
                };
                out.nature = match value.nature {
                    Nature::Gauge(_) | Nature::Quotient => Nature::Plain,
                    nature => nature,
                };
                out.source = value.source.map(|mut source| {
                    source.chain.push(written);
                    source
                });
            }
            _ => {}
        }
        out
    }

    /// Whether the labels that are named are there.
    pub(super) fn check_named(&mut self, labels: &Labels, named: &LabelList) {
        for label in &named.labels {
            if variables::is_variable(label) || labels.knows(label) {
                continue;
            }
            // A target may have it, where that is not known.
            if self.in_quantile && label == "le" {
                continue;
            }
            let hint = self.near_label(labels, label);
            self.say(
                &rule::UNKNOWN_LABEL,
                format!("there is no label `{label}` to group by"),
                hint,
            );
        }
    }

    fn check_buckets_added(&mut self, operator: &str, value: &Value, labels: &Labels) {
        let is_bucket = matches!(
            value.nature,
            Nature::Growth { is_bucket: true }
                | Nature::Totals {
                    is_bucket: true,
                    ..
                }
        );
        let le = value.labels.get("le");
        let is_one = le.is_some_and(|values| values.list().is_some_and(|list| list.len() == 1));
        let is_kept = labels.get("le").is_some();
        if is_bucket
            && operator == "sum"
            && !is_one
            && !is_kept
            && !self.in_quantile
            && le.is_some()
        {
            self.say(
                &rule::BUCKETS_ADDED,
                "the buckets of a histogram are added up, and each of them counts what the smaller \
                 ones count",
                "sum `_count`, or keep `le`",
            );
        }
    }

    fn check_mean_of_ratios(&mut self, operator: &str, value: &Value) {
        let what = match &value.nature {
            Nature::Quantile { .. } => "quantiles",
            Nature::Quotient => "ratios",
            _ => return,
        };
        if matches!(operator, "avg" | "sum") {
            self.say(
                &rule::MEAN_OF_RATIOS,
                format!("`{operator}` of {what} weighs what is idle like what is busy"),
                match what {
                    "quantiles" => "sum the buckets, then take the quantile",
                    _ => "sum both sides, then divide",
                },
            );
        }
    }

    pub(super) fn check_quantile(&mut self, quantile: &Value) {
        if let Some(number) = quantile.number
            && !self.has_stand_ins
            && !(0.0..=1.0).contains(&number)
        {
            self.say(
                &rule::BAD_QUANTILE,
                format!("{number} is no quantile"),
                match number {
                    1.0..=100.0 => format!("a quantile is between 0 and 1: {}", number / 100.0),
                    _ => "a quantile is between 0 and 1".to_owned(),
                },
            );
        }
    }
}

fn has_variable(modifier: &Option<LabelModifier>) -> bool {
    let labels = modifier.as_ref().map(LabelModifier::labels);
    labels.is_some_and(|labels| {
        labels
            .labels
            .iter()
            .any(|label| variables::is_variable(label))
    })
}
