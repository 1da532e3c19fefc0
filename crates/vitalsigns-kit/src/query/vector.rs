//! Values by labels, and what is done with them.

use std::time::Duration;

use super::labels::{Labels, given};
use super::matcher::Matcher;
use super::node::{Grouping, Matching, Node, Operator};
use super::rendering::{Rendering, check_window};
use super::{Quantity, QueryError, Unit};

/// Values by labels: an expression with what is known of its result.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Queries, Rendering, Unit};
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let took = Queries::new(&catalogue).gauge("scrape_duration_seconds")?.value();
/// let slowest = took.max_by(["job"])?.topk(3)?;
/// assert_eq!(slowest.unit(), &Unit::SECONDS);
/// assert_eq!(slowest.labels(), ["job"]);
/// assert_eq!(
///     slowest.promql(&Rendering::dashboard().job("x")),
///     "topk(3, max by (job) (scrape_duration_seconds{job=\"x\"}))"
/// );
/// let error = slowest.max_by(["instance"]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "label `instance` is gone after `max by (job)`, which leaves `job`; keep it there"
/// );
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Vector {
    pub(super) node: Node,
    pub(super) labels: Labels,
    pub(super) unit: Unit,
    pub(super) shape: Shape,
    pub(super) source: Option<Source>,
}

/// What the values are, where that decides what may be done with them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Plain,
    /// A time of the clock.
    Time,
    /// What comes of a division.
    Quotient,
    /// A quantile of a histogram, with its bounds if it is a classic one.
    Quantile {
        family: String,
        bounds: Vec<f64>,
    },
}

/// Where values come from that are sums of what one counter counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) family: String,
    pub(super) function: &'static str,
    pub(super) window: Option<Duration>,
    pub(super) matchers: Vec<Matcher>,
}

/// What values are compared with.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::{Operand, Quantity};
///
/// assert_eq!(Operand::from(5.0), Operand::Quantity(Quantity::number(5.0)));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operand {
    /// One value for all.
    Quantity(Quantity),
    /// The value with the same labels.
    Vector(Box<Vector>),
}

impl From<Quantity> for Operand {
    fn from(quantity: Quantity) -> Self {
        Operand::Quantity(quantity)
    }
}

impl From<f64> for Operand {
    fn from(number: f64) -> Self {
        Operand::Quantity(Quantity::number(number))
    }
}

impl From<Vector> for Operand {
    fn from(vector: Vector) -> Self {
        Operand::Vector(Box::new(vector))
    }
}

impl From<&Vector> for Operand {
    fn from(vector: &Vector) -> Self {
        Operand::Vector(Box::new(vector.clone()))
    }
}

impl Vector {
    pub(super) fn new(node: Node, labels: Labels, unit: Unit) -> Self {
        Vector {
            node,
            labels,
            unit,
            shape: Shape::Plain,
            source: None,
        }
    }

    pub(super) fn shaped(self, shape: Shape) -> Self {
        Vector { shape, ..self }
    }

    pub(super) fn sourced(self, source: Source) -> Self {
        let source = Some(source);
        Vector { source, ..self }
    }

