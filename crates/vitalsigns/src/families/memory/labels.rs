//! What the memory's metrics are told apart by.

use super::super::Known;
use crate::{LabelSet, LabelValue};

/// The tiers of a memory that has three.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::memory::Tier};
///
/// assert_eq!(Tier::VALUES, ["hot", "warm", "cold"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// Fast and small: in memory.
    Hot,
    /// In a database.
    Warm,
    /// Large and slow: an archive.
    Cold,
}

/// Why items are moved.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::memory::Reason};
///
/// assert_eq!(Reason::SpacePressure.as_label(), "space_pressure");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// They are asked for often, or seldom.
    Frequency,
    /// They were asked for lately.
    Recency,
    /// They are old.
    Age,
    /// The tier is full.
    SpacePressure,
    /// They matter more, or less, than others.
    Importance,
    /// Somebody said so.
    Manual,
    /// A rule that is none of the above.
    Policy,
}

/// What an agent can decide to do with an item.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::memory::Decision};
///
/// assert_eq!(Decision::from_label("archive"), Some(Decision::Archive));
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// To a faster tier.
    Promote,
    /// To a slower tier.
    Demote,
    /// To the archive.
    Archive,
    /// Back from the archive.
    Restore,
    /// Away.
    Evict,
    /// It stays where it is.
    Keep,
}

/// What became of a decision.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::memory::DecisionOutcome};
///
/// assert_eq!(DecisionOutcome::VALUES, ["applied", "skipped", "failed"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionOutcome {
    /// It was done.
    Applied,
    /// It was not done, on purpose.
    Skipped,
    /// It could not be done.
    Failed,
}

#[derive(LabelValue, Clone, Copy)]
pub(super) enum Operation {
    Read,
    Search,
    Write,
    Update,
    Delete,
}

#[derive(LabelValue, Clone, Copy)]
pub(super) enum Outcome {
    Hit,
    Miss,
    Success,
    Failed,
    Cancelled,
    Panicked,
}

#[derive(LabelValue, Clone, Copy)]
pub(super) enum MoveOutcome {
    Success,
    Failed,
    Cancelled,
    Panicked,
}

#[derive(LabelSet)]
pub(super) struct ByTier<T> {
    pub(super) tier: Known<T>,
}

#[derive(LabelSet)]
pub(super) struct Way<T> {
    pub(super) tier: Known<T>,
    pub(super) operation: Operation,
}

#[derive(LabelSet)]
pub(super) struct OperationLabels<T> {
    pub(super) tier: Known<T>,
    pub(super) operation: Operation,
    pub(super) outcome: Outcome,
}

#[derive(LabelSet)]
pub(super) struct DirectionLabels<T> {
    pub(super) from: Known<T>,
    pub(super) to: Known<T>,
}

#[derive(LabelSet)]
pub(super) struct MovedLabels<T> {
    pub(super) from: Known<T>,
    pub(super) to: Known<T>,
    pub(super) reason: Reason,
}

#[derive(LabelSet)]
pub(super) struct MoveLabels<T> {
    pub(super) from: Known<T>,
    pub(super) to: Known<T>,
    pub(super) reason: Reason,
    pub(super) outcome: MoveOutcome,
}

#[derive(LabelSet)]
pub(super) struct DecisionLabels {
    pub(super) decision: Decision,
    pub(super) outcome: DecisionOutcome,
}
