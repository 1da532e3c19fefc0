//! The memory: hot, warm and cold, and what goes from one to another.
//!
//! An item has one home. Whoever remembers something keeps it in the hot tier, or in the next one
//! that can keep it; whoever recalls something asks the tiers from hot to cold. A policy moves what
//! is used often up and what is not used down.
//!
//! Stores fail in the middle of things, and then nobody knows what they have done. No item is lost
//! and none is counted twice all the same: see `heal` for how.

mod books;
mod curator;
mod decisions;
mod heal;
mod item;
mod locks;
mod metrics;
mod moves;
mod policy;
mod shelf;
mod store;

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use vitalsigns::{
    LabelValue, MetricGroup, RegisterError, Registry,
    families::{MemoryTiers, memory::Tier},
};

pub use books::{Placed, TIERS};
pub use decisions::{Decided, DecisionLog};
pub use item::{Entry, Item, Millis, millis, now, system_time};
pub use policy::Policy;
pub use store::{Held, Store, StoreError};

use crate::journal::Journal;
use books::{Books, Record};
use item::Versions;
use locks::Locks;
use metrics::OwnMetrics;
use shelf::Shelf;

/// How many decisions are remembered for people.
const DECISIONS: usize = 500;
/// How often somebody asks again for an item that moves while it is asked for.
const CHASES: usize = 8;

/// Why the memory did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryError {
    /// There is no such item.
    Unknown,
    /// The item may be in tiers that cannot be asked now; with what is wrong with them.
    Unreachable(String),
    /// No tier can keep it now; with what is wrong with each.
    NoPlace(String),
    /// There are as many items as there may be.
    Full,
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such item"),
            Self::Unreachable(why) => write!(f, "the item cannot be reached now: {why}"),
            Self::NoPlace(why) => write!(f, "no tier can keep the item now: {why}"),
            Self::Full => f.write_str("the memory is full"),
        }
    }
}

impl std::error::Error for MemoryError {}

/// What was remembered, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The tier that keeps it.
    pub tier: Tier,
    /// Whether there was no such item before.
    pub is_new: bool,
}

/// What was found, and what could not be asked.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The items with their tiers, in the order of their keys.
    pub items: Vec<(Tier, Item)>,
    /// The tiers that could not be asked, and why.
    pub unasked: Vec<(Tier, String)>,
}

/// The stores of the tiers.
#[derive(Clone, Debug)]
pub struct Stores {
    /// For what is used now.
    pub hot: Arc<dyn Store>,
    /// For what may be used again.
    pub warm: Arc<dyn Store>,
    /// For what is kept.
    pub cold: Arc<dyn Store>,
}

/// What can be set about a memory.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What belongs where.
    pub policy: Policy,
    /// How long a store may take for an answer.
    pub patience: Duration,
    /// How many items there may be.
    pub most_items: usize,
    /// How often the policy is asked.
    pub curate_every: Duration,
    /// How often a store that is in doubt is tried again.
    pub heal_every: Duration,
}

/// The tiered memory.
#[derive(Debug)]
pub struct Memory {
    shelves: [Shelf; 3],
    books: Mutex<Books>,
    locks: Locks,
    versions: Versions,
    journal: Arc<Journal>,
    log: DecisionLog,
    metrics: MemoryTiers,
    own: OwnMetrics,
    settings: Settings,
    tasks: TaskTracker,
    wake: Arc<Notify>,
}

impl Memory {
    /// Makes a memory of these stores, which it reads with [`heal`](Self::heal_all) or
    /// [`curate`](Self::curate).
    pub fn new(
        stores: Stores,
        journal: Arc<Journal>,
        settings: Settings,
        registry: &Registry,
    ) -> Result<Arc<Self>, RegisterError> {
        let metrics = MemoryTiers::register(registry)?;
        let wake = Arc::new(Notify::new());
        let shelf = |tier, store| Shelf::new(tier, store, &metrics, settings.patience, &wake);
        let memory = Arc::new(Self {
            shelves: [
                shelf(Tier::Hot, stores.hot),
                shelf(Tier::Warm, stores.warm),
                shelf(Tier::Cold, stores.cold),
            ],
            books: Mutex::new(Books::new(millis(settings.policy.half_life))),
            locks: Locks::default(),
            versions: Versions::default(),
            journal,
            log: DecisionLog::new(DECISIONS),
            own: OwnMetrics::register(registry)?,
            metrics,
            settings,
            tasks: TaskTracker::new(),
            wake,
        });
        metrics::observe(registry, &memory)?;
        Ok(memory)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shelf(&self, tier: Tier) -> &Shelf {
        &self.shelves[tier.index()]
    }

    /// The store of a tier.
    pub fn store(&self, tier: Tier) -> &Arc<dyn Store> {
        self.shelf(tier).store()
    }

    /// The last decisions.
    pub fn decisions(&self) -> &DecisionLog {
        &self.log
    }

    /// Why a tier is not used now; nothing while it is.
    pub fn trouble(&self, tier: Tier) -> Option<String> {
        self.shelf(tier).trouble()
    }

    /// Items of which it is not known where they are, because a store failed.
    pub fn unsettled(&self) -> usize {
        self.books().unsettled()
    }

    /// How many items there are.
    pub fn items(&self) -> usize {
        self.books().len()
    }

    /// How many items are at home in each tier, warmest first.
    pub fn placed(&self) -> [usize; 3] {
        self.books().counts()
    }

    /// Runs work that is seen to its end, whether or not somebody still waits for it.
    async fn see_to_its_end<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = Result<T, MemoryError>> + Send + 'static,
    ) -> Result<T, MemoryError> {
        let lost = |_| MemoryError::Unreachable("the work was lost".to_owned());
        self.tasks
            .spawn(work)
            .await
            .unwrap_or_else(|error| Err(lost(error)))
    }

