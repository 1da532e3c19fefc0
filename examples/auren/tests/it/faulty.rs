//! A store that fails: as an outage, or by chance in all the ways that stores have.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use auren::memory::{Entry, Held, Item, Store, StoreError};
use tokio::time::sleep;
use visitor::random::Random;

/// When something that hangs is done all the same; nobody waits for so long.
const LATE: Duration = Duration::from_millis(300);

/// When it fails.
#[derive(Debug)]
pub(crate) struct Faults {
    /// It does nothing at all.
    pub(crate) is_down: AtomicBool,
    /// It fails by chance.
    pub(crate) is_flaky: AtomicBool,
    random: Mutex<Random>,
    /// What was asked in an earlier one is not done any more.
    epoch: AtomicU64,
}

/// What becomes of one question.
enum Fate {
    Fine,
    /// Nothing is done.
    Refused,
    /// It is done, and nobody learns of it.
    Unanswered,
    /// It is done later, and nobody learns of it.
    Late,
}

impl Faults {
    fn fate(&self) -> Fate {
        if self.is_down.load(Ordering::SeqCst) {
            return Fate::Refused;
        }
        if !self.is_flaky.load(Ordering::SeqCst) {
            return Fate::Fine;
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        match random.below(400) {
            0..3 => Fate::Refused,
            3..7 => Fate::Unanswered,
            7..9 => Fate::Late,
            _ => Fate::Fine,
        }
    }
}

/// A store that fails.
#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    store: Arc<dyn Store>,
    pub(crate) faults: Arc<Faults>,
}

fn down() -> StoreError {
    StoreError::Unavailable("on purpose".to_owned())
}

impl Faulty {
    pub(crate) fn new(store: Arc<dyn Store>, seed: u64) -> Self {
        let faults = Faults {
            is_down: AtomicBool::new(false),
            is_flaky: AtomicBool::new(false),
            random: Mutex::new(Random::new(seed)),
            epoch: AtomicU64::new(0),
        };
        Self {
            store,
            faults: Arc::new(faults),
        }
    }

    async fn fail<R: Send>(
        &self,
        work: impl Future<Output = Result<R, StoreError>> + Send,
        late: impl FnOnce(Arc<dyn Store>) -> Late + Send,
    ) -> Result<R, StoreError> {
        match self.faults.fate() {
            Fate::Fine => work.await,
            Fate::Refused => Err(down()),
            Fate::Unanswered => work.await.and(Err(down())),
            Fate::Late => {
                let (late, faults) = (late(Arc::clone(&self.store)), Arc::clone(&self.faults));
                let epoch = faults.epoch.load(Ordering::SeqCst);
                tokio::spawn(async move {
                    sleep(LATE).await;
                    if faults.epoch.load(Ordering::SeqCst) == epoch {
                        late.await;
                    }
                });
                std::future::pending().await
            }
        }
    }
}

type Late = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn never(_: Arc<dyn Store>) -> Late {
    Box::pin(async {})
}

#[async_trait]
impl Store for Faulty {
    fn name(&self) -> &'static str {
        self.store.name()
    }

    async fn take_over(&self) -> Result<Vec<Entry>, StoreError> {
        if self.faults.is_down.load(Ordering::SeqCst) {
            return Err(down());
        }
        self.faults.epoch.fetch_add(1, Ordering::SeqCst);
        self.store.take_over().await
    }

    async fn put(&self, item: &Item) -> Result<(), StoreError> {
        let late = item.clone();
        let late = |store: Arc<dyn Store>| -> Late {
            Box::pin(async move { drop(store.put(&late).await) })
        };
        self.fail(self.store.put(item), late).await
    }

    async fn get(&self, key: &str) -> Result<Option<Item>, StoreError> {
        self.fail(self.store.get(key), never).await
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let late = key.to_owned();
        let late = |store: Arc<dyn Store>| -> Late {
            Box::pin(async move { drop(store.remove(&late).await) })
        };
        self.fail(self.store.remove(key), late).await
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
        self.fail(self.store.search(text, limit), never).await
    }

    async fn held(&self) -> Result<Held, StoreError> {
        self.fail(self.store.held(), never).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.fail(self.store.ping(), never).await
    }
}
