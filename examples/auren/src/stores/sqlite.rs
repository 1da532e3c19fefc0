//! Items in SQLite, for the warm tier.

use std::path::Path;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};
use vitalsigns::families::{
    Database,
    database::{Operation, QueryError},
};

use super::epoch::Epochs;
use crate::{
    memory::{Entry, Held, Item, Store, StoreError},
    metrics::DatabaseName,
};

const SHAPE: &str = "CREATE TABLE IF NOT EXISTS items (
    key TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    created INTEGER NOT NULL,
    used INTEGER NOT NULL,
    uses REAL NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID";

/// Items in a SQLite database.
#[derive(Debug)]
pub struct Sqlite {
    database: Epochs<Connection>,
    metrics: Database<DatabaseName>,
}

impl Sqlite {
    /// Opens or makes the database; blocks. What is not to be kept waits for no disk.
    ///
    /// # Errors
    ///
    /// Where SQLite cannot use the file.
    pub fn open(
        path: &Path,
        is_kept: bool,
        metrics: Database<DatabaseName>,
    ) -> rusqlite::Result<Self> {
        let database = open(path, is_kept)?;
        database.execute_batch(SHAPE)?;
        Ok(Self {
            database: Epochs::new(database),
            metrics,
        })
    }

    async fn query<R: Send + 'static>(
        &self,
        operation: Operation,
        query: impl FnOnce(&mut Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        let metrics = self.metrics.clone();
        self.database
            .work(move |database| run(&metrics, operation, || query(database)))
            .await
    }
}

/// Opens a database of this service.
pub(crate) fn open(path: &Path, is_kept: bool) -> rusqlite::Result<Connection> {
    let database = Connection::open(path)?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = if is_kept { "FULL" } else { "OFF" };
    database.pragma_update(None, "synchronous", synchronous)?;
    Ok(database)
}

/// Runs and counts a query.
fn run<R>(
    metrics: &Database<DatabaseName>,
    operation: Operation,
    query: impl FnOnce() -> rusqlite::Result<R>,
) -> Result<R, StoreError> {
    let counted = metrics.query(operation);
    match query() {
        Ok(answer) => {
            counted.succeed();
            Ok(answer)
        }
        Err(error) => {
            counted.fail(QueryError::Error);
            Err(StoreError::unavailable(error))
        }
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        key: row.get(0)?,
        version: row.get(1)?,
        bytes: row.get(2)?,
        created: row.get(3)?,
        used: row.get(4)?,
        uses: row.get(5)?,
    })
}

fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        entry: entry(row)?,
        value: row.get(6)?,
    })
}

#[async_trait]
impl Store for Sqlite {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    async fn take_over(&self) -> Result<Vec<Entry>, StoreError> {
        let metrics = self.metrics.clone();
        let list = move |database: &mut Connection| {
            run(&metrics, Operation::Select, || {
                let sql = "SELECT key, version, bytes, created, used, uses FROM items";
                let mut statement = database.prepare_cached(sql)?;
                let rows = statement.query_map([], entry)?;
                rows.collect()
            })
        };
        self.database.begin(list).await
    }

    async fn put(&self, item: &Item) -> Result<(), StoreError> {
        let Item { entry, value } = item.clone();
        self.query(Operation::Insert, move |database| {
            let sql = "INSERT INTO items VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                ON CONFLICT (key) DO UPDATE SET version = ?2, bytes = ?3, created = ?4, used = ?5,
                    uses = ?6, value = ?7";
            let row = params![
                entry.key,
                entry.version,
                entry.bytes,
                entry.created,
                entry.used,
                entry.uses,
                value
            ];
            database.prepare_cached(sql)?.execute(row).map(drop)
        })
        .await
    }

    async fn get(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let key = key.to_owned();
        self.query(Operation::Select, move |database| {
            let sql = "SELECT * FROM items WHERE key = ?1";
            let mut statement = database.prepare_cached(sql)?;
            statement.query_row([key], item).optional()
        })
        .await
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.query(Operation::Delete, move |database| {
            let mut statement = database.prepare_cached("DELETE FROM items WHERE key = ?1")?;
            statement.execute([key]).map(drop)
        })
        .await
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
        let text = text.to_owned();
        self.query(Operation::Select, move |database| {
            let sql = "SELECT * FROM items WHERE instr(key, ?1) > 0 ORDER BY key LIMIT ?2";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map(params![text, limit], item)?;
            rows.collect()
        })
        .await
    }

    async fn held(&self) -> Result<Held, StoreError> {
        self.query(Operation::Select, |database| {
            let sql = "SELECT count(*), coalesce(sum(bytes), 0), min(created) FROM items";
            database.prepare_cached(sql)?.query_row([], |row| {
                Ok(Held {
                    items: row.get(0)?,
                    bytes: row.get(1)?,
                    oldest: row.get(2)?,
                })
            })
        })
        .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let one = |database: &mut Connection| database.query_row("SELECT 1", [], |_| Ok(()));
        self.query(Operation::Select, one).await
    }
}