    /// Waits until nothing is under way.
    pub async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Remembers the text of a JSON value under a key, in place of what is there.
    pub async fn remember(
        self: &Arc<Self>,
        key: String,
        value: String,
    ) -> Result<Remembered, MemoryError> {
        let memory = Arc::clone(self);
        let work = async move { memory.do_remember(key, value).await };
        self.see_to_its_end(work).await
    }

    async fn do_remember(&self, key: String, value: String) -> Result<Remembered, MemoryError> {
        let _lock = self.locks.lock(&key).await;
        let now = now();
        let (home, created, uses) = {
            let books = self.books();
            let record = books.get(&key).filter(|record| record.home.is_some());
            if record.is_none() && books.len() >= self.settings.most_items {
                return Err(MemoryError::Full);
            }
            let kept = record.map(|record| (record.entry.created, record.entry.uses));
            let (created, uses) = kept.unwrap_or((now, 0.0));
            (record.and_then(|record| record.home), created, uses)
        };
        let entry = Entry {
            version: self.versions.next(),
            bytes: (key.len() + value.len()) as u64,
            key,
            created,
            used: now,
            uses: uses + 1.0,
        };
        let item = Item { entry, value };
        let mut troubles = Vec::new();
        if let Some(tier) = home {
            match self.change(tier, &item).await {
                Ok(()) => {
                    return Ok(Remembered {
                        tier,
                        is_new: false,
                    });
                }
                Err(error) => troubles.push((tier, error)),
            }
        }
        for tier in TIERS.into_iter().filter(|tier| Some(*tier) != home) {
            match self.add(tier, &item, home).await {
                Ok(()) => {
                    let is_new = home.is_none();
                    return Ok(Remembered { tier, is_new });
                }
                Err(error) => troubles.push((tier, error)),
            }
        }
        Err(MemoryError::NoPlace(said(&troubles)))
    }

    /// Changes an item at its home.
    async fn change(&self, tier: Tier, item: &Item) -> Result<(), StoreError> {
        let shelf = self.shelf(tier);
        let _pass = shelf.enter()?;
        self.keep_copy(tier, item).await?;
        shelf.update(item).await?;
        let mut books = self.books();
        if let Some(record) = books.get_mut(&item.entry.key) {
            let uses = record.entry.uses;
            record.entry = item.entry.clone();
            record.entry.uses = uses;
        }
        books.touch(&item.entry.key, item.entry.used);
        Ok(())
    }

    /// Puts an item into a tier that it is not in. The home that it had, if any, has failed; what it
    /// holds is removed there once it is back.
    async fn add(&self, tier: Tier, item: &Item, home: Option<Tier>) -> Result<(), StoreError> {
        let key = &item.entry.key;
        let shelf = self.shelf(tier);
        let pass = shelf.enter()?;
        let room = self.settings.policy.capacity_of(tier);
        if self.books().bytes(tier) + item.entry.bytes > room {
            return Err(StoreError::Unavailable("it is full".to_owned()));
        }
        self.keep_copy(tier, item).await?;
        shelf.write(item).await?;
        {
            let mut books = self.books();
            match books.get_mut(key) {
                Some(record) => {
                    record.entry = item.entry.clone();
                    record.home = Some(tier);
                    record.deleting = false;
                    record.count(tier, true);
                }
                None => books.insert(Record::new(item.entry.clone(), tier)),
            }
        }
        drop(pass);
        if tier != Tier::Hot {
            self.drop_copy(key).await;
        }
        if let Some(home) = home {
            self.shelf(home)
                .suspect("it has an item that is elsewhere now");
        }
        Ok(())
    }

    /// What is hot is in the journal as well, because a store that forgets all when it ends is a good
    /// one for this tier.
    async fn keep_copy(&self, tier: Tier, item: &Item) -> Result<(), StoreError> {
        if tier != Tier::Hot {
            return Ok(());
        }
        let kept = self.journal.keep(item.clone()).await;
        kept.map_err(StoreError::unavailable)
    }

