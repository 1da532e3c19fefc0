//! A connection whose statements are measured.

use rusqlite::{Connection, OptionalExtension, Params, Row};
use vitalsigns::families::{Database, database::Operation};

use super::error::StorageError;
use crate::metrics::Pool;

/// A connection for one piece of work.
#[derive(Debug)]
pub struct Session<'a> {
    connection: &'a Connection,
    metrics: &'a Database<Pool>,
}

impl<'a> Session<'a> {
    pub(super) fn new(connection: &'a Connection, metrics: &'a Database<Pool>) -> Self {
        Self {
            connection,
            metrics,
        }
    }

    /// Runs a statement that gives no rows, and says how many it changed.
    pub fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StorageError> {
        self.measured(sql, || {
            let changed = self.connection.execute(sql, params)?;
            Ok((changed, changed))
        })
    }

    /// Runs a statement that begins or ends a transaction: it has no rows of its own.
    pub(super) fn control(&self, sql: &str) -> Result<(), StorageError> {
        self.measured(sql, || {
            self.connection.execute(sql, [])?;
            Ok(((), 0))
        })
    }

    /// The first row, if there is one.
    pub fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StorageError> {
        self.measured(sql, || {
            let row = self.connection.query_row(sql, params, read).optional()?;
            let rows = usize::from(row.is_some());
            Ok((row, rows))
        })
    }

    /// The number in the first column of the only row.
    pub fn number(&self, sql: &str, params: impl Params) -> Result<i64, StorageError> {
        let number = self.one(sql, params, |row| row.get(0))?;
        number.ok_or(StorageError::Failed(rusqlite::Error::QueryReturnedNoRows))
    }

    /// All rows.
    pub fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StorageError> {
        self.measured(sql, || {
            let mut statement = self.connection.prepare(sql)?;
            let rows = statement.query_map(params, read)?;
            let rows: Vec<T> = rows.collect::<Result<_, _>>()?;
            let count = rows.len();
            Ok((rows, count))
        })
    }

    /// Takes back what was done since `BEGIN`, if anything is left to take back.
    pub(super) fn rollback(&self) {
        if !self.connection.is_autocommit() {
            // What fails here fails again at the next `BEGIN`, whose error somebody gets.
            let _ = self.control("ROLLBACK");
        }
    }

    fn measured<T>(
        &self,
        sql: &str,
        run: impl FnOnce() -> rusqlite::Result<(T, usize)>,
    ) -> Result<T, StorageError> {
        let query = self.metrics.query(Operation::of(sql));
        match run() {
            Ok((value, rows)) => {
                query.rows(rows as u64).succeed();
                Ok(value)
            }
            Err(error) => {
                let error = StorageError::from(error);
                query.fail(error.kind());
                Err(error)
            }
        }
    }
}
