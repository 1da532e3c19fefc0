//! The values that an open label has in a family, and how many series have each.

use std::hash::BuildHasher;

use hashbrown::HashTable;

use crate::label::packed;

/// Without an allocation for each value: there can be as many as there are series.
pub(super) struct Values {
    hasher: foldhash::fast::RandomState,
    table: HashTable<Value>,
    /// The values, one after the other.
    texts: String,
    /// How many bytes of them belong to values that no series has any more.
    dead: usize,
}

struct Value {
    /// Where it begins. All labels of a family together are shorter than that has room for.
    at: u32,
    series: u32,
}

impl Value {
    fn text<'a>(&self, texts: &'a str) -> &'a str {
        let packed = &texts[self.at as usize..];
        let (length, text) = packed::number(packed.as_bytes());
        let begin = packed.len() - text.len();
        &packed[begin..begin + length]
    }
}

impl Values {
    pub(super) fn new() -> Self {
        Values {
            hasher: foldhash::fast::RandomState::default(),
            table: HashTable::new(),
            texts: String::new(),
            dead: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        let is = |value: &Value| value.text(&self.texts) == text;
        self.table.find(self.hash(text), is).is_some()
    }

    /// One more series has this value.
    pub(super) fn add(&mut self, text: &str) {
        let hash = self.hash(text);
        let is = |value: &Value| value.text(&self.texts) == text;
        if let Some(value) = self.table.find_mut(hash, is) {
            value.series += 1;
            return;
        }
        let length = packed_length(text);
        if self.texts.capacity() - self.texts.len() < length {
            // Less than twice as much: most labels are done growing.
            self.texts.reserve_exact(length + self.texts.len() / 4);
        }
        let at = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        packed::push_number(text.len(), &mut self.texts);
        self.texts.push_str(text);
        let (hasher, texts) = (&self.hasher, &self.texts);
        let rehash = |value: &Value| hasher.hash_one(value.text(texts));
        let value = Value { at, series: 1 };
        self.table.insert_unique(hash, value, rehash);
    }

    /// One series less has this value.
    pub(super) fn remove(&mut self, text: &str) {
        let hash = self.hash(text);
        let is = |value: &Value| value.text(&self.texts) == text;
        let Ok(mut entry) = self.table.find_entry(hash, is) else {
            return;
        };
        if entry.get().series > 1 {
            entry.get_mut().series -= 1;
            return;
        }
        entry.remove();
        self.dead += packed_length(text);
        if self.dead > self.texts.len() / 2 {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let mut kept = String::with_capacity(self.texts.len() - self.dead);
        for value in &mut self.table {
            let text = value.text(&self.texts);
            value.at = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            packed::push_number(text.len(), &mut kept);
            kept.push_str(text);
        }
        self.texts = kept;
        self.dead = 0;
        let (hasher, texts, room) = (&self.hasher, &self.texts, self.table.len() * 2);
        let rehash = |value: &Value| hasher.hash_one(value.text(texts));
        self.table.shrink_to(room, rehash);
    }

    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }
}

fn packed_length(text: &str) -> usize {
    packed::length(&[crate::label::Label::Open(text)])
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::Values;

    proptest! {
        #[test]
        fn values_come_and_go_with_their_series(
            steps in prop::collection::vec((any::<bool>(), 0..12_usize), 0..300),
        ) {
            let texts: Vec<String> = (0..12).map(|n| "ä".repeat(n * n)).collect();
            let mut values = Values::new();
            let mut known: HashMap<&str, usize> = HashMap::new();
            for (adds, index) in steps {
                let text = texts[index].as_str();
                if adds {
                    values.add(text);
                    *known.entry(text).or_default() += 1;
                } else {
                    values.remove(text);
                    if let Some(count) = known.get_mut(text) {
                        *count -= 1;
                    }
                    known.retain(|_, count| *count > 0);
                }
                prop_assert_eq!(values.len(), known.len());
                for text in &texts {
                    prop_assert_eq!(values.contains(text), known.contains_key(text.as_str()));
                }
            }
        }
    }
}