    /// The expression as Prometheus reads it, the same text for the same expression.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn promql(&self, rendering: &Rendering) -> String {
        self.node.text(rendering)
    }

    /// What the values are counted in.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// The labels that the values have, sorted.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn labels(&self) -> Vec<String> {
        self.labels.names()
    }

    /// The same some time ago.
    ///
    /// # Errors
    ///
    /// [`QueryError::BadNumber`] if the time is none or has parts of a millisecond.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value();
    /// let before = up.ago(Duration::from_secs(3600))?;
    /// assert_eq!(before.promql(&Rendering::dashboard().job("x")), "up{job=\"x\"} offset 1h");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn ago(&self, time: Duration) -> Result<Self, QueryError> {
        check_window("how long ago", time)?;
        Ok(Vector {
            node: Node::Ago {
                time,
                of: Box::new(self.node.clone()),
            },
            source: None,
            ..self.clone()
        })
    }

    /// How many times as much it is as in the same hour last week.
    ///
    /// # Errors
    ///
    /// [`QueryError::Meaningless`] for a time of the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Quantity, Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let samples = Queries::new(&catalogue).gauge("scrape_samples_scraped")?.value().sum_by(["job"])?;
    /// let fell = samples.against_last_week()?.below(Quantity::times(0.5))?;
    /// assert_eq!(
    ///     fell.promql(&Rendering::dashboard().job("x")),
    ///     "sum by (job) (scrape_samples_scraped{job=\"x\"}) \
    ///      / sum by (job) (scrape_samples_scraped{job=\"x\"} offset 1w) < 0.5"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn against_last_week(&self) -> Result<Self, QueryError> {
        self.against(Duration::from_secs(7 * 86_400))
    }

    /// How many times as much it is as some time ago.
    ///
    /// # Errors
    ///
    /// As [`against_last_week`](Self::against_last_week) and [`ago`](Self::ago).
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns_kit::query::{Quantity, Queries};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let samples = Queries::new(&catalogue).gauge("scrape_samples_scraped")?.value();
    /// let an_hour = Duration::from_secs(3600);
    /// let halved = samples.against(an_hour)?.below(Quantity::times(0.5))?;
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn against(&self, time: Duration) -> Result<Self, QueryError> {
        self.check_no_time("comparison with before")?;
        let before = self.ago(time)?;
        let node = Node::binary(
            Operator::DIVIDED,
            self.node.clone(),
            before.node,
            Matching::Same,
        );
        let vector = Vector::new(node, self.labels.clone(), Unit::TIMES);
        Ok(vector.shaped(Shape::Quotient))
    }

    /// Which share of `whole` it is: values of the same unit, with the same labels.
    ///
    /// # Errors
    ///
    /// [`QueryError::LabelsDiffer`] and [`QueryError::ValuesDiffer`] if no series of both sides
    /// could meet, [`QueryError::DividesItself`] if each would meet itself,
    /// [`QueryError::OtherUnit`].
    ///
    /// # Examples
    ///
    /// See the [module](super).
    pub fn ratio_to(&self, whole: &Vector) -> Result<Self, QueryError> {
        self.ratio(whole, None)
    }

    /// The same for values that share these labels only; one side has no others.
    ///
    /// # Errors
    ///
    /// As [`ratio_to`](Self::ratio_to), and [`QueryError::ManyToMany`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let queries = Queries::new(&catalogue);
    /// let samples = queries.gauge("scrape_samples_scraped")?.value();
    /// let share = samples.ratio_on(["job"], &samples.sum_by(["job"])?)?;
    /// assert_eq!(
    ///     share.promql(&Rendering::dashboard().job("x")),
    ///     "scrape_samples_scraped{job=\"x\"} / on (job) group_left () \
    ///      sum by (job) (scrape_samples_scraped{job=\"x\"})"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn ratio_on<L: AsRef<str>>(
        &self,
        labels: impl IntoIterator<Item = L>,
        whole: &Vector,
    ) -> Result<Self, QueryError> {
        self.ratio(whole, Some(given(labels)?))
    }

    fn ratio(&self, whole: &Vector, on: Option<Vec<String>>) -> Result<Self, QueryError> {
        if self.unit != whole.unit {
            return Err(self.other_unit(&whole.unit));
        }
        self.divided(whole, on)
    }

    /// So much for each of `other`: seconds per second by requests per second are seconds for each
    /// request.
    ///
    /// # Errors
    ///
    /// As [`ratio_to`](Self::ratio_to), other than for the unit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, Unit};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let queries = Queries::new(&catalogue);
    /// let took = queries.gauge("scrape_duration_seconds")?.value().sum_by(["job"])?;
    /// let each = took.per(&queries.gauge("up")?.value().sum_by(["job"])?)?;
    /// assert_eq!(each.unit(), &Unit::SECONDS);
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn per(&self, other: &Vector) -> Result<Self, QueryError> {
        self.divided(other, None)
    }

    fn divided(&self, whole: &Vector, on: Option<Vec<String>>) -> Result<Self, QueryError> {
        self.check_no_time("division")?;
        whole.check_no_time("division")?;
        self.check_not_itself(whole)?;
        let (matching, labels) = self.labels.join(&whole.labels, on.as_deref())?;
        let unit = self.unit.divided_by(&whole.unit);
        let sides = (self.node.clone(), whole.node.clone());
        let node = Node::binary(Operator::DIVIDED, sides.0, sides.1, matching);
        Ok(Vector::new(node, labels, unit).shaped(Shape::Quotient))
    }

    /// What a counter is divided by must not be the very series that are divided: with a label that
    /// is restricted in front and still there behind, each group meets itself.
    fn check_not_itself(&self, whole: &Vector) -> Result<(), QueryError> {
        let (Some(part), Some(all)) = (&self.source, &whole.source) else {
            return Ok(());
        };
        let of_one =
            (&part.family, part.function, part.window) == (&all.family, all.function, all.window);
        if !of_one {
            return Ok(());
        }
        let differs = |label: &str| {
            let of = |source: &Source| -> Vec<Matcher> {
                let matchers = source.matchers.iter();
                let matchers = matchers.filter(|matcher| matcher.label == label);
                matchers.cloned().collect()
            };
            of(part) != of(all)
        };
        let restricted = part.matchers.iter().chain(&all.matchers);
        let restricted = restricted.map(|matcher| matcher.label.as_str());
        let mut labels: Vec<String> = restricted
            .filter(|label| differs(label) && self.labels.has(label) && whole.labels.has(label))
            .map(str::to_owned)
            .collect();
        labels.dedup();
        if !labels.is_empty() || self.node == whole.node {
            if labels.is_empty() {
                labels = self.labels.names();
            }
            return Err(QueryError::DividesItself {
                name: part.family.clone(),
                labels,
            });
        }
        Ok(())
    }

    pub(crate) fn other_unit(&self, other: &Unit) -> QueryError {
        QueryError::OtherUnit {
            is: self.unit.clone(),
            other: other.clone(),
        }
    }

    pub(super) fn check_no_time(&self, operation: &'static str) -> Result<(), QueryError> {
        if self.shape == Shape::Time {
            return Err(QueryError::Meaningless {
                operation,
                reason: "a time of the clock has no size; ask for its `age`",
            });
        }
        Ok(())
    }

    /// Whether values of several series can be added, or their mean be taken.
    pub(super) fn check_summable(&self, operation: &'static str) -> Result<(), QueryError> {
        self.check_no_time(operation)?;
        let reason = match self.shape {
            Shape::Quantile { .. } => {
                "the sum or mean of quantiles is no quantile; take the quantile of fewer labels"
            }
            Shape::Quotient => {
                "the sum or mean of ratios ignores how much each stands for; sum both sides before \
                 dividing"
            }
            _ => return Ok(()),
        };
        Err(QueryError::Meaningless { operation, reason })
    }

    pub(super) fn aggregate(
        &self,
        operator: &'static str,
        grouping: Grouping,
    ) -> Result<Self, QueryError> {
        if matches!(operator, "sum" | "avg") {
            self.check_summable(operator)?;
        }
        let labels = self.labels.aggregate(operator, &grouping)?;
        let counts = operator == "count";
        let node = Node::Aggregate {
            operator,
            parameter: None,
            grouping,
            of: Box::new(self.node.clone()),
        };
        Ok(Vector {
            node,
            labels,
            unit: if counts {
                Unit::NUMBER
            } else {
                self.unit.clone()
            },
            shape: if counts {
                Shape::Plain
            } else {
                self.shape.clone()
            },
            // The mean or the greatest is no sum any more.
            source: self.source.clone().filter(|_| operator == "sum"),
        })
    }

    pub(super) fn ranked(&self, operator: &'static str, most: u32) -> Result<Self, QueryError> {
        if most == 0 {
            return Err(QueryError::BadNumber {
                what: "how many",
                value: 0.0,
                must: "one at least",
            });
        }
        Ok(Vector {
            node: Node::Aggregate {
                operator,
                parameter: Some(most),
                grouping: Grouping::All,
                of: Box::new(self.node.clone()),
            },
            source: None,
            ..self.clone()
        })
    }
}
