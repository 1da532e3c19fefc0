//! What the demo has come to, as the database has it.

use std::fmt;

use crate::storage::{Storage, StorageError};

/// How much there is of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Accounts.
    pub users: i64,
    /// Payments that were authorised.
    pub authorised: i64,
    /// Payments that were declined.
    pub declined: i64,
    /// Payments that failed.
    pub failed: i64,
    /// Refunds that were made.
    pub refunds: i64,
    /// Payments that a bank took back.
    pub chargebacks: i64,
    /// Enrolments.
    pub enrolments: i64,
    /// Lessons that were completed.
    pub lessons: i64,
}

impl Totals {
    /// Counts.
    pub async fn count(storage: &Storage) -> Result<Self, StorageError> {
        let sql = "SELECT (SELECT count(*) FROM users),
                          (SELECT count(*) FROM payments WHERE state = 'authorised'),
                          (SELECT count(*) FROM payments WHERE state = 'declined'),
                          (SELECT count(*) FROM payments WHERE state = 'failed'),
                          (SELECT count(*) FROM refunds WHERE state = 'refunded'),
                          (SELECT count(*) FROM payments WHERE chargeback IS NOT NULL),
                          (SELECT count(*) FROM enrolments),
                          (SELECT count(*) FROM completions)";
        let totals = storage.read(move |db| {
            db.one(sql, [], |row| {
                Ok(Self {
                    users: row.get(0)?,
                    authorised: row.get(1)?,
                    declined: row.get(2)?,
                    failed: row.get(3)?,
                    refunds: row.get(4)?,
                    chargebacks: row.get(5)?,
                    enrolments: row.get(6)?,
                    lessons: row.get(7)?,
                })
            })
        });
        Ok(totals.await?.unwrap_or_default())
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "users: {}; payments: {} authorised, {} declined, {} failed, {} refunds, {} \
             chargebacks; enrolments: {}; lessons: {}",
            self.users,
            self.authorised,
            self.declined,
            self.failed,
            self.refunds,
            self.chargebacks,
            self.enrolments,
            self.lessons,
        )
    }
}
