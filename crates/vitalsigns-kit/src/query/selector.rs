//! The series of a family, and which of them.

use std::marker::PhantomData;
use std::time::Duration;

use vitalsigns::FamilyEntry;

use super::condition::Condition;
use super::distribution::Distribution;
use super::kind::{Cumulative, Level, Observed};
use super::labels::{Labels, given};
use super::matcher::Matcher;
use super::node::{Node, Operator, Series};
use super::rendering::check_window;
use super::unit::Unit;
use super::vector::{Shape, Source, Vector};
use super::{Quantity, QueryError};

/// The series of a family, or some of them by their labels. `K` is what the family is:
/// [`Counter`](super::Counter), [`Gauge`](super::Gauge) or [`Histogram`](super::Histogram).
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_kit::query::{Queries, Rendering};
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let catalogue = registry.catalogue();
/// let requests = Queries::new(&catalogue).counter("http_requests_total")?;
///
/// let writes = requests.any_of("method", &["POST", "PUT"])?.with("route", "/orders/{id}")?;
/// assert_eq!(
///     writes.rate().promql(&Rendering::dashboard().job("shop")),
///     "rate(http_requests_total{job=\"shop\",method=~\"POST|PUT\",\
///      route=\"/orders/{id}\"}[$__rate_interval])"
/// );
/// let error = requests.with("method", "Post").unwrap_err();
/// assert!(error.to_string().ends_with("did you mean `POST`?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Selector<K> {
    pub(super) family: FamilyEntry,
    pub(super) labels: Labels,
    pub(super) matchers: Vec<Matcher>,
    /// Labels of which one value is left, for `absent`.
    fixed: Vec<String>,
    kind: PhantomData<fn() -> K>,
}

impl<K> Selector<K> {
    pub(super) fn new(family: &FamilyEntry, target: &[String]) -> Self {
        Selector {
            family: family.clone(),
            labels: Labels::of_family(family, target),
            matchers: Vec::new(),
            fixed: Vec::new(),
            kind: PhantomData,
        }
    }

