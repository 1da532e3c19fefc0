//! Items in PostgreSQL, for the warm tier.
//!
//! A statement that changes something holds the row of the epoch while it runs, and does nothing if
//! that is not its own any more. Taking the store over changes that row: it waits for those that
//! hold it, and refuses those that come to it later.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::{Config, NoTls, Row, types::ToSql};
use vitalsigns::families::{
    Database,
    database::{AcquireError, Connection, Operation, PoolState, QueryError},
};

use crate::{
    memory::{Entry, Held, Item, Store, StoreError},
    metrics::DatabaseName,
};

/// How many connections there are at the most.
const CONNECTIONS: usize = 8;

const SHAPE: &str = "
CREATE TABLE IF NOT EXISTS auren_epoch (id INT PRIMARY KEY, epoch BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS auren_items (
    key TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    created BIGINT NOT NULL,
    used BIGINT NOT NULL,
    uses DOUBLE PRECISION NOT NULL,
    value TEXT NOT NULL
);
INSERT INTO auren_epoch VALUES (1, 0) ON CONFLICT DO NOTHING;";

const BEGIN: &str = "UPDATE auren_epoch SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch";

const LIST: &str = "SELECT key, version, bytes, created, used, uses FROM auren_items";

const PUT: &str = "
WITH held AS (SELECT 1 FROM auren_epoch WHERE id = 1 AND epoch = $1 FOR SHARE)
INSERT INTO auren_items (key, version, bytes, created, used, uses, value)
SELECT $2::TEXT, $3::BIGINT, $4::BIGINT, $5::BIGINT, $6::BIGINT, $7::DOUBLE PRECISION, $8::TEXT
FROM held
ON CONFLICT (key) DO UPDATE SET version = EXCLUDED.version, bytes = EXCLUDED.bytes,
    created = EXCLUDED.created, used = EXCLUDED.used, uses = EXCLUDED.uses, value = EXCLUDED.value
RETURNING 1";

const REMOVE: &str = "
WITH held AS (SELECT 1 FROM auren_epoch WHERE id = 1 AND epoch = $1 FOR SHARE),
    gone AS (DELETE FROM auren_items USING held WHERE key = $2)
SELECT 1 FROM held";

const GET: &str = "
SELECT key, version, bytes, created, used, uses, value
FROM auren_epoch LEFT JOIN auren_items ON key = $2 WHERE id = 1 AND epoch = $1";

const SEARCH: &str = "
SELECT key, version, bytes, created, used, uses, value FROM auren_items
WHERE strpos(key, $1) > 0 ORDER BY key LIMIT $2";

const HELD: &str =
    "SELECT count(*), coalesce(sum(bytes), 0)::BIGINT, min(created) FROM auren_items";

/// Items in PostgreSQL.
pub struct Postgres {
    pool: Pool,
    epoch: AtomicI64,
    metrics: Database<DatabaseName>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Postgres {
    /// A store at an address as `postgres://user@127.0.0.1:5432/name`; it connects when it is first
    /// asked.
    ///
    /// # Errors
    ///
    /// Where that is no address.
    pub fn new(
        url: &str,
        patience: Duration,
        metrics: Database<DatabaseName>,
    ) -> Result<Self, String> {
        let mut config: Config = url.parse().map_err(|error| format!("{error}"))?;
        config.connect_timeout(patience);
        // What nobody waits for any more ends there as well.
        config.options(format!("-c statement_timeout={}", patience.as_millis() * 2));
        let manager = ManagerConfig {
            recycling_method: RecyclingMethod::Verified,
        };
        let manager = Manager::from_config(config, NoTls, manager);
        let timeouts = Timeouts {
            wait: Some(patience),
            create: Some(patience),
            recycle: Some(patience),
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .timeouts(timeouts)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            pool,
            epoch: AtomicI64::new(-1),
            metrics,
        })
    }

    /// The connections, to be used beside this.
    pub fn pool(&self) -> Pool {
        self.pool.clone()
    }

    async fn connection(&self) -> Result<(Object, Connection), StoreError> {
        let acquire = self.metrics.acquire();
        match self.pool.get().await {
            Ok(object) => {
                let status = self.pool.status();
                let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                self.metrics.pool(PoolState {
                    open: number(status.size),
                    idle: number(status.available),
                    max: number(status.max_size),
                });
                Ok((object, acquire.acquired()))
            }
            Err(PoolError::Timeout(_)) => {
                acquire.fail(AcquireError::Timeout);
                Err(StoreError::TimedOut)
            }
            Err(error) => {
                acquire.fail(AcquireError::Error);
                Err(unavailable(&error))
            }
        }
    }

    async fn query(
        &self,
        operation: Operation,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let (client, _in_use) = self.connection().await?;
        let statement = client.prepare_cached(sql).await;
        let statement = statement.map_err(|error| said(&error))?;
        let counted = self.metrics.query(operation);
        match client.query(&statement, parameters).await {
            Ok(rows) => {
                counted.rows(rows.len() as u64).succeed();
                Ok(rows)
            }
            Err(error) => {
                counted.fail(QueryError::Error);
                Err(said(&error))
            }
        }
    }

    /// The same, of a statement that gives a row if the epoch is its own.
    async fn fenced(
        &self,
        operation: Operation,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Row, StoreError> {
        let rows = self.query(operation, sql, parameters).await?;
        let taken = || StoreError::Unavailable("it was taken over".to_owned());
        rows.into_iter().next().ok_or_else(taken)
    }
}

/// What the server says; of what the client says only the kind, for it may have the address in it.
fn said(error: &tokio_postgres::Error) -> StoreError {
    StoreError::Unavailable(match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => "the connection failed".to_owned(),
    })
}

fn unavailable(error: &PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => said(error),
        _ => StoreError::Unavailable("there is no connection".to_owned()),
    }
}

