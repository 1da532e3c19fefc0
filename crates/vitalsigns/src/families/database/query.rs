//! Queries.

use std::fmt;
use std::sync::Arc;

use super::super::{Known, unsaid};
use super::{DatabaseMetrics, OperationLabels, QueryLabels};
use crate::clock::Stopwatch;
use crate::{GaugeGuard, LabelValue};

/// What a query does, for services that have no operations of their own.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::database::Operation};
///
/// assert_eq!(Operation::Select.as_label(), "select");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Reads rows.
    Select,
    /// Adds rows.
    Insert,
    /// Changes rows.
    Update,
    /// Removes rows.
    Delete,
    /// Opens a transaction.
    Begin,
    /// Keeps what a transaction did.
    Commit,
    /// Takes back what a transaction did.
    Rollback,
    /// Anything else.
    Other,
}

impl Operation {
    /// The operation of a statement, by its first word in whatever case.
    ///
    /// What begins with another word is [`Other`](Operation::Other): `WITH`, a comment, a procedure.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::database::Operation;
    ///
    /// assert_eq!(Operation::of("select * from orders"), Operation::Select);
    /// assert_eq!(Operation::of("\n  COMMIT;"), Operation::Commit);
    /// assert_eq!(Operation::of("VACUUM"), Operation::Other);
    /// ```
    pub fn of(statement: &str) -> Self {
        let statement = statement.trim_start();
        let end = statement
            .find(|char: char| !char.is_ascii_alphanumeric() && char != '_')
            .unwrap_or(statement.len());
        let word = &statement[..end];
        let words = [
            ("select", Operation::Select),
            ("insert", Operation::Insert),
            ("update", Operation::Update),
            ("delete", Operation::Delete),
            ("begin", Operation::Begin),
            ("commit", Operation::Commit),
            ("rollback", Operation::Rollback),
        ];
        words
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(word))
            .map_or(Operation::Other, |(_, operation)| operation)
    }
}

/// Why a query failed.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::database::QueryError};
///
/// assert_eq!(QueryError::VALUES, ["error", "timeout"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryError {
    /// The database refused it, or the connection broke.
    Error,
    /// It took longer than it may.
    Timeout,
}

/// How a query ended.
#[derive(LabelValue, Clone, Copy)]
pub(super) enum Outcome {
    Success,
    Error,
    Timeout,
    Cancelled,
    Panicked,
}

/// One query on its way. Dropped before it says how it ended, it counts as cancelled; dropped by a
/// panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{Database, database::{Main, Operation}}};
/// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
/// let query = database.query(Operation::of("SELECT 1"));
/// drop(query); // Nobody waits for the result any more.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a query that is dropped counts as cancelled"]
pub struct Query<D: LabelValue, O: LabelValue = Operation> {
    metrics: Arc<DatabaseMetrics<D, O>>,
    database: Known<D>,
    operation: Known<O>,
    started: Stopwatch,
    /// `None` once the end was recorded.
    in_flight: Option<GaugeGuard>,
}

impl<D: LabelValue, O: LabelValue> Query<D, O> {
    pub(super) fn send(
        metrics: &Arc<DatabaseMetrics<D, O>>,
        database: Known<D>,
        operation: Known<O>,
    ) -> Self {
        let labels = OperationLabels {
            database,
            operation,
        };
        Query {
            metrics: Arc::clone(metrics),
            database,
            operation,
            started: Stopwatch::start(),
            in_flight: Some(metrics.queries_in_flight.with(&labels).hold(1)),
        }
    }

    /// Rows were returned or changed. They count at once and however the query ends, so rows that
    /// are streamed are counted as they come.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Database, database::{Main, Operation, QueryError}}};
    /// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
    /// let query = database.query(Operation::Select).rows(1000).rows(1000);
    /// query.fail(QueryError::Error); // 2000 rows had come before it failed.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn rows(self, rows: u64) -> Self {
        let labels = OperationLabels {
            database: self.database,
            operation: self.operation,
        };
        self.metrics.rows_total.with(&labels).add(rows);
        self
    }

    /// The result has come to its end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Database, database::{Main, Operation}}};
    /// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
    /// database.query(Operation::Commit).succeed();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn succeed(mut self) {
        self.end(Outcome::Success);
    }

    /// There is no result, or not all of it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Database, database::{Main, Operation, QueryError}}};
    /// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
    /// database.query(Operation::Insert).fail(QueryError::Error);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self, why: QueryError) {
        self.end(match why {
            QueryError::Error => Outcome::Error,
            QueryError::Timeout => Outcome::Timeout,
        });
    }

    fn end(&mut self, outcome: Outcome) {
        // Given back last, so that who sees none in flight sees all of them counted.
        let Some(_in_flight) = self.in_flight.take() else {
            return;
        };
        let labels = QueryLabels {
            database: self.database,
            operation: self.operation,
            outcome,
        };
        self.metrics.queries_total.with(&labels).inc();
        let duration = self.metrics.query_duration_seconds.with(&labels);
        duration.observe(self.started.elapsed());
    }
}

impl<D: LabelValue, O: LabelValue> Drop for Query<D, O> {
    fn drop(&mut self) {
        self.end(unsaid(Outcome::Cancelled, Outcome::Panicked));
    }
}

impl<D: LabelValue, O: LabelValue> fmt::Debug for Query<D, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("operation", &self.operation.as_label())
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