    /// Those with this value of the label.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownLabel`], or [`QueryError::UnknownValue`] where the label is closed.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn with(&self, label: &str, value: &str) -> Result<Self, QueryError> {
        self.any_of(label, &[value])
    }

    /// Those with one of these values of the label.
    ///
    /// # Errors
    ///
    /// As [`with`](Self::with).
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn any_of(&self, label: &str, values: &[&str]) -> Result<Self, QueryError> {
        let mut chosen = self.checked(label)?;
        // A value that the family has, but that another condition has excluded, is known.
        let is_first = !self.matchers.iter().any(|known| known.label == label);
        let named = if is_first { values } else { &[] };
        chosen
            .labels
            .restrict(label, named, |value| values.contains(&value))?;
        chosen.labels.fix(label, values)?;
        if let [_] = values {
            chosen.fixed.push(label.to_owned());
        }
        chosen.matchers.push(Matcher::any_of(label, values));
        Ok(chosen)
    }

    /// Those with none of these values of the label.
    ///
    /// # Errors
    ///
    /// As [`with`](Self::with).
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// # let registry = Registry::new();
    /// # HttpServer::register(&registry)?;
    /// # let catalogue = registry.catalogue();
    /// # let requests = Queries::new(&catalogue).counter("http_requests_total")?;
    /// let rate = requests.none_of("method", &["OPTIONS"])?.rate().sum()?;
    /// assert_eq!(
    ///     rate.promql(&Rendering::dashboard().job("shop")),
    ///     "sum(rate(http_requests_total{job=\"shop\",method!=\"OPTIONS\"}[$__rate_interval]))"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn none_of(&self, label: &str, values: &[&str]) -> Result<Self, QueryError> {
        let mut chosen = self.checked(label)?;
        let is_first = !self.matchers.iter().any(|known| known.label == label);
        let named = if is_first { values } else { &[] };
        chosen
            .labels
            .restrict(label, named, |value| !values.contains(&value))?;
        chosen.matchers.push(Matcher::none_of(label, values));
        Ok(chosen)
    }

    /// Those in which the value of the label starts so.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownLabel`], or [`QueryError::NothingMatches`] if no value of a closed label
    /// does.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// # use vitalsigns_kit::query::Queries;
    /// # let registry = Registry::new();
    /// # HttpServer::register(&registry)?;
    /// # let catalogue = registry.catalogue();
    /// # let requests = Queries::new(&catalogue).counter("http_requests_total")?;
    /// assert!(requests.starts_with("status", "5").is_ok());
    /// assert!(requests.starts_with("method", "GOT").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn starts_with(&self, label: &str, start: &str) -> Result<Self, QueryError> {
        let mut chosen = self.checked(label)?;
        chosen
            .labels
            .restrict(label, &[], |value| value.starts_with(start))?;
        chosen.matchers.push(Matcher::starts_with(label, start));
        Ok(chosen)
    }

    /// Those that a variable of Grafana chooses, which may have several values.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownLabel`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.variable("instance", "host")?.value();
    /// assert_eq!(
    ///     up.promql(&Rendering::dashboard()),
    ///     "up{job=~\"$job\",instance=~\"$host\"}"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn variable(&self, label: &str, variable: &str) -> Result<Self, QueryError> {
        let mut chosen = self.checked(label)?;
        let pattern = format!("${variable}");
        chosen.matchers.push(Matcher::pattern(label, &pattern));
        Ok(chosen)
    }

    /// Whether no such series is there at all.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let gone = Queries::new(&catalogue).gauge("up")?.with("job", "azora")?.absent();
    /// assert_eq!(gone.promql(&Rendering::dashboard().job("x")), "absent(up{job=\"azora\"})");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn absent(&self) -> Condition {
        let name = match self.family.kind {
            // A histogram has no series of its own name, unless it is native.
            vitalsigns::Kind::Histogram if self.is_classic() => {
                format!("{}_bucket", self.family.name)
            }
            _ => self.family.name.clone(),
        };
        let node = Node::function("absent", &[], Node::Series(self.series(&name)));
        Condition::new(node, self.labels.of_absent(&self.fixed), Unit::NUMBER, None)
    }

    /// Whether it has classic buckets; one of which nothing is known has.
    pub(super) fn is_classic(&self) -> bool {
        self.family.buckets.is_some() || !self.family.native
    }

    pub(super) fn series(&self, name: &str) -> Series {
        Series {
            name: name.to_owned(),
            matchers: self.matchers.clone(),
        }
    }

    fn checked(&self, label: &str) -> Result<Self, QueryError>
    where
        K: Sized,
    {
        given([label])?;
        let mut copy = Selector {
            family: self.family.clone(),
            labels: self.labels.clone(),
            matchers: self.matchers.clone(),
            fixed: self.fixed.clone(),
            kind: PhantomData,
        };
        // Fails where there is no such label.
        copy.labels.restrict(label, &[], |_| true)?;
        Ok(copy)
    }

    pub(super) fn over_time(
        &self,
        function: &'static str,
        window: Option<Duration>,
        unit: Unit,
    ) -> Vector {
        let node = Node::OverTime {
            function,
            series: self.series(&self.family.name),
            window,
            argument: None,
        };
        Vector::new(node, self.labels.clone(), unit)
    }
}

impl<K> Selector<K> {
    /// How fast it grows, per second.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn rate(&self) -> Vector
    where
        K: Cumulative,
    {
        self.growth("rate", None)
    }

