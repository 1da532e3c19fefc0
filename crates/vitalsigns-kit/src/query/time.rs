//! How old values are, how long until something, and how far back an expression looks.

use std::collections::BTreeSet;
use std::time::Duration;

use super::kind::Level;
use super::node::{Node, Operator};
use super::rendering::check_window;
use super::selector::Selector;
use super::vector::Vector;
use super::{Condition, QueryError, Unit};

impl<K> Selector<K> {
    /// How long ago Prometheus got the value: what was not scraped for a while is old, even if it
    /// is still there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::query::{Quantity, Queries, Rendering};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let fresh = Queries::new(&catalogue).gauge("up")?.sample_age().min()?;
    /// assert_eq!(
    ///     fresh.below(Quantity::seconds(60.0))?.promql(&Rendering::dashboard().job("x")),
    ///     "min(time() - timestamp(up{job=\"x\"})) < 60"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn sample_age(&self) -> Vector
    where
        K: Level,
    {
        let series = Node::Series(self.series(&self.family.name));
        let at = Node::function("timestamp", &[], series);
        let node = Node::with_number(Operator::MINUS, Node::Now, at);
        Vector::new(node, self.labels.clone(), Unit::SECONDS)
    }

    /// How long it is until the time of the clock that the gauge holds, in seconds since 1970,
    /// whatever its name says; negative once that is over.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Gauge, MetricGroup, Registry};
    /// # use vitalsigns_kit::query::{Queries, Rendering};
    /// #[derive(MetricGroup)]
    /// struct Certificates {
    ///     /// When the certificate ends.
    ///     certificate_not_after: Gauge,
    /// }
    ///
    /// let registry = Registry::new();
    /// Certificates::register(&registry)?;
    /// let catalogue = registry.catalogue();
    /// let left = Queries::new(&catalogue).gauge("certificate_not_after")?.time_left();
    /// assert_eq!(
    ///     left.promql(&Rendering::dashboard().job("x")),
    ///     "certificate_not_after{job=\"x\"} - time()"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn time_left(&self) -> Vector
    where
        K: Level,
    {
        let series = Node::Series(self.series(&self.family.name));
        let node = Node::with_number(Operator::MINUS, series, Node::Now);
        Vector::new(node, self.labels.clone(), Unit::SECONDS)
    }

    /// How many values there were within this time: of a series that is there only while something
    /// is so, at how many scrapes or evaluations it was.
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
    /// let firing = Queries::new(&catalogue).gauge("ALERTS")?.with("alertstate", "firing")?;
    /// assert_eq!(
    ///     firing.count_over(Duration::from_secs(3600))?.promql(&Rendering::everywhere()),
    ///     r#"count_over_time(ALERTS{alertstate="firing"}[1h])"#
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn count_over(&self, window: Duration) -> Result<Vector, QueryError>
    where
        K: Level,
    {
        check_window("the time of values", window)?;
        Ok(self.over_time("count_over_time", Some(window), Unit::NUMBER))
    }
}

impl Condition {
    /// How far back it looks, with this time for rates that do not say theirs.
    pub(crate) fn reach(&self, window: Duration) -> Duration {
        self.node.reach(window)
    }

    /// The names of the series that it reads.
    pub(crate) fn series(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.node.names(&mut names);
        names
    }
}

impl Node {
    fn reach(&self, window: Duration) -> Duration {
        match self {
            Node::Series(_) | Node::Number(_) | Node::Now => Duration::ZERO,
            Node::OverTime { window: own, .. } => own.unwrap_or(window),
            Node::Aggregate { of, .. } | Node::Function { of, .. } | Node::Labelled { of, .. } => {
                of.reach(window)
            }
            Node::Binary { sides, .. } => sides.0.reach(window).max(sides.1.reach(window)),
            Node::Ago { time, of } => of.reach(window).saturating_add(*time),
        }
    }

    pub(super) fn names(&self, names: &mut BTreeSet<String>) {
        match self {
            Node::Series(series) | Node::OverTime { series, .. } => {
                names.insert(series.name.clone());
            }
            Node::Number(_) | Node::Now => {}
            Node::Aggregate { of, .. }
            | Node::Function { of, .. }
            | Node::Labelled { of, .. }
            | Node::Ago { of, .. } => of.names(names),
            Node::Binary { sides, .. } => {
                sides.0.names(names);
                sides.1.names(names);
            }
        }
    }
}
