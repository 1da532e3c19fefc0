//! Moving an item: copy, verify, delete.
//!
//! From the moment that the copy is verified, the item is at home in the new tier; the move is over
//! when it is gone from the old one. Where that fails, nobody knows whether it is gone: the move is
//! *pending*, and ends when the old tier was taken over.

use vitalsigns::families::memory::{Decision, DecisionOutcome, Tier};

use super::{Memory, StoreError, books::Pending, decisions::Decided};

/// How far a move came.
enum Moved {
    /// The item is in the other tier, and only there.
    Done,
    /// It is in the other tier; whether it is gone from the old one will be known later.
    Pending,
}

impl Memory {
    /// Does what was decided, if it still can be done, and notes what became of it.
    pub(super) async fn carry_out(&self, decided: Decided) -> DecisionOutcome {
        let outcome = match decided.to {
            _ if decided.decision == Decision::Keep => Some(DecisionOutcome::Applied),
            None => Some(self.evict(&decided).await),
            Some(to) => self.relocate(&decided, to).await,
        };
        match outcome {
            Some(outcome) => {
                self.note(decided, outcome);
                outcome
            }
            // It is noted when it is known.
            None => DecisionOutcome::Applied,
        }
    }

    pub(super) fn note(&self, decided: Decided, outcome: DecisionOutcome) {
        self.metrics.decided(decided.decision, outcome);
        self.log.note(decided, outcome);
    }

    /// Whether the item is still where it was when this was decided.
    fn is_due(&self, decided: &Decided) -> bool {
        let books = self.books();
        let record = books.get(&decided.key);
        record.is_some_and(|record| record.is_settled() && record.home == Some(decided.from))
    }

    async fn evict(&self, decided: &Decided) -> DecisionOutcome {
        let _lock = self.locks.lock(&decided.key).await;
        let shelf = self.shelf(decided.from);
        let (true, Ok(_pass)) = (self.is_due(decided), shelf.enter()) else {
            return DecisionOutcome::Skipped;
        };
        let deleted = shelf.delete(&decided.key).await;
        let mut books = self.books();
        let Some(record) = books.get_mut(&decided.key) else {
            return DecisionOutcome::Skipped;
        };
        match deleted {
            Ok(()) => {
                record.home = None;
                record.count(decided.from, false);
                books.tidy(&decided.key);
                DecisionOutcome::Applied
            }
            Err(_) => {
                record.deleting = true;
                DecisionOutcome::Failed
            }
        }
    }

    async fn relocate(&self, decided: &Decided, to: Tier) -> Option<DecisionOutcome> {
        let _lock = self.locks.lock(&decided.key).await;
        let (from, into) = (self.shelf(decided.from), self.shelf(to));
        let (true, Ok(_from), Ok(_into)) = (self.is_due(decided), from.enter(), into.enter())
        else {
            return Some(DecisionOutcome::Skipped);
        };
        match self.transfer(decided, to).await {
            Ok(Moved::Done) => Some(DecisionOutcome::Applied),
            Ok(Moved::Pending) => None,
            Err(_) => Some(DecisionOutcome::Failed),
        }
    }

    async fn transfer(&self, decided: &Decided, to: Tier) -> Result<Moved, StoreError> {
        let key = &decided.key;
        let from = self.shelf(decided.from);
        let guard = self.metrics.start_move(decided.from, to, decided.reason);
        match self.copy(decided, to).await {
            Ok(()) => {}
            Err(error) => {
                guard.fail();
                if to == Tier::Hot {
                    self.drop_copy(key).await;
                }
                return Err(error);
            }
        }
        if let Some(record) = self.books().get_mut(key) {
            record.home = Some(to);
        }
        let removed = from.remove(key).await;
        let moved = {
            let mut books = self.books();
            let record = books.get_mut(key);
            match (removed, record) {
                (Ok(()), Some(record)) => {
                    record.count(decided.from, false);
                    record.count(to, true);
                    guard.succeed(1);
                    Moved::Done
                }
                (Err(_), Some(record)) => {
                    record.pending = Some(Pending {
                        from: decided.from,
                        to,
                        guard,
                        decided: decided.clone(),
                    });
                    Moved::Pending
                }
                // Only a taken-over tier forgets a record, and both are ours as yet.
                (_, None) => return Err(StoreError::Corrupt("it is not known any more".into())),
            }
        };
        if decided.from == Tier::Hot {
            self.drop_copy(key).await;
        }
        Ok(moved)
    }

    /// Copies an item, and reads the copy back.
    async fn copy(&self, decided: &Decided, to: Tier) -> Result<(), StoreError> {
        let (from, into) = (self.shelf(decided.from), self.shelf(to));
        let Some(mut item) = from.get(&decided.key).await? else {
            let why = "it does not have what it should";
            from.suspect(why);
            return Err(StoreError::Corrupt(why.to_owned()));
        };
        // What was learnt of its use since goes with it.
        if let Some(record) = self.books().get(&decided.key) {
            item.entry.used = record.entry.used;
            item.entry.uses = record.entry.uses;
        }
        self.keep_copy(to, &item).await?;
        into.put(&item).await?;
        match into.get(&decided.key).await? {
            Some(copy) if copy.is_same(&item) => Ok(()),
            _ => {
                let why = "a copy is not what was written";
                into.suspect(why);
                Err(StoreError::Corrupt(why.to_owned()))
            }
        }
    }
}
