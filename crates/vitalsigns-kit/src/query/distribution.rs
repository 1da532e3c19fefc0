//! Observations of a histogram, by labels.

use std::time::Duration;

use vitalsigns::FamilyEntry;

use super::labels::Labels;
use super::matcher::Matcher;
use super::node::{Grouping, Matching, Node, Operator, Series};
use super::rendering::check_window;
use super::selector::Selector;
use super::vector::{Shape, Vector};
use super::{Quantity, QueryError, Unit};

/// The observations of a histogram, by labels: how large they are, and how many.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_kit::query::{Quantity, Queries, Rendering};
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let catalogue = registry.catalogue();
/// let durations = Queries::new(&catalogue).histogram("http_request_duration_seconds")?;
/// let by_route = durations.by(["route"])?;
///
/// let shop = Rendering::dashboard().job("shop");
/// assert_eq!(
///     by_route.quantile(0.95)?.promql(&shop),
///     "histogram_quantile(0.95, sum by (route, le) \
///      (rate(http_request_duration_seconds_bucket{job=\"shop\"}[$__rate_interval])))"
/// );
/// assert_eq!(
///     durations.whole().share_above(Quantity::seconds(2.5))?.promql(&shop),
///     "1 - sum(rate(http_request_duration_seconds_bucket{job=\"shop\",le=\"2.5\"}[$__rate_interval])) \
///      / sum(rate(http_request_duration_seconds_bucket{job=\"shop\",le=\"+Inf\"}[$__rate_interval]))"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Distribution {
    family: FamilyEntry,
    matchers: Vec<Matcher>,
    labels: Labels,
    by: Vec<String>,
    is_classic: bool,
    window: Option<Duration>,
}

impl Distribution {
    pub(super) fn new<K>(selector: &Selector<K>, by: Vec<String>) -> Result<Self, QueryError> {
        // Fails where there is no such label.
        let labels = selector.labels.aggregate("sum", &grouping(&by))?;
        Ok(Distribution {
            family: selector.family.clone(),
            matchers: selector.matchers.clone(),
            labels,
            by,
            is_classic: selector.is_classic(),
            window: None,
        })
    }

    pub(super) fn whole<K>(selector: &Selector<K>) -> Self {
        let all = selector.labels.aggregate("sum", &Grouping::All);
        Distribution {
            family: selector.family.clone(),
            matchers: selector.matchers.clone(),
            // Without labels, none can be missing.
            labels: all.unwrap_or_else(|_| selector.labels.clone()),
            by: Vec::new(),
            is_classic: selector.is_classic(),
            window: None,
        }
    }

    /// The observations of this time, whatever the rendering says.
    ///
    /// # Errors
    ///
    /// [`QueryError::BadNumber`] if the time is none or has parts of a millisecond.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns_kit::query::{Queries, QueryError, Rendering, Vector};
    /// # fn of(queries: &Queries) -> Result<Vector, QueryError> {
    /// let durations = queries.histogram("http_request_duration_seconds")?;
    /// let hour = durations.whole().over(Duration::from_secs(3600))?;
    /// hour.quantile(0.99)
    /// # }
    /// ```
    pub fn over(&self, window: Duration) -> Result<Self, QueryError> {
        check_window("the time of observations", window)?;
        let mut over = self.clone();
        over.window = Some(window);
        Ok(over)
    }

