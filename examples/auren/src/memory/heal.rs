//! Taking a tier over: what it really holds is compared with what is known, and settled.
//!
//! A store that failed may have done what it was asked, or not, or only in part; one that was
//! started anew may have forgotten everything. So nothing is concluded from the failure. Once the
//! store answers again, whatever was asked before is refused from then on, and what it holds is
//! listed:
//!
//! | the store | the books | then |
//! |---|---|---|
//! | has it | it is at home here | nothing was lost; a version that differs is the right one |
//! | has it | it is at home elsewhere | removed here; a pending move is over, or a deletion is counted |
//! | has it | nobody knows it | at the first time, it is from an earlier run: it is at home here; later, the rest of a write that failed: removed |
//! | lacks it | it is at home here | put back from the journal, or deleted as somebody wished, or lost |
//! | lacks it | it is counted here, and at home elsewhere | a pending move is over, or a deletion is counted |

use std::{collections::HashMap, time::Duration};

use tokio::time::{sleep, timeout};
use vitalsigns::{
    LabelValue,
    families::memory::{DecisionOutcome, Tier},
};

use super::{
    Memory, StoreError,
    books::{Pending, Record},
    item::{Entry, Item},
    metrics::ByTier,
    shelf::Shelf,
};

/// What is to be done about a key in a tier.
enum Finding {
    Fine,
    /// From an earlier run.
    Adopt,
    /// The other copy is older.
    Supersede(Tier),
    Remove,
    Gone,
}

impl Memory {
    /// Takes over every tier that is in doubt; gives whether all are fine now.
    pub async fn heal_all(&self) -> bool {
        for shelf in &self.shelves {
            if !shelf.is_up()
                && let Err(error) = self.heal(shelf).await
            {
                shelf.suspect(error.to_string());
            }
        }
        self.shelves.iter().all(Shelf::is_up)
    }

    /// Takes over what is in doubt, until the future is dropped.
    pub async fn keep_healthy(&self) {
        loop {
            if self.heal_all().await {
                self.wake.notified().await;
            } else {
                sleep(self.settings.heal_every).await;
            }
        }
    }

    async fn heal(&self, shelf: &Shelf) -> Result<(), StoreError> {
        let _closed = shelf.close().await;
        let tier = shelf.tier;
        let listed = shelf.take_over().await?;
        self.own.tier_takeovers_total.with(&ByTier { tier }).inc();
        let mut there: HashMap<String, Entry> = HashMap::with_capacity(listed.len());
        for entry in listed {
            self.versions.seen(entry.version);
            there.insert(entry.key.clone(), entry);
        }
        if tier == Tier::Hot {
            self.put_back(shelf, &mut there).await?;
        }
        let mut keys = self.books().keys_of(tier);
        keys.extend(there.keys().cloned());
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            self.settle(shelf, &key, there.get(&key)).await?;
        }
        shelf.trust();
        Ok(())
    }

    /// Puts items that belong into the hot tier back where it has lost them. At the first time,
    /// those of an earlier run as well.
    async fn put_back(
        &self,
        shelf: &Shelf,
        there: &mut HashMap<String, Entry>,
    ) -> Result<(), StoreError> {
        let copies = self
            .journal
            .copies()
            .await
            .map_err(StoreError::unavailable)?;
        for Item { entry, value } in copies {
            self.versions.seen(entry.version);
            let key = &entry.key;
            let belongs = match self.books().get(key) {
                Some(record) => record.home == Some(Tier::Hot) && !record.deleting,
                None => !shelf.is_known(),
            };
            if !belongs || there.contains_key(key) {
                continue;
            }
            let item = Item { entry, value };
            self.bounded(shelf.store().put(&item)).await?;
            let labels = ByTier { tier: shelf.tier };
            self.own.tier_replaced_items_total.with(&labels).inc();
            there.insert(item.entry.key.clone(), item.entry);
        }
        Ok(())
    }

    async fn bounded<T>(
        &self,
        ask: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let patience: Duration = self.settings.patience;
        timeout(patience, ask)
            .await
            .unwrap_or(Err(StoreError::TimedOut))
    }

    async fn settle(
        &self,
        shelf: &Shelf,
        key: &str,
        entry: Option<&Entry>,
    ) -> Result<(), StoreError> {
        let tier = shelf.tier;
        match self.find(shelf, key, entry) {
            Finding::Fine => self.confirm(tier, key, entry),
            Finding::Adopt => {
                if let Some(entry) = entry {
                    self.books().insert(Record::new(entry.clone(), tier));
                }
            }
            Finding::Supersede(older) => {
                let mut books = self.books();
                if let (Some(record), Some(entry)) = (books.get_mut(key), entry) {
                    record.entry = entry.clone();
                    record.home = Some(tier);
                    record.count(tier, true);
                }
                drop(books);
                self.shelf(older)
                    .suspect("it has an older version of an item");
            }
            Finding::Remove => {
                self.bounded(shelf.store().remove(key)).await?;
                self.gone(tier, key);
            }
            Finding::Gone => self.gone(tier, key),
        }
        Ok(())
    }

    fn find(&self, shelf: &Shelf, key: &str, entry: Option<&Entry>) -> Finding {
        let books = self.books();
        match (books.get(key), entry) {
            (None, Some(_)) if !shelf.is_known() => Finding::Adopt,
            (None, Some(_)) => Finding::Remove,
            (None, None) => Finding::Fine,
            (Some(_), None) => Finding::Gone,
            (Some(record), Some(entry)) => match record.home {
                Some(home) if home == shelf.tier => Finding::Fine,
                Some(home) if !shelf.is_known() && entry.version > record.entry.version => {
                    Finding::Supersede(home)
                }
                _ => Finding::Remove,
            },
        }
    }

    /// It is where it belongs.
    fn confirm(&self, tier: Tier, key: &str, entry: Option<&Entry>) {
        let mut books = self.books();
        let (Some(record), Some(entry)) = (books.get_mut(key), entry) else {
            return;
        };
        record.deleting = false;
        if record.entry.version != entry.version {
            record.entry = entry.clone();
        }
        // The item came with a move that is pending in the tier that it came from; that counts it.
        let comes = record
            .pending
            .as_ref()
            .is_some_and(|pending| pending.to == tier);
        if !comes {
            record.count(tier, true);
        }
    }

    /// It is not in this tier, or not any more.
    fn gone(&self, tier: Tier, key: &str) {
        let mut books = self.books();
        let Some(record) = books.get_mut(key) else {
            return;
        };
        let was_counted = record.is_counted(tier);
        record.count(tier, false);
        if record.home == Some(tier) {
            record.home = None;
            if record.deleting {
                record.deleting = false;
                self.metrics.delete(tier).succeed(u64::from(was_counted));
            } else {
                // Not counted as deleted: the drift is to show it.
                self.own.tier_lost_items_total.with(&ByTier { tier }).inc();
                eprintln!("auren: a tier has lost an item: {}", tier.as_label());
            }
        } else if let Some(pending) = record.pending.take_if(|pending| pending.from == tier) {
            let Pending {
                to, guard, decided, ..
            } = pending;
            if record.home == Some(to) && was_counted {
                record.count(to, true);
                guard.succeed(1);
                self.note(decided, DecisionOutcome::Applied);
            } else {
                guard.fail();
                self.note(decided, DecisionOutcome::Failed);
                self.metrics.delete(tier).succeed(u64::from(was_counted));
            }
        } else if was_counted {
            self.metrics.delete(tier).succeed(1);
        }
        books.tidy(key);
    }
}
