//! Values that are calculated with, filtered, or given more labels.

use super::condition::Condition;
use super::labels::given;
use super::node::{Matching, Node, Operator, Side};
use super::vector::{Shape, Vector};
use super::{Gauge, QueryError, Selector, Unit};

impl Vector {
    /// What is missing to the whole: 1 less the ratio.
    ///
    /// # Errors
    ///
    /// [`QueryError::OtherUnit`] if it is no ratio.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, QueryError};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value();
    /// assert!(matches!(up.rest(), Err(QueryError::OtherUnit { .. })));
    /// # Ok::<(), QueryError>(())
    /// ```
    pub fn rest(&self) -> Result<Self, QueryError> {
        if self.unit != Unit::RATIO {
            return Err(self.other_unit(&Unit::RATIO));
        }
        let node = Node::with_number(Operator::MINUS, Node::Number(1.0), self.node.clone());
        Ok(Vector {
            node,
            source: None,
            ..self.clone()
        })
    }

    /// Both together: values of one unit with the same labels.
    ///
    /// # Errors
    ///
    /// As [`ratio_to`](Self::ratio_to), and [`QueryError::Meaningless`] for quantiles and times of
    /// the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::Queries;
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let queries = Queries::new(&catalogue);
    /// let samples = queries.gauge("scrape_samples_scraped")?.value();
    /// let sum = samples.plus(&queries.gauge("scrape_series_added")?.value())?;
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn plus(&self, other: &Vector) -> Result<Self, QueryError> {
        self.check_summable("sum")?;
        other.check_summable("sum")?;
        self.calculated(Operator::PLUS, other)
    }

    /// By how much it is more than `other`: values of one unit with the same labels.
    ///
    /// # Errors
    ///
    /// As [`ratio_to`](Self::ratio_to).
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::Queries;
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let queries = Queries::new(&catalogue);
    /// let scraped = queries.gauge("scrape_samples_scraped")?.value();
    /// let kept = queries.gauge("scrape_samples_post_metric_relabeling")?.value();
    /// let dropped = scraped.minus(&kept)?;
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn minus(&self, other: &Vector) -> Result<Self, QueryError> {
        let difference = self.calculated(Operator::MINUS, other)?;
        Ok(match self.shape {
            // Between two times of the clock lie seconds.
            Shape::Time => Vector {
                unit: Unit::SECONDS,
                ..difference
            },
            _ => difference,
        })
    }

    fn calculated(&self, operator: Operator, other: &Vector) -> Result<Self, QueryError> {
        if self.unit != other.unit {
            return Err(self.other_unit(&other.unit));
        }
        let (matching, labels) = self.labels.join(&other.labels, None)?;
        let node = Node::binary(operator, self.node.clone(), other.node.clone(), matching);
        Ok(Vector::new(node, labels, self.unit.clone()))
    }

    /// So many times the value.
    ///
    /// # Errors
    ///
    /// [`QueryError::BadNumber`] if the factor is not finite, [`QueryError::Meaningless`] for a time
    /// of the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let took = Queries::new(&catalogue).gauge("scrape_duration_seconds")?.value();
    /// assert_eq!(
    ///     took.times(2.0)?.promql(&Rendering::dashboard().job("x")),
    ///     "2 * scrape_duration_seconds{job=\"x\"}"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn times(&self, factor: f64) -> Result<Self, QueryError> {
        self.check_no_time("multiplication")?;
        if !factor.is_finite() {
            return Err(QueryError::BadNumber {
                what: "a factor",
                value: factor,
                must: "finite",
            });
        }
        let node = Node::with_number(Operator::TIMES, Node::Number(factor), self.node.clone());
        Ok(Vector::new(node, self.labels.clone(), self.unit.clone()))
    }

    /// Those values for which the condition holds for the same labels.
    ///
    /// # Errors
    ///
    /// [`QueryError::LabelsDiffer`] and [`QueryError::ValuesDiffer`] if no series could meet.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let queries = Queries::new(&catalogue);
    /// let answered = queries.gauge("up")?.value().equals(1.0)?;
    /// let took = queries.gauge("scrape_duration_seconds")?.value().when(&answered)?;
    /// assert_eq!(
    ///     took.promql(&Rendering::dashboard().job("x")),
    ///     "scrape_duration_seconds{job=\"x\"} and up{job=\"x\"} == 1"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn when(&self, condition: &Condition) -> Result<Self, QueryError> {
        let matching = self.labels.filter(&condition.labels, None)?;
        let node = Node::binary(
            Operator::AND,
            self.node.clone(),
            condition.node.clone(),
            matching,
        );
        Ok(Vector {
            node,
            source: None,
            ..self.clone()
        })
    }

    /// With labels of an info metric that has the labels `on` in common: the version of a service,
    /// for example.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownLabel`], and [`QueryError::Meaningless`] if `facts` is no info metric.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, families::BuildInfo};
    /// use vitalsigns_kit::query::{Queries, Rendering};
    ///
    /// let registry = Registry::new();
    /// BuildInfo::new("1.2.0").register(&registry)?;
    /// let catalogue = registry.catalogue();
    /// let queries = Queries::new(&catalogue);
    /// let build = queries.info("build_info")?;
    /// let up = queries.gauge("up")?.value().with_facts(["job", "instance"], &build, ["version"])?;
    /// assert_eq!(
    ///     up.promql(&Rendering::dashboard().job("shop")),
    ///     "up{job=\"shop\"} * on (job, instance) group_left (version) build_info{job=\"shop\"}"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_facts<L: AsRef<str>, T: AsRef<str>>(
        &self,
        on: impl IntoIterator<Item = L>,
        facts: &Selector<Gauge>,
        taken: impl IntoIterator<Item = T>,
    ) -> Result<Self, QueryError> {
        if facts.family.kind != vitalsigns::Kind::Info {
            return Err(QueryError::Meaningless {
                operation: "facts",
                reason: "only an info metric is always 1, so that nothing is changed by it",
            });
        }
        let (on, taken) = (given(on)?, given(taken)?);
        // What has several facts for one target would have several values here.
        self.labels.filter(&facts.labels, Some(&on))?;
        let mut labels = self.labels.clone();
        for label in &taken {
            labels.take(&facts.labels, label)?;
        }
        let many = Some((Side::Left, taken));
        let matching = Matching::On { labels: on, many };
        let series = Node::Series(facts.series(&facts.family.name));
        let node = Node::binary(Operator::TIMES, self.node.clone(), series, matching);
        Ok(Vector {
            node,
            labels,
            ..self.clone()
        })
    }
}
