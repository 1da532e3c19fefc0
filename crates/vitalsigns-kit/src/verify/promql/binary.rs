//! Two sides: whether they meet, and what comes of it.

use promql_parser::parser::{BinaryExpr, LabelModifier, VectorMatchCardinality};

use super::judge::Judge;
use super::labels::{Apart, Labels, Matching, Side};
use super::measure::Measure;
use super::rules as rule;
use super::value::{Nature, Source, Value};
use super::variables;
use crate::query::Unit;

impl Judge<'_> {
    pub(super) fn binary(&mut self, binary: &BinaryExpr) -> Value {
        let left = self.value(&binary.lhs);
        let right = self.value(&binary.rhs);
        let modifier = binary.modifier.as_ref();
        let named = modifier.and_then(|modifier| modifier.matching.as_ref());
        let matching = match named {
            None => Matching::All,
            Some(LabelModifier::Include(labels)) => Matching::On(&labels.labels),
            Some(LabelModifier::Exclude(labels)) => Matching::Ignoring(&labels.labels),
        };
        let has_variable = named.is_some_and(|named| {
            let mut labels = named.labels().labels.iter();
            labels.any(|label| variables::is_variable(label))
        });
        let operator = binary.op.to_string();
        let is_set = binary.op.is_set_operator();
        if !left.is_scalar && !right.is_scalar && !has_variable {
            // What divides by itself would have no other fault worth telling.
            let is_self = operator == "/" && self.check_self_division(&left, &right, &matching);
            // Series of which the right side has none are what `or` and `unless` are for.
            let needs_both = !matches!(operator.as_str(), "or" | "unless");
            if !is_self && needs_both {
                self.check_meeting(&left, &right, &matching);
            }
        }
        if is_set {
            return self.set(&operator, left, right);
        }
        let labels = self.joined_labels(&left, &right, &matching, modifier.map(|m| &m.card));
        if binary.op.is_comparison_operator() {
            let returns_bool = modifier.is_some_and(|modifier| modifier.return_bool);
            return self.compare(&operator, left, right, labels, returns_bool);
        }
        self.calculate(&operator, left, right, labels)
    }

    fn check_meeting(&mut self, left: &Value, right: &Value, matching: &Matching<'_>) {
        let Some(apart) = left.labels.apart(&right.labels, matching) else {
            return;
        };
        match apart {
            Apart::OneSide(label, side) => {
                let (has, lacks, other) = match side {
                    Side::Left => ("left", "right", &right.labels),
                    Side::Right => ("right", "left", &left.labels),
                };
                let hint = match other.taken_by(&label) {
                    Some(aggregation) => format!(
                        "`{aggregation}` took `{label}` away on the {lacks}; aggregate both sides \
                         by the same labels"
                    ),
                    None => {
                        "aggregate both sides by the labels that they have in common".to_owned()
                    }
                };
                self.say(
                    &rule::LABELS_NEVER_MATCH,
                    format!(
                        "the {has} side has the label `{label}` and the {lacks} one does not, so no \
                         series of them match"
                    ),
                    hint,
                );
            }
            Apart::Values(label) => self.say(
                &rule::LABELS_NEVER_MATCH,
                format!("both sides have the label `{label}`, and never with the same value"),
                format!("aggregate `{label}` away, or match `on` others"),
            ),
        }
    }

    /// Whether each series is divided by itself.
    fn check_self_division(
        &mut self,
        left: &Value,
        right: &Value,
        matching: &Matching<'_>,
    ) -> bool {
        let (Some(part), Some(whole)) = (&left.source, &right.source) else {
            return false;
        };
        if part.key != whole.key || part.chain != whole.chain {
            return false;
        }
        // Parts of which neither is in the other never meet, which is another fault.
        let are_apart =
            only_in(part, whole).next().is_some() && only_in(whole, part).next().is_some();
        if are_apart {
            return false;
        }
        let chosen = || only_in(part, whole).chain(only_in(whole, part));
        let is_matched = |label: &str| matching.has(label) && left.labels.taken_by(label).is_none();
        if !chosen().all(|(label, _)| is_matched(label)) {
            return false;
        }
        // Sums over everything are one number each, whatever was chosen.
        let is_one = left.labels.names().is_empty() && !left.labels.is_open;
        if is_one && chosen().next().is_some() {
            return false;
        }
        let labels: Vec<String> = chosen().map(|(label, _)| format!("`{label}`")).collect();
        let hint = match labels.is_empty() {
            true => "divide it by something else".to_owned(),
            false => "put `sum by (…)` around both sides, without that label".to_owned(),
        };
        let cause = match labels.is_empty() {
            true => "both sides are the same, so the result is 1 or nothing".to_owned(),
            false => format!(
                "series match those with the same {}, so each is divided by itself and the result \
                 is always 1",
                labels.join(", ")
            ),
        };
        self.say(&rule::SELF_DIVISION, cause, hint);
        true
    }

    /// The labels of what comes out, and what is wrong with how the sides are joined.
    fn joined_labels(
        &mut self,
        left: &Value,
        right: &Value,
        matching: &Matching<'_>,
        card: Option<&VectorMatchCardinality>,
    ) -> Labels {
        match (left.is_scalar, right.is_scalar) {
            (_, true) => return left.labels.clone(),
            (true, false) => return right.labels.clone(),
            (false, false) => {}
        }
        match card {
            Some(VectorMatchCardinality::ManyToOne(taken)) => {
                self.taken(&left.labels, &right.labels, &taken.labels, matching)
            }
            Some(VectorMatchCardinality::OneToMany(taken)) => {
                self.taken(&right.labels, &left.labels, &taken.labels, matching)
            }
            _ => {
                for (side, labels) in [("left", &left.labels), ("right", &right.labels)] {
                    if let Some(label) = labels.several_beside(matching) {
                        self.say(
                            &rule::MANY_TO_MANY,
                            format!(
                                "the {side} side has several series for each match: they differ in \
                                 `{label}`"
                            ),
                            match side {
                                "left" => "say `group_left`, or aggregate it away",
                                _ => "say `group_right`, or aggregate it away",
                            },
                        );
                        break;
                    }
                }
                left.labels.matched(&right.labels, matching)
            }
        }
    }

    fn taken(
        &mut self,
        many: &Labels,
        one: &Labels,
        taken: &[String],
        matching: &Matching<'_>,
    ) -> Labels {
        if let Some(label) = one.several_beside(matching)
            && !taken.iter().any(|taken| taken == label)
        {
            self.say(
                &rule::MANY_TO_MANY,
                format!("the side of which one should match has several: they differ in `{label}`"),
                "aggregate it away on that side, or match on it",
            );
        }
        let mut labels = many.clone();
        for label in taken {
            if !one.can_have(label) {
                let hint = self.near_label(one, label);
                self.say(
                    &rule::UNKNOWN_LABEL,
                    format!("there is no label `{label}` to take over from the other side"),
                    hint,
                );
            }
            let values = one.get(label).cloned();
            labels.put(
                label,
                values.unwrap_or_else(super::labels::Values::any_or_absent),
            );
        }
        labels
    }

    fn set(&mut self, operator: &str, left: Value, right: Value) -> Value {
        match operator {
            "or" => Value {
                labels: left.labels.either(&right.labels),
                measure: match left.measure == right.measure {
                    true => left.measure.clone(),
                    false => Measure::Unknown,
                },
                range: (
                    left.range.0.min(right.range.0),
                    left.range.1.max(right.range.1),
                ),
                source: None,
                nature: Nature::Plain,
                divided_by: left.divided_by.clone().or(right.divided_by.clone()),
                ..left
            },
            "and" => {
                let mut out = left;
                out.not_zero.extend(right.not_zero);
                if let Some(gauge) = &out.divided_by
                    && out.not_zero.contains(gauge)
                {
                    out.divided_by = None;
                }
                out.source = None;
                out
            }
            _ => Value {
                source: None,
                // `unless max == 0` guards as well.
                divided_by: match &left.divided_by {
                    Some(gauge) if right.not_zero.contains(gauge) => None,
                    other => other.clone(),
                },
                ..left
            },
        }
    }

    fn calculate(&mut self, operator: &str, left: Value, right: Value, labels: Labels) -> Value {
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

/// What was chosen of one source only.
fn only_in<'s>(
    one: &'s Source,
    other: &'s Source,
) -> impl Iterator<Item = &'s (String, String)> + use<'s> {
    one.chosen
        .iter()
        .filter(|chosen| !other.chosen.contains(chosen))
}