    /// How fast it grows, per second, over this time whatever the rendering says.
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
    /// let overflow = Queries::new(&catalogue).counter("vitalsigns_series_overflow_total")?;
    /// assert_eq!(
    ///     overflow.rate_over(Duration::from_secs(3600))?.promql(&Rendering::dashboard().job("x")),
    ///     "rate(vitalsigns_series_overflow_total{job=\"x\"}[1h])"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn rate_over(&self, window: Duration) -> Result<Vector, QueryError>
    where
        K: Cumulative,
    {
        check_window("the time of a rate", window)?;
        Ok(self.growth("rate", Some(window)))
    }

    /// By how much it has grown in the time of the rendering.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let overflow = Queries::new(&catalogue).counter("vitalsigns_series_overflow_total")?;
    /// assert_eq!(
    ///     overflow.increase().promql(&Rendering::dashboard().job("x")),
    ///     "increase(vitalsigns_series_overflow_total{job=\"x\"}[$__rate_interval])"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn increase(&self) -> Vector
    where
        K: Cumulative,
    {
        self.growth("increase", None)
    }

    /// By how much it has grown in this time.
    ///
    /// # Errors
    ///
    /// As [`rate_over`](Self::rate_over).
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns_kit::query::{Quantity, Queries};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let overflow = Queries::new(&catalogue).counter("vitalsigns_series_overflow_total")?;
    /// let any = overflow.increase_over(Duration::from_secs(600))?.above(Quantity::number(0.0))?;
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn increase_over(&self, window: Duration) -> Result<Vector, QueryError>
    where
        K: Cumulative,
    {
        check_window("the time of an increase", window)?;
        Ok(self.growth("increase", Some(window)))
    }

    fn growth(&self, function: &'static str, window: Option<Duration>) -> Vector {
        let unit = Unit::of_family(&self.family);
        let unit = match function {
            "rate" => unit.per_second(),
            _ => unit,
        };
        let source = Source {
            family: self.family.name.clone(),
            function,
            window,
            matchers: self.matchers.clone(),
        };
        self.over_time(function, window, unit).sourced(source)
    }
}

impl<K> Selector<K> {
    /// The value as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value();
    /// assert_eq!(up.promql(&Rendering::dashboard().job("azora")), "up{job=\"azora\"}");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn value(&self) -> Vector
    where
        K: Level,
    {
        let unit = Unit::of_family(&self.family);
        let shape = match unit == Unit::TIMESTAMP {
            true => Shape::Time,
            false => Shape::Plain,
        };
        let node = Node::Series(self.series(&self.family.name));
        Vector::new(node, self.labels.clone(), unit).shaped(shape)
    }

    /// How long ago the time of the clock is that the gauge holds: never where it is 0 (which says
    /// "never" as well) or NaN (nobody waits).
    ///
    /// # Errors
    ///
    /// [`QueryError::NotATimestamp`] if its name does not end in `_timestamp_seconds`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, families::VideoGeneration};
    /// use vitalsigns_kit::query::{Quantity, Queries, Rendering};
    ///
    /// let registry = Registry::new();
    /// VideoGeneration::<bool>::register(&registry)?;
    /// let catalogue = registry.catalogue();
    /// let queries = Queries::new(&catalogue);
    /// let start = queries.gauge("video_generation_oldest_start_timestamp_seconds")?;
    /// let long = start.age()?.max_by(["stage"])?.above(Quantity::seconds(300.0))?;
    /// assert_eq!(
    ///     long.promql(&Rendering::dashboard().job("aura")),
    ///     "max by (stage) (time() - \
    ///      (video_generation_oldest_start_timestamp_seconds{job=\"aura\"} > 0)) > 300"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn age(&self) -> Result<Vector, QueryError>
    where
        K: Level,
    {
        if Unit::of_family(&self.family) != Unit::TIMESTAMP {
            return Err(QueryError::NotATimestamp {
                name: self.family.name.clone(),
            });
        }
        let series = Node::Series(self.series(&self.family.name));
        let known = Node::with_number(Operator::ABOVE, series, Node::Number(0.0));
        let node = Node::with_number(Operator::MINUS, Node::Now, known);
        Ok(Vector::new(node, self.labels.clone(), Unit::SECONDS))
    }