    /// The value that this share of the observations does not exceed, as far as the buckets tell.
    ///
    /// # Errors
    ///
    /// [`QueryError::BadNumber`] if the share is not between 0 and 1.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn quantile(&self, share: f64) -> Result<Vector, QueryError> {
        if !(share > 0.0 && share < 1.0) {
            return Err(QueryError::BadNumber {
                what: "a quantile",
                value: share,
                must: "between 0 and 1, as 0.95",
            });
        }
        let buckets = match self.is_classic {
            true => self.by_bucket(),
            false => self.native("rate"),
        };
        let node = Node::function("histogram_quantile", &[share], buckets);
        let shape = Shape::Quantile {
            family: self.family.name.clone(),
            bounds: match self.is_classic {
                true => self.bounds().to_vec(),
                false => Vec::new(),
            },
        };
        let vector = Vector::new(node, self.labels.clone(), self.unit());
        Ok(vector.shaped(shape))
    }

    /// Which share of the observations is above the bound.
    ///
    /// # Errors
    ///
    /// [`QueryError::NotABound`] if it is no bound of a classic histogram, and
    /// [`QueryError::OtherUnit`].
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn share_above(&self, bound: Quantity) -> Result<Vector, QueryError> {
        self.share_within(bound)?.rest()
    }

    /// Which share of the observations is at most the bound.
    ///
    /// # Errors
    ///
    /// As [`share_above`](Self::share_above).
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Quantity, Queries, QueryError, Vector};
    /// # fn of(queries: &Queries) -> Result<Vector, QueryError> {
    /// let durations = queries.histogram("http_request_duration_seconds")?;
    /// durations.by(["job"])?.share_within(Quantity::seconds(0.25))
    /// # }
    /// ```
    pub fn share_within(&self, bound: Quantity) -> Result<Vector, QueryError> {
        if !self.unit().compares_with(bound.unit()) {
            return Err(QueryError::OtherUnit {
                is: self.unit(),
                other: bound.unit().clone(),
            });
        }
        let node = if self.is_classic {
            if !self.bounds().contains(&bound.value()) {
                return Err(self.not_a_bound(bound.value()));
            }
            let within = self.counted(&FamilyEntry::le(bound.value()));
            let all = self.counted("+Inf");
            Node::binary(Operator::DIVIDED, within, all, Matching::Same)
        } else {
            let range = [f64::NEG_INFINITY, bound.value()];
            Node::function("histogram_fraction", &range, self.native("rate"))
        };
        let vector = Vector::new(node, self.labels.clone(), Unit::RATIO);
        Ok(vector.shaped(Shape::Quotient))
    }

    /// The mean of the observations.
    ///
    /// # Errors
    ///
    /// [`QueryError::NoSum`] if the histogram has a negative bound.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, QueryError, Vector};
    /// # fn of(queries: &Queries) -> Result<Vector, QueryError> {
    /// queries.histogram("http_request_duration_seconds")?.by(["route"])?.mean()
    /// # }
    /// ```
    pub fn mean(&self) -> Result<Vector, QueryError> {
        let (sum, count) = if self.is_classic {
            if self.bounds().iter().any(|bound| *bound < 0.0) {
                return Err(QueryError::NoSum {
                    name: self.family.name.clone(),
                });
            }
            let part = |suffix| self.sum(self.rated(suffix, "rate", None), &self.by);
            (part("_sum"), part("_count"))
        } else {
            let part = |name| Node::function(name, &[], self.native("rate"));
            (part("histogram_sum"), part("histogram_count"))
        };
        let node = Node::binary(Operator::DIVIDED, sum, count, Matching::Same);
        let vector = Vector::new(node, self.labels.clone(), self.unit());
        Ok(vector.shaped(Shape::Quotient))
    }

    /// How many observations there are, per second.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, QueryError, Vector};
    /// # fn of(queries: &Queries) -> Result<Vector, QueryError> {
    /// Ok(queries.histogram("http_request_duration_seconds")?.by(["route"])?.rate())
    /// # }
    /// ```
    pub fn rate(&self) -> Vector {
        let node = self.number("rate");
        Vector::new(node, self.labels.clone(), Unit::NUMBER.per_second())
    }

    /// How many observations there were in the time of the rendering, or of
    /// [`over`](Self::over).
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, QueryError, Vector};
    /// # fn of(queries: &Queries) -> Result<Vector, QueryError> {
    /// Ok(queries.histogram("http_request_duration_seconds")?.whole().increase())
    /// # }
    /// ```
    pub fn increase(&self) -> Vector {
        let node = self.number("increase");
        Vector::new(node, self.labels.clone(), Unit::NUMBER)
    }

    /// The observations of each bucket, per second.
    pub(super) fn by_bucket(&self) -> Node {
        self.sum(
            self.rated("_bucket", "rate", None),
            &[&self.by[..], &["le".to_owned()]].concat(),
        )
    }

    pub(super) fn labels(&self) -> &Labels {
        &self.labels
    }

    pub(crate) fn is_classic(&self) -> bool {
        self.is_classic
    }

    pub(super) fn unit(&self) -> Unit {
        Unit::of_family(&self.family)
    }

    fn bounds(&self) -> &[f64] {
        self.family.buckets.as_deref().unwrap_or_default()
    }

    fn not_a_bound(&self, bound: f64) -> QueryError {
        QueryError::NotABound {
            name: self.family.name.clone(),
            bound,
            bounds: self.bounds().to_vec(),
        }
    }

    fn number(&self, function: &'static str) -> Node {
        match self.is_classic {
            // Unlike `_count`, this one is there with negative bounds too.
            true => self.sum(self.rated("_bucket", function, Some("+Inf")), &self.by),
            false => Node::function("histogram_count", &[], self.native(function)),
        }
    }

    /// The observations of the bucket with this bound, per second.
    fn counted(&self, le: &str) -> Node {
        self.sum(self.rated("_bucket", "rate", Some(le)), &self.by)
    }

    pub(super) fn native(&self, function: &'static str) -> Node {
        self.sum(self.rated("", function, None), &self.by)
    }

    fn rated(&self, suffix: &str, function: &'static str, le: Option<&str>) -> Node {
        let mut matchers = self.matchers.clone();
        matchers.extend(le.map(|le| Matcher::equal("le", le)));
        Node::OverTime {
            function,
            series: Series {
                name: format!("{}{suffix}", self.family.name),
                matchers,
            },
            window: self.window,
            argument: None,
        }
    }

    fn sum(&self, of: Node, by: &[String]) -> Node {
        Node::Aggregate {
            operator: "sum",
            parameter: None,
            grouping: grouping(by),
            of: Box::new(of),
        }
    }
}

fn grouping(by: &[String]) -> Grouping {
    match by {
        [] => Grouping::All,
        by => Grouping::By(by.to_vec()),
    }
}
