//! The journal: a SQLite database of this service's own, beside the tiers.
//!
//! It has the events that were accepted until they are done, the names of those that came of late,
//! and a copy of what is in the hot tier. What it has said is kept survives the end of the process,
//! and of the machine where a folder was asked for.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Serialize, de::DeserializeOwned};
use tokio::task::spawn_blocking;

use crate::{
    events::{Event, Numbered},
    memory::{Item, Millis},
    stores::open_sqlite,
};

const SHAPE: &str = "
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS seen (
    name TEXT PRIMARY KEY, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TABLE IF NOT EXISTS copies (
    key TEXT PRIMARY KEY, item TEXT NOT NULL
) STRICT, WITHOUT ROWID;";

/// Why the journal did not do what it should.
#[derive(Debug)]
pub enum JournalError {
    /// What SQLite says.
    Failed(rusqlite::Error),
    /// What is written there cannot be read.
    Unreadable(serde_json::Error),
    /// The work was lost to a panic, or to the end of the runtime.
    Lost,
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "the journal failed: {error}"),
            Self::Unreadable(error) => write!(f, "the journal cannot be read: {error}"),
            Self::Lost => f.write_str("the work at the journal was lost"),
        }
    }
}

impl std::error::Error for JournalError {}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<serde_json::Error> for JournalError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// Which events are taken for ones that came before.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// For how long a name is known.
    pub length: Millis,
    /// How many names are known at the most.
    pub most: usize,
}

/// The journal.
#[derive(Debug)]
pub struct Journal {
    database: Arc<Mutex<Connection>>,
}

impl Journal {
    /// Opens or makes the journal; blocks.
    ///
    /// # Errors
    ///
    /// Where SQLite cannot use the file.
    pub fn open(path: &Path, is_kept: bool) -> Result<Self, JournalError> {
        let database = open_sqlite(path, is_kept)?;
        database.execute_batch(SHAPE)?;
        Ok(Self {
            database: Arc::new(Mutex::new(database)),
        })
    }

    async fn work<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<R, JournalError> + Send + 'static,
    ) -> Result<R, JournalError> {
        let database = Arc::clone(&self.database);
        let done = spawn_blocking(move || {
            // A transaction that a panic has left was taken back.
            work(&mut database.lock().unwrap_or_else(PoisonError::into_inner))
        });
        done.await.unwrap_or(Err(JournalError::Lost))
    }

    /// Writes down those events that did not come before, with their numbers; all or none.
    pub(crate) async fn accept(
        &self,
        events: Vec<Event>,
        now: Millis,
        window: Window,
    ) -> Result<Vec<Numbered>, JournalError> {
        self.work(move |database| {
            let transaction = database.transaction()?;
            let oldest = now.saturating_sub(window.length);
            transaction
                .prepare_cached("DELETE FROM seen WHERE at < ?1")?
                .execute([oldest])?;
            let mut accepted = Vec::new();
            for event in events {
                let is_new = transaction
                    .prepare_cached("INSERT INTO seen VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                    .execute(params![event.name(), now])?;
                if is_new == 1 {
                    transaction
                        .prepare_cached("INSERT INTO events (event) VALUES (?1)")?
                        .execute([text(&event)?])?;
                    let number = transaction.last_insert_rowid();
                    accepted.push(Numbered { number, event });
                }
            }
            // The oldest names go where there are too many.
            transaction
                .prepare_cached(
                    "DELETE FROM seen WHERE name IN (SELECT name FROM seen ORDER BY at
                        LIMIT max(0, (SELECT count(*) FROM seen) - ?1))",
                )?
                .execute([window.most])?;
            transaction.commit()?;
            Ok(accepted)
        })
        .await
    }

    /// An event is done.
    pub(crate) async fn done(&self, number: i64) -> Result<(), JournalError> {
        self.work(move |database| {
            let sql = "DELETE FROM events WHERE number = ?1";
            database.prepare_cached(sql)?.execute([number])?;
            Ok(())
        })
        .await
    }

    /// The events that are not done.
    pub(crate) async fn undone(&self) -> Result<Vec<Numbered>, JournalError> {
        self.work(|database| {
            let sql = "SELECT number, event FROM events ORDER BY number";
            let mut statement = database.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut undone = Vec::new();
            for row in rows {
                let (number, event): (i64, String) = row?;
                let event = read(&event)?;
                undone.push(Numbered { number, event });
            }
            Ok(undone)
        })
        .await
    }

    /// Keeps a copy of an item, in place of the one that is there.
    pub(crate) async fn keep(&self, item: Item) -> Result<(), JournalError> {
        self.work(move |database| {
            let sql =
                "INSERT INTO copies VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET item = ?2";
            let row = params![item.entry.key, text(&item)?];
            database.prepare_cached(sql)?.execute(row)?;
            Ok(())
        })
        .await
    }

    /// Drops the copy of an item, if there is one.
    pub(crate) async fn drop_copy(&self, key: String) -> Result<(), JournalError> {
        self.work(move |database| {
            let sql = "DELETE FROM copies WHERE key = ?1";
            database.prepare_cached(sql)?.execute([key])?;
            Ok(())
        })
        .await
    }

    /// The copy of an item.
    pub(crate) async fn copy(&self, key: String) -> Result<Option<Item>, JournalError> {
        self.work(move |database| {
            let sql = "SELECT item FROM copies WHERE key = ?1";
            let mut statement = database.prepare_cached(sql)?;
            let item = statement.query_row([key], |row| row.get::<_, String>(0));
            item.optional()?.map(|item| read(&item)).transpose()
        })
        .await
    }

    /// All copies.
    pub(crate) async fn copies(&self) -> Result<Vec<Item>, JournalError> {
        self.work(|database| {
            let mut statement = database.prepare_cached("SELECT item FROM copies")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            rows.map(|item| read(&item?)).collect()
        })
        .await
    }
}

fn text(value: &impl Serialize) -> Result<String, JournalError> {
    Ok(serde_json::to_string(value)?)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, JournalError> {
    Ok(serde_json::from_str(text)?)
}