    /// A copy that stays behind does no harm: the item is known to be elsewhere, in this version or a
    /// later one.
    async fn drop_copy(&self, key: &str) {
        if let Err(error) = self.journal.drop_copy(key.to_owned()).await {
            eprintln!("auren: an old copy stays in the journal: {error}");
        }
    }

    /// Recalls an item.
    pub async fn recall(&self, key: &str) -> Result<(Tier, Item), MemoryError> {
        for _ in 0..CHASES {
            let mut troubles = Vec::new();
            for shelf in &self.shelves {
                let answer = match shelf.enter() {
                    Ok(_pass) => shelf.read(key).await,
                    Err(error) => Err(error),
                };
                match answer {
                    Ok(Some(item)) => {
                        self.books().touch(key, now());
                        return Ok((shelf.tier, item));
                    }
                    Ok(None) => {}
                    Err(error) => troubles.push((shelf.tier, error)),
                }
            }
            let home = self.books().home(key);
            let is_missed = |(tier, _): &(Tier, _)| home.is_none_or(|home| home == *tier);
            let unread = |(tier, _): &(Tier, _)| !self.shelf(*tier).is_known();
            match home {
                None if !troubles.iter().any(unread) => return Err(MemoryError::Unknown),
                Some(Tier::Hot) if troubles.iter().any(is_missed) => {
                    if let Ok(Some(item)) = self.journal.copy(key.to_owned()).await {
                        self.books().touch(key, now());
                        return Ok((Tier::Hot, item));
                    }
                    return Err(MemoryError::Unreachable(said(&troubles)));
                }
                _ if troubles.iter().any(is_missed) => {
                    return Err(MemoryError::Unreachable(said(&troubles)));
                }
                // It has moved from a tier that was not asked yet to one that was.
                _ => tokio::task::yield_now().await,
            }
        }
        let why = "a tier does not have what it should";
        if let Some(home) = self.books().home(key) {
            self.shelf(home).suspect(why);
        }
        Err(MemoryError::Unreachable(why.to_owned()))
    }

    /// Forgets an item.
    pub async fn forget(self: &Arc<Self>, key: String) -> Result<Tier, MemoryError> {
        let memory = Arc::clone(self);
        let work = async move { memory.do_forget(&key).await };
        self.see_to_its_end(work).await
    }

    async fn do_forget(&self, key: &str) -> Result<Tier, MemoryError> {
        let _lock = self.locks.lock(key).await;
        let tier = {
            let books = self.books();
            match books
                .get(key)
                .map(|record| (record.home, record.is_settled()))
            {
                Some((Some(home), true)) => home,
                None if self.shelves.iter().all(Shelf::is_known) => {
                    return Err(MemoryError::Unknown);
                }
                Some((None, _)) => return Err(MemoryError::Unknown),
                _ => return Err(MemoryError::Unreachable(self.troubles())),
            }
        };
        let shelf = self.shelf(tier);
        let unreachable = |error| MemoryError::Unreachable(said(&[(tier, error)]));
        let _pass = shelf.enter().map_err(unreachable)?;
        // What was forgotten must not come back with the next start.
        let dropped = self.journal.drop_copy(key.to_owned()).await;
        dropped.map_err(|error| unreachable(StoreError::unavailable(error)))?;
        let deleted = shelf.delete(key).await;
        let mut books = self.books();
        let Some(record) = books.get_mut(key) else {
            return Ok(tier);
        };
        match deleted {
            Ok(()) => {
                record.home = None;
                record.count(tier, false);
                books.tidy(key);
                Ok(tier)
            }
            Err(error) => {
                record.deleting = true;
                Err(unreachable(error))
            }
        }
    }

    /// Searches all tiers by a part of the key.
    pub async fn search(&self, text: &str, limit: usize) -> Found {
        let mut found = Found::default();
        for shelf in &self.shelves {
            let answer = match shelf.enter() {
                Ok(_pass) => shelf.search(text, limit).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(items) => {
                    let items = items.into_iter().map(|item| (shelf.tier, item));
                    found.items.extend(items);
                }
                Err(error) => found.unasked.push((shelf.tier, error.to_string())),
            }
        }
        // What moves meanwhile may be seen twice.
        found
            .items
            .sort_by(|(_, one), (_, other)| one.entry.key.cmp(&other.entry.key));
        found
            .items
            .dedup_by(|(_, one), (_, other)| one.entry.key == other.entry.key);
        found.items.truncate(limit);
        found
    }

    fn troubles(&self) -> String {
        let shelves = self.shelves.iter();
        let troubles: Vec<_> = shelves
            .filter_map(|shelf| Some((shelf.tier, StoreError::Unavailable(shelf.trouble()?))))
            .collect();
        match troubles.as_slice() {
            [] => "it is not settled where it is".to_owned(),
            troubles => said(troubles),
        }
    }
}

fn said(troubles: &[(Tier, StoreError)]) -> String {
    let said: Vec<_> = troubles
        .iter()
        .map(|(tier, error)| format!("{}: {error}", tier.as_label()))
        .collect();
    said.join("; ")
}