fn entry(row: &Row) -> Result<Entry, tokio_postgres::Error> {
    let number = |index: usize| -> Result<u64, tokio_postgres::Error> {
        let number: i64 = row.try_get(index)?;
        Ok(number.try_into().unwrap_or(0))
    };
    Ok(Entry {
        key: row.try_get(0)?,
        version: number(1)?,
        bytes: number(2)?,
        created: row.try_get(3)?,
        used: row.try_get(4)?,
        uses: row.try_get(5)?,
    })
}

fn item(row: &Row) -> Result<Item, StoreError> {
    let read = || -> Result<Item, tokio_postgres::Error> {
        Ok(Item {
            entry: entry(row)?,
            value: row.try_get(6)?,
        })
    };
    read().map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[async_trait]
impl Store for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    async fn take_over(&self) -> Result<Vec<Entry>, StoreError> {
        {
            let (client, _in_use) = self.connection().await?;
            let shaped = client.batch_execute(SHAPE).await;
            shaped.map_err(|error| said(&error))?;
        }
        let begun = self.fenced(Operation::Update, BEGIN, &[]).await?;
        let epoch = begun.try_get(0).map_err(|error| said(&error))?;
        self.epoch.store(epoch, Ordering::SeqCst);
        let rows = self.query(Operation::Select, LIST, &[]).await?;
        let entries: Result<_, _> = rows.iter().map(entry).collect();
        entries.map_err(|error| said(&error))
    }

    async fn put(&self, item: &Item) -> Result<(), StoreError> {
        let Item { entry, value } = item;
        let epoch = self.epoch.load(Ordering::SeqCst);
        let (version, bytes) = (number(entry.version), number(entry.bytes));
        let row: Parameters<'_> = &[
            &epoch,
            &entry.key,
            &version,
            &bytes,
            &entry.created,
            &entry.used,
            &entry.uses,
            value,
        ];
        self.fenced(Operation::Insert, PUT, row).await.map(drop)
    }

    async fn get(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        let row = self.fenced(Operation::Select, GET, &[&epoch, &key]).await?;
        let found: Option<String> = row.try_get(0).map_err(|error| said(&error))?;
        found.map(|_| item(&row)).transpose()
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        let removed = self
            .fenced(Operation::Delete, REMOVE, &[&epoch, &key])
            .await;
        removed.map(drop)
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self
            .query(Operation::Select, SEARCH, &[&text, &limit])
            .await?;
        rows.iter().map(item).collect()
    }

    async fn held(&self) -> Result<Held, StoreError> {
        let row = self.fenced(Operation::Select, HELD, &[]).await?;
        let held = || -> Result<Held, tokio_postgres::Error> {
            let (items, bytes): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            Ok(Held {
                items: items.try_into().unwrap_or(0),
                bytes: bytes.try_into().unwrap_or(0),
                oldest: row.try_get(2)?,
            })
        };
        held().map_err(|error| said(&error))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.query(Operation::Select, "SELECT 1", &[])
            .await
            .map(drop)
    }
}
