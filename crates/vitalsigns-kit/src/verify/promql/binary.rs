//! Two sides: whether they meet, and what comes of it.

use promql_parser::parser::{BinaryExpr, LabelModifier, VectorMatchCardinality};

use super::judge::Judge;
use super::labels::{Apart, Labels, Matching, Side};
use super::measure::Measure;
use super::rules as rule;
use super::value::{Nature, Source, Value};
use super::variables;

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
}

/// What was chosen of one source only.
pub(super) fn only_in<'s>(
    one: &'s Source,
    other: &'s Source,
) -> impl Iterator<Item = &'s (String, String)> + use<'s> {
    one.chosen
        .iter()
        .filter(|chosen| !other.chosen.contains(chosen))
}
