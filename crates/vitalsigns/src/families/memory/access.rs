//! The guards of operations and moves.

use std::fmt;
use std::sync::Arc;

use super::super::{Known, unsaid};
use super::MemoryMetrics;
use super::labels::{
    ByTier, DirectionLabels, MoveLabels, MoveOutcome, MovedLabels, Operation, OperationLabels,
    Outcome, Reason, Way,
};
use crate::LabelValue;
use crate::clock::Stopwatch;

/// An operation on a tier, until its outcome is recorded.
struct Ongoing<T: LabelValue> {
    metrics: Arc<MemoryMetrics<T>>,
    tier: Known<T>,
    operation: Operation,
    started: Stopwatch,
    ended: bool,
}

impl<T: LabelValue> Ongoing<T> {
    fn start(metrics: &Arc<MemoryMetrics<T>>, tier: Known<T>, operation: Operation) -> Self {
        Ongoing {
            metrics: Arc::clone(metrics),
            tier,
            operation,
            started: Stopwatch::start(),
            ended: false,
        }
    }

    fn end(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let (metrics, tier, operation) = (&self.metrics, self.tier, self.operation);
        let labels = OperationLabels {
            tier,
            operation,
            outcome,
        };
        metrics.tier_operations_total.with(&labels).inc();
        let duration = metrics
            .tier_operation_duration_seconds
            .with(&Way { tier, operation });
        duration.observe(self.started.elapsed());
    }
}

impl<T: LabelValue> Drop for Ongoing<T> {
    fn drop(&mut self) {
        self.end(unsaid(Outcome::Cancelled, Outcome::Panicked));
    }
}

/// A read or a search on its way. Dropped before it says how it ended, it counts as cancelled;
/// dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
/// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
/// let access = memory.read(Tier::Hot);
/// access.hit();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "an access that is dropped counts as cancelled"]
pub struct Access<T: LabelValue>(Ongoing<T>);

impl<T: LabelValue> Access<T> {
    pub(super) fn start(
        metrics: &Arc<MemoryMetrics<T>>,
        tier: Known<T>,
        operation: Operation,
    ) -> Self {
        Access(Ongoing::start(metrics, tier, operation))
    }

    /// The tier had it.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn hit(mut self) {
        self.0.end(Outcome::Hit);
    }

    /// The tier did not have it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.read(Tier::Hot).miss();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn miss(mut self) {
        self.0.end(Outcome::Miss);
    }

    /// The tier could not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.read(Tier::Cold).fail();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self) {
        self.0.end(Outcome::Failed);
    }
}

/// A write, an update or a deletion on its way. Dropped before it says how it ended, it counts as
/// cancelled; dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
/// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
/// let change = memory.write(Tier::Hot);
/// change.succeed(1);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a change that is dropped counts as cancelled"]
pub struct Change<T: LabelValue>(Ongoing<T>);

impl<T: LabelValue> Change<T> {
    pub(super) fn start(
        metrics: &Arc<MemoryMetrics<T>>,
        tier: Known<T>,
        operation: Operation,
    ) -> Self {
        Change(Ongoing::start(metrics, tier, operation))
    }

    /// So many items were written, changed or deleted.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn succeed(mut self, items: u64) {
        let Ongoing {
            metrics,
            tier,
            operation,
            ..
        } = &self.0;
        let labels = ByTier { tier: *tier };
        match operation {
            Operation::Write => metrics.tier_written_items_total.with(&labels).add(items),
            Operation::Delete => metrics.tier_deleted_items_total.with(&labels).add(items),
            // A change does not change how many there are.
            _ => {}
        }
        self.0.end(Outcome::Success);
    }

    /// Nothing was written, changed or deleted.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.delete(Tier::Cold).fail();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self) {
        self.0.end(Outcome::Failed);
    }
}

/// Items on their way from one tier to another. Dropped before it says how it ended, it counts as
/// cancelled; dropped by a panic, as panicked. Only what succeeds has moved items.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{MemoryTiers, memory::{Reason, Tier}}};
/// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
/// let demotion = memory.start_move(Tier::Hot, Tier::Warm, Reason::Age);
/// demotion.succeed(10);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a move that is dropped counts as cancelled"]
pub struct Move<T: LabelValue> {
    metrics: Arc<MemoryMetrics<T>>,
    from: Known<T>,
    to: Known<T>,
    reason: Reason,
    started: Stopwatch,
    ended: bool,
}

impl<T: LabelValue> Move<T> {
    pub(super) fn start(
        metrics: &Arc<MemoryMetrics<T>>,
        from: Known<T>,
        to: Known<T>,
        reason: Reason,
    ) -> Self {
        Move {
            metrics: Arc::clone(metrics),
            from,
            to,
            reason,
            started: Stopwatch::start(),
            ended: false,
        }
    }

    /// So many items are in the other tier now.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn succeed(mut self, items: u64) {
        let (from, to, reason) = (self.from, self.to, self.reason);
        let metrics = &self.metrics;
        metrics
            .tier_moved_items_total
            .with(&MovedLabels { from, to, reason })
            .add(items);
        let direction = DirectionLabels { from, to };
        metrics
            .tier_last_move_timestamp_seconds
            .with(&direction)
            .set_to_now();
        self.end(MoveOutcome::Success);
    }

    /// The items are where they were.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::{Reason, Tier}}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.start_move(Tier::Hot, Tier::Warm, Reason::Age).fail();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self) {
        self.end(MoveOutcome::Failed);
    }

    fn end(&mut self, outcome: MoveOutcome) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let (from, to, reason) = (self.from, self.to, self.reason);
        let labels = MoveLabels {
            from,
            to,
            reason,
            outcome,
        };
        self.metrics.tier_moves_total.with(&labels).inc();
        let duration = self
            .metrics
            .tier_move_duration_seconds
            .with(&DirectionLabels { from, to });
        duration.observe(self.started.elapsed());
    }
}

impl<T: LabelValue> Drop for Move<T> {
    fn drop(&mut self) {
        self.end(unsaid(MoveOutcome::Cancelled, MoveOutcome::Panicked));
    }
}

macro_rules! opaque {
    ($($guard:ident),+) => {$(
        impl<T: LabelValue> fmt::Debug for $guard<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($guard)).finish_non_exhaustive()
            }
        }
    )+};
}

opaque!(Access, Change, Move);
