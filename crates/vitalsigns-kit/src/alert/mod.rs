//! Alerts as values: what is asked, for how long it has to be so, how much it matters, what is said,
//! and what happens in its tests.
//!
//! [`alerts`] makes every alert that is ready for the families of a system, [`burn_rate_alerts`]
//! those of an objective that functions declare with `#[instrument_metrics(slo = …)]`.

mod burn_rate;
mod group;
mod ready;
mod runbook;
mod scenario;
mod severity;
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

pub use burn_rate::{BURN_RATES, BurnRate, burn_rate_alerts};
pub use group::{AlertGroup, alerts, artefacts};
pub use runbook::Runbook;
pub(crate) use runbook::Words;
pub(crate) use scenario::Input;
pub use scenario::{Scenario, Track};
pub use severity::Severity;
pub use text::Text;

use crate::query::{Condition, QueryError, Rendering};

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
    /// For how long it goes on once that is over, so that what comes and goes does not ring each
    /// time.
    pub keep_firing: Duration,
    /// How much it matters.
    pub severity: Severity,
    /// Further labels, by which it finds its way.
    pub labels: BTreeMap<String, String>,
    /// What is so, in a line.
    pub summary: Option<Text>,
    /// What is so, and why that is too much.
    pub description: Option<Text>,
    /// The dashboard that shows it.
    pub dashboard: Option<String>,
    /// What is on the page about it.
    pub runbook: Runbook,
    /// What happens in its tests.
    pub scenario: Option<Scenario>,
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
            keep_firing: Duration::ZERO,
            severity,
            labels: BTreeMap::new(),
            summary: None,
            description: None,
            dashboard: None,
            runbook: Runbook::default(),
            scenario: None,
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

    /// Says for how long it goes on once it is over: `keep_firing_for` of a rule, which Prometheus
    /// has since 2.42.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns_kit::alert::{Alert, Severity};
    /// # use vitalsigns_kit::query::Queries;
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let down = Queries::new(&catalogue).gauge("up")?.value().equals(0.0)?;
    /// let flaps = Alert::new("TargetDown", down, Severity::Critical)
    ///     .keep_firing(Duration::from_secs(300));
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn keep_firing(mut self, time: Duration) -> Self {
        self.keep_firing = time;
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

    /// Says what it says: in a line, and why that is too much. See [`Text`] for the places in it.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownPlaceholder`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::alert::{Alert, Severity};
    /// # use vitalsigns_kit::query::Queries;
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let down = Queries::new(&catalogue).gauge("up")?.value().equals(0.0)?;
    /// let alert = Alert::new("TargetDown", down, Severity::Critical);
    /// assert!(alert.says("{instance} of {job} is down", "{cluster} is not reached.").is_err());
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn says(mut self, summary: &str, description: &str) -> Result<Self, QueryError> {
        self.summary = Some(Text::new(&self.name, summary, &self.condition)?);
        self.description = Some(Text::new(&self.name, description, &self.condition)?);
        Ok(self)
    }

    /// Links to the dashboard that shows it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::alert::{Alert, Severity};
    /// # use vitalsigns_kit::query::Queries;
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let down = Queries::new(&catalogue).gauge("up")?.value().equals(0.0)?;
    /// let alert = Alert::new("TargetDown", down, Severity::Critical)
    ///     .dashboard("http://localhost:3000/d/shop-overview");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn dashboard(mut self, address: impl Into<String>) -> Self {
        self.dashboard = Some(address.into());
        self
    }

    /// Says what happens in its tests.
    ///
    /// # Examples
    ///
    /// See [`AlertGroup::new`].
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// Adds a question to its page, with the expression that answers it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::alert::{Alert, Severity};
    /// # use vitalsigns_kit::query::Queries;
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value();
    /// let alert = Alert::new("TargetDown", up.equals(0.0)?, Severity::Critical)
    ///     .ask("How many of each job are left?", up.sum_by(["job"])?.promql(&rendering()));
    /// assert_eq!(alert.runbook.questions[0].1, "sum by (job) (up)");
    /// # fn rendering() -> vitalsigns_kit::query::Rendering {
    /// #     vitalsigns_kit::query::Rendering::over(std::time::Duration::from_secs(300)).unwrap()
    /// # }
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn ask(mut self, question: impl Into<String>, expression: impl Into<String>) -> Self {
        let question = (question.into(), expression.into());
        self.runbook.questions.push(question);
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

    /// The labels of its series and of itself, while it fires for the series of its scenario.
    pub(crate) fn fired_labels(&self, scenario: &Scenario) -> BTreeMap<String, String> {
        let mut labels = scenario.labels.clone();
        labels.extend(self.labels.clone());
        labels.insert("severity".to_owned(), self.severity.as_str().to_owned());
        labels
    }
}
