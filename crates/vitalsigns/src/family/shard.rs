//! Some of the series of a family, where look-ups find them.
//!
//! A family has many of these, each behind a lock of its own, so that one that grows keeps nobody
//! waiting for long, and threads that look up different series seldom meet.

use hashbrown::HashTable;

use crate::label::{Label, LabelSet, LabelSpec, hash, packed};
use crate::metric::Metric;

/// How the labels of a family are hashed and read.
pub(super) struct Schema {
    pub(super) hasher: foldhash::fast::RandomState,
    pub(super) specs: &'static [LabelSpec],
}

/// The longest that the labels of a family can be all together, so that the place of each is a
/// `u32`; there is as much room again for series beyond that, whose text is folded.
pub(super) const MAX_KEYS: usize = u32::MAX as usize / 2;

pub(super) struct Shard<M> {
    table: HashTable<Slot<M>>,
    /// The labels of all series, packed.
    keys: String,
    /// How much of that belongs to series that are gone.
    dead: usize,
}

/// A series.
pub(super) struct Slot<M> {
    pub(super) metric: M,
    /// Where its labels begin.
    at: u32,
    pub(super) id: u32,
}

impl<M> Slot<M> {
    fn hash(&self, schema: &Schema, keys: &str) -> u64 {
        let labels = packed::unpack(schema.specs, &keys[self.at as usize..]);
        hash(&schema.hasher, labels)
    }
}

impl<M: Metric> Slot<M> {
    /// A handle; being asked for brings a removed series back.
    ///
    /// Called with the shard locked, so that a sweep either sees the handle or was before.
    pub(super) fn handle(&self) -> M {
        if self.metric.is_retired() {
            self.metric.revive();
        }
        self.metric.clone()
    }

    /// Whether it was removed, nobody holds it, and nothing was recorded since.
    ///
    /// First whether it is held, then whether it was touched: a handle that is gone can have
    /// recorded before, one that never was cannot.
    pub(super) fn is_forgotten(&self) -> bool {
        !self.metric.is_held() && self.metric.is_retired()
    }
}

impl<M: Metric> Shard<M> {
    pub(super) fn new() -> Self {
        Shard {
            table: HashTable::new(),
            keys: String::new(),
            dead: 0,
        }
    }

    #[inline]
    pub(super) fn find<Q: LabelSet>(&self, hash: u64, labels: &Q) -> Option<&Slot<M>> {
        let keys = self.keys.as_bytes();
        self.table
            .find(hash, |slot| packed::is(&keys[slot.at as usize..], labels))
    }

    /// Puts a series in that is not there.
    pub(super) fn insert(
        &mut self,
        schema: &Schema,
        hash: u64,
        labels: &[Label<'_>],
        metric: M,
        id: u32,
    ) {
        let length = packed::length(labels);
        if self.keys.capacity() - self.keys.len() < length {
            // Less than twice as much: most shards are done growing.
            self.keys.reserve_exact(length + self.keys.len() / 4);
        }
        let at = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        packed::pack(labels, &mut self.keys);
        let keys = &self.keys;
        let slot = Slot { metric, at, id };
        self.table
            .insert_unique(hash, slot, |slot| slot.hash(schema, keys));
    }

    /// Takes a series out.
    pub(super) fn take(&mut self, schema: &Schema, hash: u64, labels: &[Label<'_>], id: u32) {
        let Ok(entry) = self.table.find_entry(hash, |slot| slot.id == id) else {
            return;
        };
        entry.remove();
        self.dead += packed::length(labels);
        if self.dead > self.keys.len() / 2 {
            self.compact(schema);
        }
    }

    /// Leaves out the labels of series that are gone.
    fn compact(&mut self, schema: &Schema) {
        let mut kept = String::with_capacity(self.keys.len() - self.dead);
        for slot in &mut self.table {
            let own = &self.keys[slot.at as usize..];
            let mut labels = packed::unpack(schema.specs, own);
            labels.by_ref().for_each(drop);
            slot.at = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            kept.push_str(&own[..own.len() - labels.rest.len()]);
        }
        self.keys = kept;
        self.dead = 0;
        let (keys, room) = (&self.keys, self.table.len() * 2);
        self.table.shrink_to(room, |slot| slot.hash(schema, keys));
    }
}