    /// The greatest value in this time.
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
    /// let up = Queries::new(&catalogue).gauge("up")?;
    /// let seen = up.max_over(Duration::from_secs(600))?;
    /// assert_eq!(seen.promql(&Rendering::dashboard().job("x")), "max_over_time(up{job=\"x\"}[10m])");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn max_over(&self, window: Duration) -> Result<Vector, QueryError>
    where
        K: Level,
    {
        self.level_over("max_over_time", window)
    }

    /// The least value in this time.
    ///
    /// # Errors
    ///
    /// As [`max_over`](Self::max_over).
    ///
    /// # Examples
    ///
    /// As [`max_over`](Self::max_over).
    pub fn min_over(&self, window: Duration) -> Result<Vector, QueryError>
    where
        K: Level,
    {
        self.level_over("min_over_time", window)
    }

    /// The mean of the values in this time.
    ///
    /// # Errors
    ///
    /// As [`max_over`](Self::max_over).
    ///
    /// # Examples
    ///
    /// As [`max_over`](Self::max_over).
    pub fn mean_over(&self, window: Duration) -> Result<Vector, QueryError>
    where
        K: Level,
    {
        self.level_over("avg_over_time", window)
    }

    /// How often the value changed in this time.
    ///
    /// # Errors
    ///
    /// As [`max_over`](Self::max_over).
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns_kit::query::{Quantity, Queries};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?;
    /// let flapping = up.changes_over(Duration::from_secs(900))?.above(Quantity::number(4.0))?;
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn changes_over(&self, window: Duration) -> Result<Vector, QueryError>
    where
        K: Level,
    {
        check_window("the time of changes", window)?;
        Ok(self.over_time("changes", Some(window), Unit::NUMBER))
    }

    /// The value that it will have after `later` if it goes on as in the time `seen`.
    ///
    /// # Errors
    ///
    /// As [`max_over`](Self::max_over).
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let samples = Queries::new(&catalogue).gauge("scrape_samples_scraped")?;
    /// let hour = Duration::from_secs(3600);
    /// assert_eq!(
    ///     samples.predicted(hour, 6 * hour)?.promql(&Rendering::dashboard().job("x")),
    ///     "predict_linear(scrape_samples_scraped{job=\"x\"}[1h], 21600)"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn predicted(&self, seen: Duration, later: Duration) -> Result<Vector, QueryError>
    where
        K: Level,
    {
        check_window("the time of a prediction", seen)?;
        check_window("how far a prediction looks", later)?;
        let node = Node::OverTime {
            function: "predict_linear",
            series: self.series(&self.family.name),
            window: Some(seen),
            argument: Some(later.as_secs_f64()),
        };
        Ok(Vector::new(
            node,
            self.labels.clone(),
            Unit::of_family(&self.family),
        ))
    }

    fn level_over(&self, function: &'static str, window: Duration) -> Result<Vector, QueryError> {
        check_window("the time of values", window)?;
        Ok(self.over_time(function, Some(window), Unit::of_family(&self.family)))
    }
}

impl<K> Selector<K> {
    /// The observations, by these labels.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownLabel`].
    ///
    /// # Examples
    ///
    /// See [`Distribution`].
    pub fn by<L: AsRef<str>>(
        &self,
        labels: impl IntoIterator<Item = L>,
    ) -> Result<Distribution, QueryError>
    where
        K: Observed,
    {
        Distribution::new(self, given(labels)?)
    }

    /// All observations together.
    ///
    /// # Examples
    ///
    /// See [`Distribution`].
    pub fn whole(&self) -> Distribution
    where
        K: Observed,
    {
        Distribution::whole(self)
    }
}

/// A plain number is compared as a number of things.
impl From<f64> for Quantity {
    fn from(value: f64) -> Self {
        Quantity::number(value)
    }
}
