//! What the tiers hold, as the store says, and whether that agrees with what was done to them.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::Known;
use super::MemoryTiers;
use super::labels::ByTier;
use crate::{Family, Gauge, LabelValue, MetricGroup};

#[derive(MetricGroup)]
#[metrics(prefix = "memory")]
pub(super) struct StoreMetrics<T: LabelValue> {
    /// Items that a tier holds.
    tier_items: Family<ByTier<T>, Gauge>,
    /// Size of what a tier holds.
    tier_bytes: Family<ByTier<T>, Gauge>,
    /// Size that a tier can hold; 0 if it has no limit.
    tier_capacity_bytes: Family<ByTier<T>, Gauge>,
    /// When the oldest item of a tier was written, in seconds since 1970; 0 if it is not known.
    tier_oldest_item_timestamp_seconds: Family<ByTier<T>, Gauge<f64>>,
    /// Items that a tier holds beyond what was written, moved and deleted; not 0 for long if
    /// something is lost or counted wrongly.
    tier_drift_items: Family<ByTier<T>, Gauge>,
}

impl<T: LabelValue> StoreMetrics<T> {
    /// What is not known is no number.
    fn hide(&self, tier: &ByTier<T>) {
        for gauge in [
            &self.tier_items,
            &self.tier_bytes,
            &self.tier_capacity_bytes,
            &self.tier_drift_items,
        ] {
            gauge.remove(tier);
        }
        self.tier_oldest_item_timestamp_seconds.remove(tier);
    }
}

/// What a tier holds at this moment.
///
/// # Examples
///
/// ```
/// use std::time::SystemTime;
/// use vitalsigns::families::memory::{Tier, TierState};
///
/// let hot = TierState::new(Tier::Hot, 120, 48_000)
///     .capacity(256 * 1024 * 1024)
///     .oldest(SystemTime::now());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it tells nothing by itself"]
pub struct TierState<T> {
    tier: T,
    items: u64,
    bytes: u64,
    capacity_bytes: Option<u64>,
    oldest: Option<SystemTime>,
}

impl<T> TierState<T> {
    /// A tier that holds so many items of so many bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::memory::{Tier, TierState};
    ///
    /// let cold = TierState::new(Tier::Cold, 1_000_000, 3 << 30);
    /// ```
    pub fn new(tier: T, items: u64, bytes: u64) -> Self {
        TierState {
            tier,
            items,
            bytes,
            capacity_bytes: None,
            oldest: None,
        }
    }

    /// It can hold so many bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::memory::{Tier, TierState};
    ///
    /// let hot = TierState::new(Tier::Hot, 10, 4_000).capacity(256 << 20);
    /// ```
    pub fn capacity(mut self, bytes: u64) -> Self {
        self.capacity_bytes = Some(bytes);
        self
    }

    /// Its oldest item is from then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use vitalsigns::families::memory::{Tier, TierState};
    ///
    /// let hot = TierState::new(Tier::Hot, 10, 4_000).oldest(SystemTime::now());
    /// ```
    pub fn oldest(mut self, written: SystemTime) -> Self {
        self.oldest = Some(written);
        self
    }
}

/// What each tier held when it was first read, less what had been added to it by then.
pub(super) struct Account {
    opening: Mutex<Vec<Option<i64>>>,
}

impl Account {
    pub(super) fn new(tiers: usize) -> Self {
        Account {
            opening: Mutex::new(vec![None; tiers]),
        }
    }

    pub(super) fn report<T: LabelValue>(
        &self,
        store: &StoreMetrics<T>,
        memory: &MemoryTiers<T>,
        states: Vec<TierState<T>>,
    ) {
        let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        for tier in (0..T::VALUES.len()).filter_map(Known::from_index) {
            if !states
                .iter()
                .any(|state| state.tier.index() == tier.index())
            {
                store.hide(&ByTier { tier });
            }
        }
        for state in states {
            let index = state.tier.index();
            let tier = Known::new(state.tier);
            let labels = ByTier { tier };
            store.tier_items.with(&labels).set(saturated(state.items));
            store.tier_bytes.with(&labels).set(saturated(state.bytes));
            let capacity = state.capacity_bytes.unwrap_or(0);
            store
                .tier_capacity_bytes
                .with(&labels)
                .set(saturated(capacity));
            let oldest = state
                .oldest
                .and_then(|oldest| oldest.duration_since(UNIX_EPOCH).ok());
            let oldest = oldest.unwrap_or_default();
            store
                .tier_oldest_item_timestamp_seconds
                .with(&labels)
                .set_duration(oldest);

            let (added, taken) = memory.balance(tier);
            // Two's complement: the difference is right even where the totals have wrapped.
            let known = added.wrapping_sub(taken) as i64;
            let beyond = saturated(state.items).wrapping_sub(known);
            if let Some(opening) = opening.get_mut(index) {
                let opening = *opening.get_or_insert(beyond);
                store
                    .tier_drift_items
                    .with(&labels)
                    .set(beyond.wrapping_sub(opening));
            }
        }
    }
}

fn saturated(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
