//! Comparisons: with a number that can be reached, in the same unit.

use super::conditions::near_bounds;
use super::judge::Judge;
use super::labels::Labels;
use super::measure::Measure;
use super::rules as rule;
use super::value::{Nature, Value};
use crate::verify::Purpose;
use crate::verify::knowledge::Found;

/// Gauges of exporters in which 0 means that there is no limit.
const ZERO_IS_NO_LIMIT: &[&str] = &[
    "redis_memory_max_bytes",
    "redis_config_maxmemory",
    "container_spec_memory_limit_bytes",
    "container_spec_memory_swap_limit_bytes",
    "container_spec_memory_reservation_limit_bytes",
];

impl Judge<'_> {
    pub(super) fn compare(
        &mut self,
        operator: &str,
        left: Value,
        right: Value,
        labels: Labels,
        returns_bool: bool,
    ) -> Value {
        let (vector, number, operator) = match (left.number, right.number) {
            (Some(_), Some(_)) => return Value::scalar(None, Measure::Unknown),
            (None, Some(number)) => (&left, Some(number), operator),
            (Some(number), None) => (&right, Some(number), turned(operator)),
            (None, None) => (&left, None, operator),
        };
        match number {
            Some(number) if !self.has_stand_ins => self.check_number(vector, operator, number),
            None if !left.is_scalar || !right.is_scalar => self.check_units(&left, &right),
            _ => {}
        }
        if returns_bool {
            let mut out = Value::vector(labels, Measure::Unknown);
            out.is_scalar = left.is_scalar && right.is_scalar;
            out.range = (0.0, 1.0);
            return out;
        }
        let mut out = vector.clone();
        out.labels = labels;
        out.threshold = number;
        if let (Nature::Gauge(gauge), Some(0.0)) = (&vector.nature, number)
            && matches!(operator, ">" | "!=" | "==")
        {
            out.not_zero.insert(gauge.clone());
        }
        // Infinity is not below anything.
        if number.is_some() && matches!(operator, "<" | "<=" | "==") {
            out.divided_by = None;
        }
        out
    }

    fn check_units(&mut self, left: &Value, right: &Value) {
        if left.measure.clashes_with(&right.measure) {
            self.say(
                &rule::UNIT_MISMATCH,
                format!(
                    "{} is compared with {}",
                    left.measure.told(),
                    right.measure.told()
                ),
                "convert one of them",
            );
        }
    }

    fn check_number(&mut self, value: &Value, operator: &str, number: f64) {
        if let Nature::Quantile { family, bounds } = &value.nature {
            let (family, bounds) = (family.clone(), bounds.clone());
            self.check_bound(&family, &bounds, operator, number);
            return;
        }
        let rises = matches!(operator, ">" | ">=");
        if value.is_ratio() && rises && self.is_percentage(value, number) {
            self.say(
                &rule::RATIO_ABOVE_ONE,
                format!("a ratio is compared with {number}, and it is at most 1"),
                format!("compare it with {}, or multiply it by 100", number / 100.0),
            );
            return;
        }
        if let Nature::Totals { name, .. } = &value.nature
            && self.purpose == Purpose::Alert
            && rises
        {
            let name = name.clone();
            self.say(
                &rule::RAW_COUNTER,
                format!("`{name}` only grows, so once it is above {number} it stays there"),
                "compare its `rate` or `increase`",
            );
            return;
        }
        let (low, high) = value.range;
        let (is_never, is_always) = match operator {
            ">" => (high <= number, low > number),
            ">=" => (high < number, low >= number),
            "<" => (low >= number, high < number),
            "<=" => (low > number, high <= number),
            "==" => (number < low || number > high, low == high && low == number),
            _ => (false, number < low || number > high),
        };
        // `count(…) > 0` and `ALERTS > 0` ask whether there are any.
        let is_existence = low >= 1.0 && matches!(operator, ">" | ">=" | "==" | "!=");
        let told = match (low, high) {
            (low, f64::INFINITY) => format!("it is never below {low}"),
            (f64::NEG_INFINITY, high) => format!("it is never above {high}"),
            (low, high) if low == high => format!("it is always {low}"),
            (low, high) => format!("it is between {low} and {high}"),
        };
        if is_never {
            self.say(
                &rule::NEVER_TRUE,
                format!("`{operator} {number}` is never true: {told}"),
                "correct the number or the comparison",
            );
        } else if is_always && !is_existence {
            self.say(
                &rule::ALWAYS_TRUE,
                format!("`{operator} {number}` is always true: {told}"),
                "correct the number or the comparison",
            );
        }
    }

    fn is_percentage(&self, value: &Value, number: f64) -> bool {
        match value.range {
            (_, high) if high <= 1.0 => number > 1.0,
            // A ratio that is measured may be above 1 at times.
            _ => value.measure == Measure::Share && number >= 5.0,
        }
    }

    fn check_bound(&mut self, family: &str, bounds: &[f64], operator: &str, number: f64) {
        let Some(last) = bounds.last().copied() else {
            return;
        };
        let is_above = match operator {
            ">" => number >= last,
            ">=" => number > last,
            _ => false,
        };
        if is_above {
            self.say(
                &rule::ABOVE_BUCKETS,
                format!(
                    "a quantile of `{family}` is never above its last bucket, {last}, and it is \
                     compared with {number}"
                ),
                format!("give it a bucket beyond {number}, or compare with less"),
            );
        } else if !bounds.contains(&number) && number != 0.0 {
            self.say(
                &rule::BETWEEN_BUCKETS,
                format!("{number} is no bound of `{family}`, so the quantile is a guess there"),
                format!("{}; or give it that bucket", near_bounds(bounds, number)),
            );
        }
    }

    /// Whether a histogram is a native one.
    pub(super) fn is_native(&self, family: &str) -> bool {
        match self.knowledge.find(family, |_| true) {
            Found::Known(metrics, _) => metrics.iter().any(|metric| metric.is_native),
            Found::Histogram(metric) => metric.is_native,
            _ => true,
        }
    }

    pub(super) fn measure_of(&self, family: &str) -> Measure {
        match self.knowledge.find(family, |_| true) {
            Found::Known(metrics, _) => metrics[0].unit.clone(),
            Found::Histogram(metric) => metric.unit.clone(),
            _ => Measure::Unknown,
        }
    }

    pub(super) fn zero_is_no_limit(&self, gauge: &str) -> bool {
        if ZERO_IS_NO_LIMIT.contains(&gauge) {
            return true;
        }
        let says_so = |help: &str| {
            let help = help.to_lowercase();
            help.contains("0 if it has no limit")
                || help.contains("0 if unlimited")
                || help.contains("0 means unlimited")
                || help.contains("0 means no limit")
        };
        match self.knowledge.find(gauge, |_| true) {
            Found::Known(metrics, _) => metrics.iter().any(|metric| says_so(&metric.help)),
            _ => false,
        }
    }

    /// What is wrong with the whole: with what is left of a guard that was not written.
    pub(super) fn check_end(&mut self, value: &Value) {
        if self.purpose == Purpose::Alert
            && let Some(gauge) = &value.divided_by
        {
            let gauge = gauge.clone();
            self.say(
                &rule::UNGUARDED_DIVISION,
                format!("`{gauge}` is 0 where there is no limit, and whatever is divided by it is infinite"),
                format!("add `and {gauge} > 0`"),
            );
        }
    }
}

/// The comparison with both sides exchanged.
fn turned(operator: &str) -> &str {
    match operator {
        ">" => "<",
        ">=" => "<=",
        "<" => ">",
        "<=" => ">=",
        other => other,
    }
}
