//! Arithmetic: what comes out, and in what it is counted.

use super::binary::only_in;
use super::judge::Judge;
use super::labels::Labels;
use super::measure::Measure;
use super::rules as rule;
use super::value::{Nature, Source, Value};
use crate::query::Unit;

impl Judge<'_> {
    pub(super) fn calculate(
        &mut self,
        operator: &str,
        left: Value,
        right: Value,
        labels: Labels,
    ) -> Value {
        if let (Some(one), Some(other)) = (left.number, right.number) {
            let number = match operator {
                "+" => one + other,
                "-" => one - other,
                "*" => one * other,
                "/" => one / other,
                "%" => one % other,
                "^" => one.powf(other),
                _ => return Value::scalar(None, Measure::Unknown),
            };
            return Value::scalar(Some(number), Measure::Unknown);
        }
        let both_scalar = left.is_scalar && right.is_scalar;
        let mut out = Value::vector(labels, Measure::Unknown);
        out.is_scalar = both_scalar;
        out.divided_by = left.divided_by.clone().or(right.divided_by.clone());
        let never_negative = left.is_never_negative() && right.is_never_negative();
        if never_negative && matches!(operator, "+" | "*" | "/") {
            out.range = (0.0, f64::INFINITY);
        }
        match operator {
            "+" | "-" => {
                self.sum_or_difference(operator, &left, &right, &mut out);
            }
            "*" => {
                let (vector, number) = match (left.number, right.number) {
                    (Some(number), _) => (&right, Some(number)),
                    (_, Some(number)) => (&left, Some(number)),
                    _ => (&left, None),
                };
                match number {
                    Some(factor) => {
                        out.measure = vector.measure.times(factor);
                        let ends = (vector.range.0 * factor, vector.range.1 * factor);
                        if factor > 0.0 && !ends.0.is_nan() && !ends.1.is_nan() {
                            out.range = ends;
                        }
                    }
                    // An info metric is 1: it only brings labels.
                    None if right.range == (1.0, 1.0) => {
                        out.measure = left.measure.clone();
                        out.range = left.range;
                    }
                    None => {}
                }
            }
            "/" => match right.number {
                Some(divisor) => {
                    out.measure = left.measure.times(1.0 / divisor);
                    let ends = (left.range.0 / divisor, left.range.1 / divisor);
                    if divisor > 0.0 && !ends.0.is_nan() && !ends.1.is_nan() {
                        out.range = ends;
                    }
                }
                None => self.divided(&left, &right, &mut out),
            },
            _ => {}
        }
        out
    }

    fn sum_or_difference(&mut self, operator: &str, left: &Value, right: &Value, out: &mut Value) {
        if left.measure.clashes_with(&right.measure) {
            let is_age = operator == "-" && left.measure == Measure::Of(Unit::TIMESTAMP);
            let is_shift = left.measure == Measure::Of(Unit::TIMESTAMP)
                || right.measure == Measure::Of(Unit::TIMESTAMP);
            let is_seconds = |value: &Value| value.measure == Measure::Of(Unit::SECONDS);
            if !(is_age && is_seconds(right) || is_shift && (is_seconds(left) || is_seconds(right)))
            {
                let verb = if operator == "+" {
                    "added to"
                } else {
                    "subtracted from"
                };
                self.say(
                    &rule::UNIT_MISMATCH,
                    format!("{} is {verb} {}", right.measure.told(), left.measure.told()),
                    "convert one of them",
                );
            }
            return;
        }
        let both_times =
            left.measure == Measure::Of(Unit::TIMESTAMP) && left.measure == right.measure;
        out.measure = match (operator, left.number, right.number) {
            ("-", ..) if both_times => Measure::Of(Unit::SECONDS),
            // What is left of a share is one.
            ("-", Some(whole), None) if whole == 1.0 && right.is_ratio() => {
                let (low, high) = right.range;
                out.range = (1.0 - high, 1.0 - low);
                right.measure.clone()
            }
            ("-", Some(100.0), None) => right.measure.clone(),
            (_, Some(_), None) => right.measure.clone(),
            (_, None, Some(_)) => left.measure.clone(),
            // Of a sum of shares nothing is known.
            _ if left.is_ratio() && operator == "+" => Measure::Unknown,
            _ if left.measure == right.measure => left.measure.clone(),
            _ => Measure::Unknown,
        };
    }

    fn divided(&mut self, left: &Value, right: &Value, out: &mut Value) {
        if left.is_scalar || right.is_scalar {
            return;
        }
        out.nature = Nature::Quotient;
        out.measure = left.measure.divided_by(&right.measure);
        let is_share = match (&left.source, &right.source) {
            (Some(part), Some(whole)) => {
                let operators = |source: &Source| -> Vec<String> {
                    let words = source
                        .chain
                        .iter()
                        .map(|written| written.split(' ').next().unwrap_or_default().to_owned());
                    words.collect()
                };
                part.key == whole.key
                    && operators(part) == operators(whole)
                    && only_in(whole, part).next().is_none()
                    && left.is_never_negative()
                    && operators(part).iter().all(|operator| operator == "sum")
            }
            _ => false,
        };
        if is_share {
            out.measure = Measure::Share;
            out.range = (0.0, 1.0);
        }
        if let Nature::Gauge(gauge) = &right.nature
            && self.zero_is_no_limit(gauge)
            && !right.not_zero.contains(gauge)
        {
            out.divided_by = Some(gauge.clone());
        }
    }
}
