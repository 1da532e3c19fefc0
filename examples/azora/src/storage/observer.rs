//! What the database holds, for the metrics page.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use vitalsigns::{LabelValue, families::Database};

use super::{error::StorageError, session::Session};
use crate::{
    metrics::{Plan, Pool},
    time,
};

/// What there is, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Accounts by plan; every plan is there.
    pub accounts: Vec<(Plan, i64)>,
    /// Logins that are open.
    pub logins: i64,
    /// Enrolments.
    pub enrolments: i64,
    /// Payments and refunds without an end.
    pub unsettled: i64,
    /// The size of the database.
    pub bytes: i64,
}

/// A connection of its own, so that a page does not wait for requests; it blocks.
#[derive(Debug)]
pub struct Observer {
    connection: Mutex<Connection>,
    metrics: Database<Pool>,
}

impl Observer {
    pub(super) fn new(connection: Connection, metrics: Database<Pool>) -> Self {
        Self {
            connection: Mutex::new(connection),
            metrics,
        }
    }

    /// Asks the database.
    pub fn look(&self) -> Result<Held, StorageError> {
        let connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let session = Session::new(&connection, &self.metrics);
        let counted = session.all(
            "SELECT plan, count(*) FROM users GROUP BY plan",
            [],
            |row| Ok((row.get::<_, String>(0)?, row.get(1)?)),
        )?;
        let of_plan = |plan: Plan| {
            let found = counted.iter().find(|(name, _)| name == plan.as_label());
            found.map_or(0, |(_, accounts)| *accounts)
        };
        let plans = (0..).map_while(Plan::from_index);
        session
            .one(
                "SELECT (SELECT count(*) FROM tokens WHERE expires_at > ?1),
                        (SELECT count(*) FROM enrolments),
                        (SELECT count(*) FROM payments WHERE state = 'pending')
                            + (SELECT count(*) FROM refunds WHERE state = 'pending'),
                        (SELECT page_count * page_size
                            FROM pragma_page_count(), pragma_page_size())",
                [time::now()],
                |row| {
                    Ok(Held {
                        accounts: plans.map(|plan| (plan, of_plan(plan))).collect(),
                        logins: row.get(0)?,
                        enrolments: row.get(1)?,
                        unsettled: row.get(2)?,
                        bytes: row.get(3)?,
                    })
                },
            )?
            .ok_or(StorageError::Lost)
    }
}
