//! The shape of the database, step by step.

use rusqlite::{Connection, TransactionBehavior};

/// Each is run once, in this order; one that was released is never changed.
const STEPS: [&str; 3] = [
    include_str!("migrations/1-accounts.sql"),
    include_str!("migrations/2-payments.sql"),
    include_str!("migrations/3-lessons.sql"),
];

/// Why a database could not be brought up to date.
#[derive(Debug)]
pub(super) enum MigrateError {
    /// A newer program has written it.
    TooNew,
    /// What SQLite says.
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for MigrateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

/// Runs the steps that a database lacks; each is there as a whole or not at all.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), MigrateError> {
    let done: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = usize::try_from(done).map_err(|_| MigrateError::TooNew)?;
    if done > STEPS.len() {
        return Err(MigrateError::TooNew);
    }
    for (index, step) in STEPS.iter().enumerate().skip(done) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_any_age_gets_to_the_same_shape() {
        let shape = |connection: &Connection| -> Vec<String> {
            let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let mut new = Connection::open_in_memory().unwrap();
        migrate(&mut new).unwrap();
        for age in 0..=STEPS.len() {
            let mut old = Connection::open_in_memory().unwrap();
            for step in &STEPS[..age] {
                old.execute_batch(step).unwrap();
            }
            old.pragma_update(None, "user_version", age as i64).unwrap();
            migrate(&mut old).unwrap();
            assert_eq!(shape(&old), shape(&new), "from step {age}");
        }
    }

    #[test]
    fn a_database_of_a_newer_program_is_left_alone() {
        for version in [-1, 99] {
            let mut database = Connection::open_in_memory().unwrap();
            database
                .pragma_update(None, "user_version", version)
                .unwrap();
            assert!(matches!(migrate(&mut database), Err(MigrateError::TooNew)));
        }
    }
}
