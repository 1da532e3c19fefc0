//! What is where, and what the metrics believe to be where.
//!
//! A record says in which tier an item is (its *home*), and for each tier whether the metrics count
//! it there. Both agree while all goes well: an item is counted at home and nowhere else. After a
//! store has failed in the middle of something they do not; such an item is *unsettled* until the
//! store was taken over again and what it really holds is known.

use std::collections::HashMap;

use vitalsigns::{
    LabelValue,
    families::memory::{Move, Tier},
};

use super::{
    decisions::Decided,
    item::{Entry, Millis},
};

/// The tiers, warmest first.
pub const TIERS: [Tier; 3] = [Tier::Hot, Tier::Warm, Tier::Cold];

/// A move whose item is where it shall be, and perhaps still where it was.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) from: Tier,
    pub(super) to: Tier,
    pub(super) guard: Move<Tier>,
    pub(super) decided: Decided,
}

/// What is known of an item.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) entry: Entry,
    pub(super) home: Option<Tier>,
    /// By the index of the tier.
    pub(super) counted: [bool; 3],
    /// Somebody wanted it gone, and the store did not say whether it is.
    pub(super) deleting: bool,
    pub(super) pending: Option<Pending>,
}

impl Record {
    pub(super) fn new(entry: Entry, home: Tier) -> Self {
        let mut counted = [false; 3];
        counted[home.index()] = true;
        Self {
            entry,
            home: Some(home),
            counted,
            deleting: false,
            pending: None,
        }
    }

    pub(super) fn is_counted(&self, tier: Tier) -> bool {
        self.counted[tier.index()]
    }

    pub(super) fn count(&mut self, tier: Tier, counted: bool) {
        self.counted[tier.index()] = counted;
    }

    pub(super) fn is_settled(&self) -> bool {
        let at_home = |tier: Tier| self.is_counted(tier) == (self.home == Some(tier));
        self.home.is_some() && !self.deleting && TIERS.into_iter().all(at_home)
    }

    fn is_over(&self) -> bool {
        self.home.is_none() && self.counted == [false; 3]
    }
}

/// An item that is where it belongs, as the policy sees it.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The item.
    pub entry: Entry,
    /// Where it is.
    pub tier: Tier,
}

/// All records.
#[derive(Debug)]
pub(super) struct Books {
    records: HashMap<String, Record>,
    /// How fast uses are forgotten: after this time, each counts half.
    half_life: Millis,
}

impl Books {
    pub(super) fn new(half_life: Millis) -> Self {
        Self {
            records: HashMap::new(),
            half_life: half_life.max(1),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn get(&self, key: &str) -> Option<&Record> {
        self.records.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Record> {
        self.records.get_mut(key)
    }

    pub(super) fn home(&self, key: &str) -> Option<Tier> {
        self.get(key)?.home
    }

    pub(super) fn insert(&mut self, record: Record) {
        self.records.insert(record.entry.key.clone(), record);
    }

    /// Forgets a record of which nothing is left.
    pub(super) fn tidy(&mut self, key: &str) {
        if self.get(key).is_some_and(Record::is_over) {
            self.records.remove(key);
        }
    }

    /// Keys that are at home in a tier, or counted there.
    pub(super) fn keys_of(&self, tier: Tier) -> Vec<String> {
        let concerned = |record: &&Record| record.home == Some(tier) || record.is_counted(tier);
        let records = self.records.values().filter(concerned);
        records.map(|record| record.entry.key.clone()).collect()
    }

    /// How many bytes are at home in a tier.
    pub(super) fn bytes(&self, tier: Tier) -> u64 {
        let at_home = self
            .records
            .values()
            .filter(|record| record.home == Some(tier));
        at_home.map(|record| record.entry.bytes).sum()
    }

    /// How many items are at home in each tier.
    pub(super) fn counts(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for home in self.records.values().filter_map(|record| record.home) {
            counts[home.index()] += 1;
        }
        counts
    }

    pub(super) fn unsettled(&self) -> usize {
        let unsettled = |record: &&Record| !record.is_settled();
        self.records.values().filter(unsettled).count()
    }

    /// All that may be moved.
    pub(super) fn placed(&self) -> Vec<Placed> {
        let settled = self.records.values().filter(|record| record.is_settled());
        let placed = settled.filter_map(|record| {
            Some(Placed {
                entry: record.entry.clone(),
                tier: record.home?,
            })
        });
        placed.collect()
    }

    /// An item was remembered or recalled.
    pub(super) fn touch(&mut self, key: &str, now: Millis) {
        let half_life = self.half_life;
        if let Some(record) = self.records.get_mut(key) {
            let entry = &mut record.entry;
            entry.uses = uses_at(entry, now, half_life) + 1.0;
            entry.used = now.max(entry.used);
        }
    }
}

/// What the uses of an item still count at a time.
pub(super) fn uses_at(entry: &Entry, now: Millis, half_life: Millis) -> f64 {
    let since = now.saturating_sub(entry.used).max(0) as f64;
    entry.uses * 0.5_f64.powf(since / half_life as f64)
}
