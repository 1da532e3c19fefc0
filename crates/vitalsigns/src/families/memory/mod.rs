//! Tiered memory: what is asked of each tier, what moves between them and why, and what they hold.
//!
//! An operation starts when the tier is asked and ends when its guard says how, or is dropped. A
//! move starts when it is begun and ends likewise; it is of one or more items and has a reason.
//! What a tier *holds* is not counted up here, because that drifts: the store is asked for it at
//! each scrape ([`MemoryTiers::read_store`]). Both sides must agree, and
//! `memory_tier_drift_items` says how far they do not:
//!
//! ```text
//! items now − items at first = moved in − moved out + written − deleted
//! ```
//!
//! Not seen here: what an item means, and who asked for it; neither is ever a label.
//!
//! | the documents say | here |
//! |---|---|
//! | `memory_tier_operations_total{tier,operation,trigger}`, `memory_tier_ops` | `memory_tier_operations_total{tier,operation,outcome}`; what triggers a move is its `reason` |
//! | `memory_tier_latency_seconds` | `memory_tier_operation_duration_seconds` |
//! | `memory_tier_size_bytes`, `tier_items_count` | `memory_tier_bytes`, `memory_tier_items` |
//! | `tier_hit_rate` | the share of `outcome="hit"` among the reads, computed from the counter |
//! | promotions, demotions, archive; `memory_promotion_duration_seconds` | `memory_tier_moves_total{from,to,reason,outcome}`, `memory_tier_move_duration_seconds{from,to}` |
//! | `ai_agent_decisions_total{decision_type,from_tier,to_tier}` | `memory_decisions_total{decision,outcome}` |
//!
//! In `#[instrument_metrics(on = …)]` a function that does one operation names which:
//! [`MemoryTiers::reads`], [`searches`](MemoryTiers::searches), [`writes`](MemoryTiers::writes),
//! [`updates`](MemoryTiers::updates), [`deletions`](MemoryTiers::deletions) or
//! [`moves`](MemoryTiers::moves). What the agent decides has no duration.

mod access;
mod call;
mod labels;
mod store;

use std::fmt;
use std::sync::Arc;

pub use access::{Access, Change, Move};
pub use call::{Accesses, CallLabels, Changes, Found, MoveCallLabels, Moves};
use labels::{
    ByTier, DecisionLabels, DirectionLabels, MoveLabels, MovedLabels, OperationLabels, Way,
};
pub use labels::{Decision, DecisionOutcome, Reason, Tier};
use store::StoreMetrics;
pub use store::TierState;

use super::Known;
use crate::{Counter, Family, Gauge, Histogram, LabelValue, MetricGroup, RegisterError, Registry};

#[derive(MetricGroup)]
#[metrics(prefix = "memory")]
struct MemoryMetrics<T: LabelValue> {
    /// Operations that ended, by tier, operation and outcome.
    tier_operations_total: Family<OperationLabels<T>, Counter>,
    /// Time from asking a tier to its answer.
    #[metric(buckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5])]
    tier_operation_duration_seconds: Family<Way<T>, Histogram>,
    /// Moves that ended, by where from, where to, why and how.
    tier_moves_total: Family<MoveLabels<T>, Counter>,
    /// Items that were moved.
    tier_moved_items_total: Family<MovedLabels<T>, Counter>,
    /// Time from the start of a move to its end.
    #[metric(buckets = [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300])]
    tier_move_duration_seconds: Family<DirectionLabels<T>, Histogram>,
    /// When items were last moved in this direction, in seconds since 1970; 0 if never.
    tier_last_move_timestamp_seconds: Family<DirectionLabels<T>, Gauge<f64>>,
    /// Items that were written to a tier from outside.
    tier_written_items_total: Family<ByTier<T>, Counter>,
    /// Items that were deleted from a tier: dropped, evicted or expired.
    tier_deleted_items_total: Family<ByTier<T>, Counter>,
    /// What the agent decided to do with an item, and what became of it.
    decisions_total: Family<DecisionLabels, Counter>,
}

/// The metrics of a memory in tiers.
///
/// `T` is the enum of tiers; hot, warm and cold if nothing else is said.
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
/// use vitalsigns::families::MemoryTiers;
/// use vitalsigns::families::memory::{Decision, DecisionOutcome, Reason, Tier};
///
/// let registry = Registry::new();
/// let memory = MemoryTiers::<Tier>::register(&registry)?;
///
/// memory.read(Tier::Hot).hit();
/// memory.write(Tier::Hot).succeed(1);
/// memory.moved(Tier::Warm, Tier::Hot, Reason::Frequency);
/// memory.decided(Decision::Promote, DecisionOutcome::Applied);
///
/// let archiving = memory.start_move(Tier::Warm, Tier::Cold, Reason::Age);
/// archiving.succeed(250); // Dropped: cancelled. Panic: panicked.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct MemoryTiers<T: LabelValue = Tier> {
    metrics: Arc<MemoryMetrics<T>>,
}

