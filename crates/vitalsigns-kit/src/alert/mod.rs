//! Alerts as values: what is asked, for how long it has to be so, and how much it matters.
//!
//! [`burn_rate_alerts`] makes those of an objective that functions declare with
//! `#[instrument_metrics(slo = …)]`.

mod burn_rate;

use std::collections::BTreeMap;
use std::time::Duration;

pub use burn_rate::{BURN_RATES, BurnRate, burn_rate_alerts};

use crate::query::{Condition, Rendering};

/// How much an alert matters: a closed set, so that each has a way to somebody.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::alert::Severity;
///
/// assert_eq!(Severity::Critical.as_str(), "critical");
/// assert!(Severity::Critical > Severity::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It always fires, and shows that alerts arrive.
    None,
    /// Somebody may want to know.
    Info,
    /// Somebody looks at it on a working day.
    Warning,
    /// Somebody is woken.
    Critical,
}

impl Severity {
    /// The value of the label `severity`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::None => "none",
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// An alert.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns_kit::alert::{Alert, Severity};
/// use vitalsigns_kit::query::{Quantity, Queries, Rendering};
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let took = Queries::new(&catalogue).gauge("scrape_duration_seconds")?.value();
/// let alert = Alert::new("ScrapeSlow", took.above(Quantity::seconds(8.0))?, Severity::Warning)
///     .hold(Duration::from_secs(300));
/// assert_eq!(
///     alert.expression(&Rendering::over(Duration::from_secs(300))?),
///     "scrape_duration_seconds > 8"
/// );
/// assert_eq!(alert.value_template(), "{{ $value | humanizeDuration }}");
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Alert {
    /// The name, in CamelCase.
    pub name: String,
    /// When it fires.
    pub condition: Condition,
    /// For how long that has to be so.
    pub hold: Duration,
    /// How much it matters.
    pub severity: Severity,
    /// Further labels, by which it finds its way.
    pub labels: BTreeMap<String, String>,
}

impl Alert {
    /// An alert that fires at once.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(name: impl Into<String>, condition: Condition, severity: Severity) -> Self {
        Alert {
            name: name.into(),
            condition,
            hold: Duration::ZERO,
            severity,
            labels: BTreeMap::new(),
        }
    }

    /// Says for how long it has to be so: `for` of a rule.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn hold(mut self, time: Duration) -> Self {
        self.hold = time;
        self
    }

    /// Adds a label.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::alert::{Alert, Severity};
    /// # use vitalsigns_kit::query::Queries;
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let down = Queries::new(&catalogue).gauge("up")?.value().equals(0.0)?;
    /// let alert = Alert::new("TargetDown", down, Severity::Critical).label("team", "video");
    /// assert_eq!(alert.labels["team"], "video");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// What is asked of Prometheus.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn expression(&self, rendering: &Rendering) -> String {
        self.condition.promql(rendering)
    }

    /// A template that prints the value with its unit.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn value_template(&self) -> String {
        self.condition.unit().template("$value")
    }
}
