//! Whether something is so: what alerts are made of.

use super::labels::{Labels, given};
use super::node::{Node, Operator};
use super::rendering::Rendering;
use super::vector::{Operand, Shape, Vector};
use super::{Quantity, QueryError, Unit};

/// Whether something is so, by labels: the series for which it is, with their values.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Quantity, Queries, Rendering};
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let queries = Queries::new(&catalogue);
/// let slow = queries.gauge("scrape_duration_seconds")?.value().above(Quantity::seconds(8.0))?;
/// let up = queries.gauge("up")?.value().equals(1.0)?;
/// let slow_but_up = slow.and(&up)?;
/// assert_eq!(
///     slow_but_up.promql(&Rendering::dashboard().job("x")),
///     "scrape_duration_seconds{job=\"x\"} > 8 and up{job=\"x\"} == 1"
/// );
/// assert_eq!(slow_but_up.threshold(), Some(&Quantity::seconds(8.0)));
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub(super) node: Node,
    pub(super) labels: Labels,
    unit: Unit,
    threshold: Option<Quantity>,
}

impl Condition {
    pub(super) fn new(node: Node, labels: Labels, unit: Unit, threshold: Option<Quantity>) -> Self {
        Condition {
            node,
            labels,
            unit,
            threshold,
        }
    }

    /// The expression as Prometheus reads it, the same text for the same expression.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn promql(&self, rendering: &Rendering) -> String {
        self.node.text(rendering)
    }

    /// What the values of the series are counted in: how to print `$value`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Quantity, Queries};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let took = Queries::new(&catalogue).gauge("scrape_duration_seconds")?.value();
    /// let slow = took.above(Quantity::seconds(8.0))?;
    /// assert_eq!(slow.unit().template("$value"), "{{ $value | humanizeDuration }}");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// The labels of the series, sorted: what a template can name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::Queries;
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let down = Queries::new(&catalogue).gauge("up")?.value().equals(0.0)?;
    /// assert_eq!(down.labels(), ["instance", "job"]);
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn labels(&self) -> Vec<String> {
        self.labels.names()
    }

    /// What the values were compared with first, so that text can say the same number.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn threshold(&self) -> Option<&Quantity> {
        self.threshold.as_ref()
    }

    /// Where both are so, with the values of this one.
    ///
    /// # Errors
    ///
    /// [`QueryError::LabelsDiffer`] and [`QueryError::ValuesDiffer`] if no series could meet.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn and(&self, other: &Condition) -> Result<Self, QueryError> {
        self.filtered(Operator::AND, other, None)
    }

    /// Where both are so, for series that share these labels.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownLabel`] if one side lacks a label, [`QueryError::ValuesDiffer`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Quantity, Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let queries = Queries::new(&catalogue);
    /// let took = queries.gauge("scrape_duration_seconds")?.value();
    /// let several = queries.gauge("up")?.value().count_by(["job"])?.above(1.0)?;
    /// let slow = took.above(Quantity::seconds(8.0))?.and_on(["job"], &several)?;
    /// assert_eq!(
    ///     slow.promql(&Rendering::dashboard().job("x")),
    ///     "scrape_duration_seconds{job=\"x\"} > 8 and on (job) count by (job) (up{job=\"x\"}) > 1"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn and_on<L: AsRef<str>>(
        &self,
        labels: impl IntoIterator<Item = L>,
        other: &Condition,
    ) -> Result<Self, QueryError> {
        self.filtered(Operator::AND, other, Some(given(labels)?))
    }

    /// Where this is so and the other is not.
    ///
    /// # Errors
    ///
    /// As [`and`](Self::and).
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Quantity, Queries};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let queries = Queries::new(&catalogue);
    /// let slow = queries.gauge("scrape_duration_seconds")?.value().above(Quantity::seconds(8.0))?;
    /// let slow_but_up = slow.unless(&queries.gauge("up")?.value().equals(0.0)?)?;
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn unless(&self, other: &Condition) -> Result<Self, QueryError> {
        self.filtered(Operator::UNLESS, other, None)
    }

    /// Where this is so and the other is not, for series that share these labels.
    ///
    /// # Errors
    ///
    /// As [`and_on`](Self::and_on).
    ///
    /// # Examples
    ///
    /// As [`and_on`](Self::and_on).
    pub fn unless_on<L: AsRef<str>>(
        &self,
        labels: impl IntoIterator<Item = L>,
        other: &Condition,
    ) -> Result<Self, QueryError> {
        self.filtered(Operator::UNLESS, other, Some(given(labels)?))
    }

    /// Where one of both is so. They have the same labels, so that text can name them, and the same
    /// unit.
    ///
    /// # Errors
    ///
    /// [`QueryError::LabelsDiffer`], [`QueryError::OtherUnit`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.with("job", "azora")?;
    /// let gone = up.value().max_by(["job"])?.equals(0.0)?.or(&up.absent())?;
    /// assert_eq!(
    ///     gone.promql(&Rendering::dashboard()),
    ///     "max by (job) (up{instance=~\"$instance\",job=\"azora\"}) == 0 \
    ///      or absent(up{instance=~\"$instance\",job=\"azora\"})"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn or(&self, other: &Condition) -> Result<Self, QueryError> {
        if self.unit != other.unit {
            return Err(QueryError::OtherUnit {
                is: self.unit.clone(),
                other: other.unit.clone(),
            });
        }
        let labels = self.labels.either(&other.labels)?;
        let matching = super::node::Matching::Same;
        let (left, right) = (self.node.clone(), other.node.clone());
        Ok(Condition {
            node: Node::binary(Operator::OR, left, right, matching),
            labels,
            ..self.clone()
        })
    }

    fn filtered(
        &self,
        operator: Operator,
        other: &Condition,
        on: Option<Vec<String>>,
    ) -> Result<Self, QueryError> {
        let matching = self.labels.filter(&other.labels, on.as_deref())?;
        let (left, right) = (self.node.clone(), other.node.clone());
        Ok(Condition {
            node: Node::binary(operator, left, right, matching),
            ..self.clone()
        })
    }
}

