//! A function that carries out a decision.

use super::{AgentDecisions, Decision};
use crate::LabelValue;
use crate::instrument::{Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The label of a decision in `#[instrument_metrics(on = decisions, decision = …)]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::AgentDecisions;
    /// use vitalsigns::families::agent::NotApplied;
    /// use vitalsigns::{LabelValue, Registry, instrument_metrics};
    ///
    /// #[derive(LabelValue)]
    /// enum Choice {
    ///     Notify,
    /// }
    ///
    /// #[instrument_metrics(
    ///     on = decisions,
    ///     decision = Choice::Notify,
    ///     error = |_| NotApplied::Failed,
    /// )]
    /// async fn notify(decisions: &AgentDecisions<Choice>) -> Result<(), String> {
    ///     Ok(())
    /// }
    /// # drop(notify(&AgentDecisions::register(&Registry::new())?));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// The decision, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::agent::CallLabels::default().decision(true);
        /// ```
        decision: D is LabelValue,
    }
}

/// Why a function did not carry out a decision.
///
/// # Examples
///
/// See [`CallLabels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotApplied {
    /// As [`Decision::declined`].
    Declined,
    /// As [`Decision::failed`].
    Failed,
}

impl<D: LabelValue> Instrument for AgentDecisions<D> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<D>;
    type Guard = Decision<D>;

    fn start(&self, labels: CallLabels<D>) -> Decision<D> {
        self.decide(labels.decision)
    }
}

impl<D: LabelValue> InstrumentGuard for Decision<D> {
    type Success = ();
    type Failure = NotApplied;

    fn succeed(self, (): ()) {
        self.applied();
    }

    fn fail(self, why: NotApplied) {
        match why {
            NotApplied::Declined => self.declined(),
            NotApplied::Failed => self.failed(),
        }
    }
}
