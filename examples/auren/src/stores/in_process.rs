//! Items in the memory of the process, for the hot tier.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::memory::{Entry, Held, Item, Store, StoreError};

/// Items in the memory of the process. What is asked is done at once, so nothing is ever in doubt.
#[derive(Debug, Default)]
pub struct InProcess {
    items: Mutex<BTreeMap<String, Item>>,
}

impl InProcess {
    fn items(&self) -> MutexGuard<'_, BTreeMap<String, Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for InProcess {
    fn name(&self) -> &'static str {
        "in-process"
    }

    async fn take_over(&self) -> Result<Vec<Entry>, StoreError> {
        Ok(self
            .items()
            .values()
            .map(|item| item.entry.clone())
            .collect())
    }

    async fn put(&self, item: &Item) -> Result<(), StoreError> {
        self.items().insert(item.entry.key.clone(), item.clone());
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Option<Item>, StoreError> {
        Ok(self.items().get(key).cloned())
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.items().remove(key);
        Ok(())
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
        let items = self.items();
        let found = items.values().filter(|item| item.entry.key.contains(text));
        Ok(found.take(limit).cloned().collect())
    }

    async fn held(&self) -> Result<Held, StoreError> {
        let items = self.items();
        Ok(Held {
            items: items.len() as u64,
            bytes: items.values().map(|item| item.entry.bytes).sum(),
            oldest: items.values().map(|item| item.entry.created).min(),
        })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
