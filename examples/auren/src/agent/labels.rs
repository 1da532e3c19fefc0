//! The closed sets of labels of the agent.

use serde::Serialize;
use vitalsigns::LabelValue;

/// What the agent is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It learns what is usual.
    Baseline,
    /// It reacts to something dangerous.
    Reflex,
    /// It looks into what may be the case.
    Hypothesis,
    /// It acts on what it has found to be so.
    Pattern,
    /// It is there for somebody.
    Companion,
    /// It keeps watch after repeated alarms.
    Sentinel,
}

/// Why the mode is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue)]
pub enum Trigger {
    /// A value was dangerous.
    Threshold,
    /// There were several anomalies.
    Repeated,
    /// Values moved away from the usual.
    Trend,
    /// A hypothesis was confirmed.
    Confirmed,
    /// A hypothesis was refuted.
    Refuted,
    /// Somebody has said how they feel.
    CheckIn,
    /// Nothing has happened for a while.
    Calm,
    /// Its time was over.
    Elapsed,
}

/// What a hypothesis is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue)]
pub enum Category {
    /// More strain than usual.
    Strain,
    /// Recovery.
    Recovery,
    /// An illness.
    Illness,
    /// Sleep.
    Sleep,
}

/// What was found to be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue)]
pub enum Pattern {
    /// More strain than recovery.
    Overreaching,
    /// More recovery than strain.
    Recovering,
    /// The onset of an illness.
    OnsetOfIllness,
    /// Too little sleep for a while.
    SleepDebt,
}

/// What is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue)]
pub enum Anomaly {
    /// The heart beats too fast.
    HeartRateHigh,
    /// The heart beats too slowly.
    HeartRateLow,
    /// A fever.
    Fever,
    /// Too little oxygen.
    OxygenLow,
    /// Far from the usual, though not dangerous.
    Unusual,
}

/// What the agent decides to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue)]
pub enum Decision {
    /// To note an alarm.
    Alert,
    /// To remember what it has found.
    Learn,
    /// To look up what is usual, before it looks into something.
    Review,
}
