//! What agents decide.

use std::fmt;
use std::sync::Arc;

use super::super::{Known, unsaid};
use crate::{
    Counter, Family, Gauge, GaugeGuard, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
};

/// What became of a decision.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::agent::DecisionOutcome};
///
/// assert_eq!(DecisionOutcome::VALUES[..2], ["applied", "declined"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionOutcome {
    /// It was carried out.
    Applied,
    /// A rule or a person was against it.
    Declined,
    /// It could not be carried out.
    Failed,
    /// It was dropped.
    Cancelled,
    /// It was dropped by a panic.
    Panicked,
}

#[derive(LabelSet)]
struct DecisionOutcomeLabels<D> {
    decision: Known<D>,
    outcome: DecisionOutcome,
}

#[derive(LabelSet)]
struct ByDecision<D> {
    decision: Known<D>,
}

#[derive(MetricGroup)]
#[metrics(prefix = "agent")]
struct DecisionMetrics<D: LabelValue> {
    /// Decisions of agents, by what became of them.
    decisions_total: Family<DecisionOutcomeLabels<D>, Counter>,
    /// Decisions of agents that nothing has become of yet.
    decisions_in_progress: Family<ByDecision<D>, Gauge>,
}

/// The metrics of what agents decide. `D` is the service's enum of decisions.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::AgentDecisions;
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Choice {
///     Notify,
///     Wait,
/// }
///
/// let decisions = AgentDecisions::<Choice>::register(&Registry::new())?;
/// let notify = decisions.decide(Choice::Notify);
/// notify.applied();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct AgentDecisions<D: LabelValue> {
    metrics: Arc<DecisionMetrics<D>>,
}

impl<D: LabelValue> AgentDecisions<D> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentDecisions};
    /// let decisions = AgentDecisions::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(DecisionMetrics::register(registry)?);
        Ok(AgentDecisions { metrics })
    }

    /// An agent decided something that is now to be carried out.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AgentDecisions};
    /// # let decisions = AgentDecisions::<bool>::register(&Registry::new())?;
    /// let decision = decisions.decide(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn decide(&self, decision: D) -> Decision<D> {
        let decision = Known::new(decision);
        let in_progress = &self.metrics.decisions_in_progress;
        Decision {
            metrics: Arc::clone(&self.metrics),
            decision,
            outcome: None,
            _in_progress: in_progress.with(&ByDecision { decision }).hold(1),
        }
    }
}

impl<D: LabelValue> Clone for AgentDecisions<D> {
    fn clone(&self) -> Self {
        AgentDecisions {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<D: LabelValue> fmt::Debug for AgentDecisions<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentDecisions").finish_non_exhaustive()
    }
}

/// One decision on its way. Dropped before it says what became of it, it counts as cancelled;
/// dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::AgentDecisions};
/// # let decisions = AgentDecisions::<bool>::register(&Registry::new())?;
/// let decision = decisions.decide(true);
/// drop(decision); // Counts as cancelled.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a decision that is dropped counts as cancelled"]
pub struct Decision<D: LabelValue> {
    metrics: Arc<DecisionMetrics<D>>,
    decision: Known<D>,
    outcome: Option<DecisionOutcome>,
    /// Goes back after the outcome was recorded.
    _in_progress: GaugeGuard,
}

macro_rules! ends {
    ($($(#[doc = $doc:literal])+ $verb:ident => $outcome:ident;)+) => {$(
        $(#[doc = $doc])+
        ///
        /// # Examples
        ///
        /// ```
        /// # use vitalsigns::{Registry, families::AgentDecisions};
        /// # let decisions = AgentDecisions::<bool>::register(&Registry::new())?;
        #[doc = concat!("decisions.decide(true).", stringify!($verb), "();")]
        /// # Ok::<(), vitalsigns::RegisterError>(())
        /// ```
        pub fn $verb(mut self) {
            self.outcome = Some(DecisionOutcome::$outcome);
        }
    )+};
}

impl<D: LabelValue> Decision<D> {
    ends! {
        /// It was carried out.
        applied => Applied;
        /// A rule or a person is against it.
        declined => Declined;
        /// It could not be carried out.
        failed => Failed;
    }
}

impl<D: LabelValue> Drop for Decision<D> {
    fn drop(&mut self) {
        let labels = DecisionOutcomeLabels {
            decision: self.decision,
            outcome: self
                .outcome
                .unwrap_or_else(|| unsaid(DecisionOutcome::Cancelled, DecisionOutcome::Panicked)),
        };
        self.metrics.decisions_total.with(&labels).inc();
    }
}

impl<D: LabelValue> fmt::Debug for Decision<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision")
            .field("decision", &self.decision.as_label())
            .finish_non_exhaustive()
    }
}
