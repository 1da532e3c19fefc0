//! A tier: a store that is asked for a limited time, and not at all while it is in doubt.
//!
//! One failure is enough for doubt, because it leaves open what the store has done. From then on
//! everybody is refused at once, so that an outage makes nobody wait, until the store was taken
//! over again.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock},
    time::timeout,
};
use vitalsigns::{
    families::{MemoryTiers, memory::Tier},
    instrument_metrics,
};

use super::{
    item::{Entry, Item},
    store::{Held, Store, StoreError},
};

/// How long a store may take to list all that it has; nobody waits for it.
const LISTING: Duration = Duration::from_secs(10);

/// Leave to use a tier; as long as one is held, the tier is not taken over.
#[derive(Debug)]
pub(super) struct Pass(#[expect(dead_code, reason = "held, not read")] OwnedRwLockReadGuard<()>);

#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) tier: Tier,
    store: Arc<dyn Store>,
    metrics: MemoryTiers,
    patience: Duration,
    gate: Arc<RwLock<()>>,
    /// Why it is not used; nothing while it is.
    doubt: Mutex<Option<String>>,
    /// Whether it was ever taken over.
    known: AtomicBool,
    wake: Arc<Notify>,
}

impl Shelf {
    pub(super) fn new(
        tier: Tier,
        store: Arc<dyn Store>,
        metrics: &MemoryTiers,
        patience: Duration,
        wake: &Arc<Notify>,
    ) -> Self {
        Self {
            tier,
            store,
            metrics: metrics.clone(),
            patience,
            gate: Arc::default(),
            doubt: Mutex::new(Some("it was not read yet".to_owned())),
            known: AtomicBool::new(false),
            wake: Arc::clone(wake),
        }
    }

    pub(super) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    fn doubt(&self) -> MutexGuard<'_, Option<String>> {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it is not used; nothing while it is.
    pub(super) fn trouble(&self) -> Option<String> {
        self.doubt().clone()
    }

    pub(super) fn is_up(&self) -> bool {
        self.doubt().is_none()
    }

    /// Whether what it holds was ever read.
    pub(super) fn is_known(&self) -> bool {
        self.known.load(Ordering::Acquire)
    }

    /// Nobody knows for certain what it holds.
    pub(super) fn suspect(&self, why: impl Into<String>) {
        *self.doubt() = Some(why.into());
        self.wake.notify_one();
    }

    pub(super) fn trust(&self) {
        self.known.store(true, Ordering::Release);
        *self.doubt() = None;
    }

    /// Leave to use it, unless it is in doubt.
    pub(super) fn enter(&self) -> Result<Pass, StoreError> {
        if let Some(why) = self.trouble() {
            return Err(StoreError::Unavailable(why));
        }
        let pass = Arc::clone(&self.gate).try_read_owned();
        let busy = |_| StoreError::Unavailable("it is being taken over".to_owned());
        pass.map(Pass).map_err(busy)
    }

    /// Waits for all who have leave to use it, and keeps others out.
    pub(super) async fn close(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.gate).write_owned().await
    }

    async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let answer = timeout(self.patience, question).await;
        let answer = answer.unwrap_or(Err(StoreError::TimedOut));
        if let Err(error) = &answer {
            self.suspect(error.to_string());
        }
        answer
    }

    /// Asks for an item, as somebody who wants to know it.
    #[instrument_metrics(on = self.metrics.reads(), tier = self.tier)]
    pub(super) async fn read(&self, key: &str) -> Result<Option<Item>, StoreError> {
        self.get(key).await
    }

    /// Puts an item there that is nowhere else.
    #[instrument_metrics(on = self.metrics.writes(), tier = self.tier, ok = |()| 1)]
    pub(super) async fn write(&self, item: &Item) -> Result<(), StoreError> {
        self.put(item).await
    }

    /// Changes an item that is there.
    #[instrument_metrics(on = self.metrics.updates(), tier = self.tier, ok = |()| 1)]
    pub(super) async fn update(&self, item: &Item) -> Result<(), StoreError> {
        self.put(item).await
    }

    /// Removes an item that is there.
    #[instrument_metrics(on = self.metrics.deletions(), tier = self.tier, ok = |()| 1)]
    pub(super) async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.remove(key).await
    }

    /// Searches by a part of the key.
    #[instrument_metrics(on = self.metrics.searches(), tier = self.tier)]
    pub(super) async fn search(&self, text: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
        self.ask(self.store.search(text, limit)).await
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Item>, StoreError> {
        self.ask(self.store.get(key)).await
    }

    pub(super) async fn put(&self, item: &Item) -> Result<(), StoreError> {
        self.ask(self.store.put(item)).await
    }

    pub(super) async fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.ask(self.store.remove(key)).await
    }

    pub(super) async fn take_over(&self) -> Result<Vec<Entry>, StoreError> {
        let answer = timeout(LISTING, self.store.take_over()).await;
        answer.unwrap_or(Err(StoreError::TimedOut))
    }

    pub(super) async fn held(&self) -> Result<Held, StoreError> {
        self.ask(self.store.held()).await
    }
}
