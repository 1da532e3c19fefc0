//! Who a token belongs to: asked of the database, remembered for a while.

use std::{
    collections::HashMap,
    mem::size_of,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use vitalsigns::{
    LabelValue,
    families::{
        Cache,
        cache::{Eviction, Size},
    },
};

use crate::{
    error::ApiError,
    metrics::{CacheName, Plan},
    storage::{Storage, StorageError},
    time::now,
    users::{Account, token::TokenHash},
};

/// How many tokens are remembered.
const MOST: usize = 10_000;
/// How long.
const FRESH: Duration = Duration::from_secs(30);
/// How old the note may get of when an account did something, in milliseconds.
const SEEN: i64 = 60_000;

/// What there is to say of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is this account's.
    Account(Account),
    /// It was some account's.
    Expired,
    /// It is nobody's, or not any more.
    Unknown,
}

#[derive(Debug, Default)]
struct Remembered {
    accounts: HashMap<TokenHash, (Account, Instant)>,
    /// How often something was forgotten: what was read before that may be out of date.
    forgotten: u64,
}

/// The open logins.
#[derive(Debug)]
pub struct Sessions {
    storage: Arc<Storage>,
    remembered: Mutex<Remembered>,
    metrics: Cache<CacheName>,
}

impl Sessions {
    /// Nothing is remembered yet.
    pub fn new(storage: Arc<Storage>, metrics: Cache<CacheName>) -> Self {
        Self {
            storage,
            remembered: Mutex::default(),
            metrics,
        }
    }

    /// Finds the account of a token.
    pub async fn find(&self, token: TokenHash) -> Result<Found, ApiError> {
        let (remembered, forgotten) = self.with(|all| {
            let found = all.accounts.get(&token);
            let fresh = found.filter(|(_, since)| since.elapsed() < FRESH);
            (fresh.map(|(account, _)| *account), all.forgotten)
        });
        let account = match remembered {
            Some(account) => {
                self.metrics.hit(CacheName::Sessions);
                account
            }
            None => {
                self.metrics.miss(CacheName::Sessions);
                let Some(account) = self.load(token).await? else {
                    return Ok(Found::Unknown);
                };
                self.remember(account, forgotten);
                account
            }
        };
        if account.expires_at <= now() {
            return Ok(Found::Expired);
        }
        self.note(account).await;
        Ok(Found::Account(account))
    }

    async fn load(&self, token: TokenHash) -> Result<Option<Account>, ApiError> {
        let load = self.metrics.load(CacheName::Sessions);
        let loaded: Result<_, StorageError> = self
            .storage
            .read(move |db| {
                let sql = "SELECT users.id, plan, expires_at, seen_at
                           FROM tokens JOIN users ON users.id = user_id WHERE hash = ?1";
                db.one(sql, [token], |row| {
                    Ok(Account {
                        id: row.get(0)?,
                        plan: Plan::from_label(&row.get::<_, String>(1)?).unwrap_or(Plan::Free),
                        expires_at: row.get(2)?,
                        seen_at: row.get(3)?,
                        token,
                    })
                })
            })
            .await;
        match loaded {
            Ok(account) => {
                load.succeed();
                Ok(account)
            }
            Err(error) => {
                load.fail();
                Err(error.into())
            }
        }
    }

    fn remember(&self, account: Account, forgotten: u64) {
        self.with(|all| {
            if all.forgotten != forgotten {
                return;
            }
            if all.accounts.len() >= MOST {
                let before = all.accounts.len();
                all.accounts.retain(|_, (_, since)| since.elapsed() < FRESH);
                let expired = before - all.accounts.len();
                self.evicted(Eviction::Expired, expired);
            }
            if all.accounts.len() >= MOST {
                self.evicted(Eviction::Capacity, all.accounts.len());
                all.accounts.clear();
            }
            all.accounts
                .insert(account.token, (account, Instant::now()));
            self.metrics.wrote(CacheName::Sessions);
        });
    }

    /// Forgets the tokens of an account: it has another plan, or one of them is over.
    pub fn forget_account(&self, id: i64) {
        self.with(|all| {
            all.forgotten += 1;
            let before = all.accounts.len();
            all.accounts.retain(|_, (account, _)| account.id != id);
            self.evicted(Eviction::Invalidated, before - all.accounts.len());
        });
    }

    /// Notes that an account does something, at most once in a while.
    async fn note(&self, account: Account) {
        let now = now();
        if now - account.seen_at < SEEN {
            return;
        }
        self.with(|all| {
            if let Some((account, _)) = all.accounts.get_mut(&account.token) {
                account.seen_at = now;
            }
        });
        let sql = "UPDATE users SET seen_at = ?2 WHERE id = ?1 AND seen_at < ?2";
        let noted: Result<usize, StorageError> = self
            .storage
            .write(move |db| db.execute(sql, (account.id, now)))
            .await;
        // It is for the count of active users only; the request goes on.
        drop(noted);
    }

    fn evicted(&self, why: Eviction, entries: usize) {
        self.metrics
            .evicted(CacheName::Sessions, why, entries as u64);
    }

    fn with<T>(&self, change: impl FnOnce(&mut Remembered) -> T) -> T {
        let mut all = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut all);
        let entries = all.accounts.len() as u64;
        let entry = size_of::<(TokenHash, (Account, Instant))>() as u64;
        let bytes = entries * entry;
        self.metrics
            .size(CacheName::Sessions, Size { entries, bytes });
        result
    }
}