impl<T: LabelValue> MemoryTiers<T> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::MemoryTiers};
    /// let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(MemoryMetrics::register(registry)?);
        Ok(MemoryTiers { metrics })
    }

    /// Has `read` asked at each scrape what the tiers hold.
    ///
    /// The first answer is the start of the account: from then on `memory_tier_drift_items` is
    /// what a tier holds beyond what was written, moved and deleted. A scrape in the middle of a
    /// move can see it on one side only, so a drift matters if it stays. Tiers that the answer
    /// leaves out, because they cannot be asked, are not on that page: what they held before may
    /// not be so any more.
    ///
    /// If `read` fails, panics or takes too long, the families of the store are left out of that
    /// page: see [`Registry::collect_with`].
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::MemoryTiers};
    /// use vitalsigns::families::memory::{Tier, TierState};
    ///
    /// # let registry = Registry::new();
    /// # let memory: MemoryTiers = MemoryTiers::register(&registry)?;
    /// memory.read_store(&registry, || {
    ///     Ok::<_, std::io::Error>(vec![TierState::new(Tier::Hot, 120, 48_000).capacity(256 << 20)])
    /// })?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn read_store<E: fmt::Display>(
        &self,
        registry: &Registry,
        read: impl Fn() -> Result<Vec<TierState<T>>, E> + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        let memory = self.clone();
        let account = store::Account::new(T::VALUES.len());
        registry.collect_with(move |store: &StoreMetrics<T>| {
            account.report(store, &memory, read()?);
            Ok::<(), E>(())
        })
    }

    /// A tier is asked for an item.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.read(Tier::Hot).miss();
    /// memory.read(Tier::Warm).hit();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn read(&self, tier: T) -> Access<T> {
        Access::start(&self.metrics, Known::new(tier), labels::Operation::Read)
    }

    /// A tier is searched.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.search(Tier::Cold).hit();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn search(&self, tier: T) -> Access<T> {
        Access::start(&self.metrics, Known::new(tier), labels::Operation::Search)
    }

    /// New items are written to a tier.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.write(Tier::Hot).succeed(3);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn write(&self, tier: T) -> Change<T> {
        Change::start(&self.metrics, Known::new(tier), labels::Operation::Write)
    }

    /// Items that a tier has are changed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.update(Tier::Warm).fail();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn update(&self, tier: T) -> Change<T> {
        Change::start(&self.metrics, Known::new(tier), labels::Operation::Update)
    }

    /// Items are deleted from a tier, for good: dropped, evicted or expired.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::Tier}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.delete(Tier::Hot).succeed(1);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn delete(&self, tier: T) -> Change<T> {
        Change::start(&self.metrics, Known::new(tier), labels::Operation::Delete)
    }

    /// Items begin to move from one tier to another.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::{Reason, Tier}}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.start_move(Tier::Hot, Tier::Warm, Reason::SpacePressure).succeed(12);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn start_move(&self, from: T, to: T, reason: Reason) -> Move<T> {
        Move::start(&self.metrics, Known::new(from), Known::new(to), reason)
    }

    /// One item was moved, in no time worth measuring.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{MemoryTiers, memory::{Reason, Tier}}};
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.moved(Tier::Warm, Tier::Hot, Reason::Frequency);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn moved(&self, from: T, to: T, reason: Reason) {
        self.start_move(from, to, reason).succeed(1);
    }

    /// The agent decided what to do with an item.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::MemoryTiers};
    /// use vitalsigns::families::memory::{Decision, DecisionOutcome};
    ///
    /// # let memory: MemoryTiers = MemoryTiers::register(&Registry::new())?;
    /// memory.decided(Decision::Keep, DecisionOutcome::Applied);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn decided(&self, decision: Decision, outcome: DecisionOutcome) {
        let labels = DecisionLabels { decision, outcome };
        self.metrics.decisions_total.with(&labels).inc();
    }

    /// What was added to a tier and taken from it since the start, as the counters have it.
    fn balance(&self, tier: Known<T>) -> (u64, u64) {
        let metrics = &self.metrics;
        let mut added = metrics
            .tier_written_items_total
            .with(&ByTier { tier })
            .get();
        let mut taken = metrics
            .tier_deleted_items_total
            .with(&ByTier { tier })
            .get();
        for other in (0..T::VALUES.len()).filter_map(Known::from_index) {
            for reason in (0..Reason::VALUES.len()).filter_map(Reason::from_index) {
                let moved = |from, to| {
                    let labels = MovedLabels { from, to, reason };
                    metrics.tier_moved_items_total.with(&labels).get()
                };
                added = added.wrapping_add(moved(other, tier));
                taken = taken.wrapping_add(moved(tier, other));
            }
        }
        (added, taken)
    }
}

impl<T: LabelValue> Clone for MemoryTiers<T> {
    fn clone(&self) -> Self {
        MemoryTiers {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<T: LabelValue> fmt::Debug for MemoryTiers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTiers").finish_non_exhaustive()
    }
}