/// Comparisons: with a value for all, or with the value of the same labels.
///
/// They err with [`QueryError::OtherUnit`]; with [`QueryError::OutOfRange`] for a ratio that could
/// never, or always, be so; for a quantile of a classic histogram, with [`QueryError::NotABound`]
/// and [`QueryError::AboveBuckets`]; and for two sides whose labels could never meet as
/// [`Vector::ratio_to`] does.
impl Vector {
    /// Where it is more.
    ///
    /// # Errors
    ///
    /// See above.
    ///
    /// # Examples
    ///
    /// See [`Condition`].
    pub fn above(&self, other: impl Into<Operand>) -> Result<Condition, QueryError> {
        self.compare(Operator::ABOVE, other.into())
    }

    /// Where it is as much or more.
    ///
    /// # Errors
    ///
    /// See above.
    ///
    /// # Examples
    ///
    /// As [`above`](Self::above).
    pub fn at_least(&self, other: impl Into<Operand>) -> Result<Condition, QueryError> {
        self.compare(Operator::AT_LEAST, other.into())
    }

    /// Where it is less.
    ///
    /// # Errors
    ///
    /// See above.
    ///
    /// # Examples
    ///
    /// As [`above`](Self::above).
    pub fn below(&self, other: impl Into<Operand>) -> Result<Condition, QueryError> {
        self.compare(Operator::BELOW, other.into())
    }

    /// Where it is as much or less.
    ///
    /// # Errors
    ///
    /// See above.
    ///
    /// # Examples
    ///
    /// As [`above`](Self::above).
    pub fn at_most(&self, other: impl Into<Operand>) -> Result<Condition, QueryError> {
        self.compare(Operator::AT_MOST, other.into())
    }

    /// Where it is just as much.
    ///
    /// # Errors
    ///
    /// See above.
    ///
    /// # Examples
    ///
    /// As [`above`](Self::above).
    pub fn equals(&self, other: impl Into<Operand>) -> Result<Condition, QueryError> {
        self.compare(Operator::EQUAL, other.into())
    }

    /// Where it is more or less.
    ///
    /// # Errors
    ///
    /// See above.
    ///
    /// # Examples
    ///
    /// As [`above`](Self::above).
    pub fn differs_from(&self, other: impl Into<Operand>) -> Result<Condition, QueryError> {
        self.compare(Operator::NOT_EQUAL, other.into())
    }

    fn compare(&self, operator: Operator, other: Operand) -> Result<Condition, QueryError> {
        let left = self.node.clone();
        match other {
            Operand::Quantity(threshold) => {
                self.check_threshold(operator, &threshold)?;
                let right = Node::Number(threshold.value());
                Ok(Condition {
                    node: Node::with_number(operator, left, right),
                    labels: self.labels.clone(),
                    unit: self.unit.clone(),
                    threshold: Some(threshold),
                })
            }
            Operand::Vector(other) => {
                if self.unit != other.unit {
                    return Err(self.other_unit(&other.unit));
                }
                let (matching, labels) = self.labels.join(&other.labels, None)?;
                Ok(Condition {
                    node: Node::binary(operator, left, other.node, matching),
                    labels,
                    unit: self.unit.clone(),
                    threshold: None,
                })
            }
        }
    }

    fn check_threshold(&self, operator: Operator, threshold: &Quantity) -> Result<(), QueryError> {
        let value = threshold.value();
        if !value.is_finite() {
            return Err(QueryError::BadNumber {
                what: "a threshold",
                value,
                must: "finite",
            });
        }
        if !self.unit.compares_with(threshold.unit()) {
            return Err(self.other_unit(threshold.unit()));
        }
        let out_of_range = |reason| QueryError::OutOfRange {
            threshold: threshold.clone(),
            reason,
        };
        if self.unit == Unit::RATIO {
            if !(0.0..=1.0).contains(&value) {
                return Err(out_of_range("a ratio is from 0 to 1, so 5% is 0.05"));
            }
            if operator == Operator::ABOVE && value == 1.0 {
                return Err(out_of_range("a ratio is never above 1"));
            }
            if operator == Operator::BELOW && value == 0.0 {
                return Err(out_of_range("a ratio is never below 0"));
            }
        }
        if let Shape::Quantile { family, bounds } = &self.shape
            && let Some(last) = bounds.last()
        {
            let rises = matches!(operator, Operator::ABOVE | Operator::AT_LEAST);
            let is_beyond = value > *last || rises && operator == Operator::ABOVE && value == *last;
            if is_beyond && rises {
                return Err(QueryError::AboveBuckets {
                    name: family.clone(),
                    bound: value,
                    last: *last,
                });
            }
            if !bounds.contains(&value) {
                return Err(QueryError::NotABound {
                    name: family.clone(),
                    bound: value,
                    bounds: bounds.clone(),
                });
            }
        }
        Ok(())
    }
}
