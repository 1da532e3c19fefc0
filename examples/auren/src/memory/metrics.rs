//! What the page asks the tiers for, and what the ready-made family does not say.

use std::{
    convert::Infallible,
    sync::{Arc, Weak},
};

use tokio::runtime::Handle;
use vitalsigns::{
    Counter, Family, Gauge, LabelSet, MetricGroup, RegisterError, Registry,
    families::memory::{Tier, TierState},
};

use super::{Memory, TIERS, item::system_time, shelf::Shelf};

#[derive(LabelSet)]
pub(super) struct ByTier {
    pub(super) tier: Tier,
}

#[derive(Clone, Debug, MetricGroup)]
#[metrics(prefix = "memory")]
pub(super) struct OwnMetrics {
    /// Times that a tier was read and settled, at the start and after each failure.
    pub(super) tier_takeovers_total: Family<ByTier, Counter>,
    /// Items that a tier had and has no more, without a copy anywhere.
    pub(super) tier_lost_items_total: Family<ByTier, Counter>,
    /// Items that were put back into a tier that had lost them.
    pub(super) tier_replaced_items_total: Family<ByTier, Counter>,
}

#[derive(Debug, MetricGroup)]
#[metrics(prefix = "memory")]
struct Settled {
    /// Items of which it is not known where they are, because a store failed in the middle.
    unsettled_items: Gauge,
    /// Whether a tier is used; 0 while its store fails.
    tier_up: Family<ByTier, Gauge>,
}

/// Has the registry ask the tiers for what they hold, before each page.
///
/// A tier that cannot be asked is left out: it makes no page wait, and no old number stays.
pub(super) fn observe(registry: &Registry, memory: &Arc<Memory>) -> Result<(), RegisterError> {
    let runtime = Handle::current();
    let observed = Arc::downgrade(memory);
    memory.metrics.read_store(registry, move || {
        let states = match observed.upgrade() {
            Some(memory) => runtime.block_on(memory.states()),
            None => Vec::new(),
        };
        Ok::<_, Infallible>(states)
    })?;
    let observed: Weak<Memory> = Arc::downgrade(memory);
    registry.collect_with(move |settled: &Settled| {
        if let Some(memory) = observed.upgrade() {
            let unsettled = i64::try_from(memory.unsettled()).unwrap_or(i64::MAX);
            settled.unsettled_items.set(unsettled);
            for tier in TIERS {
                let is_up = i64::from(memory.shelf(tier).is_up());
                settled.tier_up.with(&ByTier { tier }).set(is_up);
            }
        }
        Ok::<_, Infallible>(())
    })
}

impl Memory {
    /// What the tiers hold that can be asked.
    async fn states(&self) -> Vec<TierState<Tier>> {
        let [hot, warm, cold] = &self.shelves;
        let (hot, warm, cold) = tokio::join!(self.state(hot), self.state(warm), self.state(cold));
        [hot, warm, cold].into_iter().flatten().collect()
    }

    async fn state(&self, shelf: &Shelf) -> Option<TierState<Tier>> {
        let _pass = shelf.enter().ok()?;
        let held = shelf.held().await.ok()?;
        let state = TierState::new(shelf.tier, held.items, held.bytes);
        let state = state.capacity(self.settings.policy.capacity_of(shelf.tier));
        Some(match held.oldest {
            Some(oldest) => state.oldest(system_time(oldest)),
            None => state,
        })
    }
}
