//! What agents find.

use std::fmt;
use std::sync::Arc;

use super::super::Known;
use crate::{Counter, Family, LabelSet, LabelValue, MetricGroup, RegisterError, Registry};

/// How sure or how significant something is, in three classes: a number as a label would be a
/// series for each number.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::agent::Grade;
///
/// assert_eq!(Grade::from(0.49), Grade::Low);
/// assert_eq!(Grade::from(0.5), Grade::Medium);
/// assert_eq!(Grade::from(0.8), Grade::High);
/// assert_eq!(Grade::from(97.0), Grade::Invalid); // A percentage is no ratio.
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grade {
    /// From 0 to below 0.5.
    Low,
    /// From 0.5 to below 0.8.
    Medium,
    /// From 0.8 to 1.
    High,
    /// What was given is no number from 0 to 1. It counts all the same.
    Invalid,
}

impl From<f64> for Grade {
    fn from(value: f64) -> Self {
        match value {
            0.0..0.5 => Grade::Low,
            0.5..0.8 => Grade::Medium,
            0.8..=1.0 => Grade::High,
            _ => Grade::Invalid,
        }
    }
}

#[derive(LabelSet)]
struct Hypothesis<C> {
    category: Known<C>,
    confidence: Grade,
}

#[derive(LabelSet)]
struct Pattern<P> {
    pattern_type: Known<P>,
    significance: Grade,
}

#[derive(LabelSet)]
struct Anomaly<A> {
    anomaly_type: Known<A>,
}

#[derive(MetricGroup)]
#[metrics(prefix = "agent")]
struct FindingMetrics<C: LabelValue, P: LabelValue, A: LabelValue> {
    /// Hypotheses that agents made, by category and how sure of them they are.
    hypotheses_total: Family<Hypothesis<C>, Counter>,
    /// Patterns that agents recognised, by type and how significant they are.
    patterns_total: Family<Pattern<P>, Counter>,
    /// Anomalies that agents detected, by type.
    anomalies_total: Family<Anomaly<A>, Counter>,
}

/// The metrics of what agents find.
///
/// `C` is the service's enum of categories of hypotheses, `P` of types of patterns, `A` of types of
/// anomalies.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::AgentFindings;
/// use vitalsigns::families::agent::Grade;
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Category {
///     Sleep,
///     Stress,
/// }
///
/// #[derive(LabelValue)]
/// enum Pattern {
///     Daily,
///     Weekly,
/// }
///
/// #[derive(LabelValue)]
/// enum Anomaly {
///     Spike,
///     Gap,
/// }
///
/// let findings = AgentFindings::<Category, Pattern, Anomaly>::register(&Registry::new())?;
/// findings.hypothesis(Category::Sleep, 0.83);
/// findings.pattern(Pattern::Weekly, Grade::Medium);
/// findings.anomaly(Anomaly::Gap);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct AgentFindings<C: LabelValue, P: LabelValue, A: LabelValue> {
    metrics: Arc<FindingMetrics<C, P, A>>,
}

impl<C: LabelValue, P: LabelValue, A: LabelValue> AgentFindings<C, P, A> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentFindings};
    /// let findings = AgentFindings::<bool, bool, bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(FindingMetrics::register(registry)?);
        Ok(AgentFindings { metrics })
    }

    /// An agent made a hypothesis; `confidence` is a [`Grade`], or a number from 0 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentFindings};
    /// # let findings = AgentFindings::<bool, bool, bool>::register(&Registry::new())?;
    /// findings.hypothesis(true, 0.7);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn hypothesis(&self, category: C, confidence: impl Into<Grade>) {
        let labels = Hypothesis {
            category: Known::new(category),
            confidence: confidence.into(),
        };
        self.metrics.hypotheses_total.with(&labels).inc();
    }

    /// An agent recognised a pattern; `significance` is a [`Grade`], or a number from 0 to 1 that
    /// grows with it (`1 - p` for a p-value).
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentFindings};
    /// # let findings = AgentFindings::<bool, bool, bool>::register(&Registry::new())?;
    /// findings.pattern(true, 1.0 - 0.03);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn pattern(&self, pattern_type: P, significance: impl Into<Grade>) {
        let labels = Pattern {
            pattern_type: Known::new(pattern_type),
            significance: significance.into(),
        };
        self.metrics.patterns_total.with(&labels).inc();
    }

    /// An agent detected an anomaly.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentFindings};
    /// # let findings = AgentFindings::<bool, bool, bool>::register(&Registry::new())?;
    /// findings.anomaly(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn anomaly(&self, anomaly_type: A) {
        let labels = Anomaly {
            anomaly_type: Known::new(anomaly_type),
        };
        self.metrics.anomalies_total.with(&labels).inc();
    }
}

impl<C: LabelValue, P: LabelValue, A: LabelValue> Clone for AgentFindings<C, P, A> {
    fn clone(&self) -> Self {
        AgentFindings {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<C: LabelValue, P: LabelValue, A: LabelValue> fmt::Debug for AgentFindings<C, P, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentFindings").finish_non_exhaustive()
    }
}
