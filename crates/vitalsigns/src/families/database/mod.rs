//! A database as its client sees it: queries, rows, and the pool of connections.
//!
//! | what | starts | ends |
//! |---|---|---|
//! | a query | [`Database::query`] | its [`Query`] says how, or is dropped |
//! | a wait for a connection | [`Database::acquire`] | its [`Acquire`] says how, or is dropped |
//! | the use of a connection | [`Acquire::acquired`] | its [`Connection`] is dropped |
//! | what the pool says of itself | | [`Database::pool`], as often as it is called |
//!
//! A query does not wait for a connection: that is a wait of its own, so a slow database and a pool
//! that is too small can be told apart. The time that the service takes to read the rows counts
//! as far as the query's guard lives. What the server does besides, locks, replication and disk, is
//! for its own exporter.
//!
//! A service with several databases or pools has an enum of them, and a [`Database`] for each; a
//! service with one has `database="main"`, by [`Main`]. The documented
//! `database_connections_active{database,pool_name}` is `database_pool_connections_in_use{database}`
//! here: a pool is a database of that enum, and what is in use is told from what is idle. An alert
//! on "no active connection" would fire in every quiet night; what hurts is
//! `database_pool_waiting`, and `database_pool_acquires_total{outcome="timeout"}`.

mod call;
mod pool;
mod query;

use std::fmt;
use std::sync::Arc;

pub use call::CallLabels;
use pool::Acquired;
pub use pool::{Acquire, AcquireError, Connection, PoolState};
use query::Outcome;
pub use query::{Operation, Query, QueryError};

use super::Known;
use crate::{
    Counter, Family, Gauge, Histogram, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
};

/// The database of a service that has one.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::database::Main};
///
/// assert_eq!(Main::Main.as_label(), "main");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Main {
    /// The one that there is.
    Main,
}

#[derive(LabelSet)]
struct QueryLabels<D, O> {
    database: Known<D>,
    operation: Known<O>,
    outcome: Outcome,
}

#[derive(LabelSet)]
struct OperationLabels<D, O> {
    database: Known<D>,
    operation: Known<O>,
}

#[derive(LabelSet)]
struct ByDatabase<D> {
    database: Known<D>,
}

#[derive(LabelSet)]
struct AcquireLabels<D> {
    database: Known<D>,
    outcome: Acquired,
}

#[derive(MetricGroup)]
#[metrics(prefix = "database")]
struct DatabaseMetrics<D: LabelValue, O: LabelValue> {
    /// Queries that ended, by database, operation and outcome.
    queries_total: Family<QueryLabels<D, O>, Counter>,
    /// Time from sending a query to the end of its result.
    #[metric(buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])]
    query_duration_seconds: Family<QueryLabels<D, O>, Histogram>,
    /// Queries sent whose result has not ended.
    queries_in_flight: Family<OperationLabels<D, O>, Gauge>,
    /// Rows that queries returned or changed.
    rows_total: Family<OperationLabels<D, O>, Counter>,
    /// Waits for a connection of the pool that ended, by outcome.
    pool_acquires_total: Family<AcquireLabels<D>, Counter>,
    /// Time from asking the pool for a connection to having it, or to giving up.
    #[metric(buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])]
    pool_acquire_duration_seconds: Family<ByDatabase<D>, Histogram>,
    /// Waits for a connection of the pool that have not ended.
    pool_waiting: Family<ByDatabase<D>, Gauge>,
    /// Connections of the pool that are lent out.
    pool_connections_in_use: Family<ByDatabase<D>, Gauge>,
    /// Connections of the pool that are open, as the pool last said.
    pool_connections_open: Family<ByDatabase<D>, Gauge>,
    /// Connections of the pool that are open and lent to nobody, as the pool last said.
    pool_connections_idle: Family<ByDatabase<D>, Gauge>,
    /// Connections that the pool may open, as it last said.
    pool_connections_max: Family<ByDatabase<D>, Gauge>,
}

/// The metrics of one database and its pool.
///
/// `D` is the service's enum of databases or [`Main`], `O` its enum of operations.
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
/// use vitalsigns::families::Database;
/// use vitalsigns::families::database::{Main, Operation, QueryError};
///
/// let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
///
/// let connection = database.acquire().acquired();
/// database.query(Operation::Select).rows(42).succeed();
/// database.query(Operation::Update).fail(QueryError::Timeout);
/// drop(connection); // Back in the pool.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct Database<D: LabelValue, O: LabelValue = Operation> {
    metrics: Arc<DatabaseMetrics<D, O>>,
    database: Known<D>,
}

impl<D: LabelValue, O: LabelValue> Database<D, O> {
    /// Registers the families, and records for `database`; registering them again, for the same
    /// or another database, gives the same families.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{LabelValue, Registry, families::Database};
    ///
    /// #[derive(LabelValue)]
    /// enum Pool {
    ///     Primary,
    ///     Replica,
    /// }
    ///
    /// let registry = Registry::new();
    /// let primary = Database::<Pool>::register(&registry, Pool::Primary)?;
    /// let replica = Database::<Pool>::register(&registry, Pool::Replica)?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry, database: D) -> Result<Self, RegisterError> {
        Ok(Database {
            metrics: Arc::new(DatabaseMetrics::register(registry)?),
            database: Known::new(database),
        })
    }

    /// A query is sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Database, database::{Main, Operation}}};
    /// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
    /// database.query(Operation::Insert).rows(1).succeed();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn query(&self, operation: O) -> Query<D, O> {
        Query::send(&self.metrics, self.database, Known::new(operation))
    }

    /// The pool is asked for a connection.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Database, database::{Main, Operation}}};
    /// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
    /// let waiting = database.acquire();
    /// // … `pool.acquire().await` …
    /// let connection = waiting.acquired();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn acquire(&self) -> Acquire<D> {
        let metrics = &*self.metrics;
        Acquire::begin(
            &metrics.pool_acquires_total,
            self.by_database(&metrics.pool_acquire_duration_seconds),
            self.by_database(&metrics.pool_waiting).hold(1),
            self.by_database(&metrics.pool_connections_in_use),
            self.database,
        )
    }

    /// What the pool says of itself, in place of what it said before.
    ///
    /// The numbers are as old as the last call, so it is called every few seconds, or when a
    /// connection is opened or closed. They are shown as they are, even if they contradict each
    /// other: pools do not read them in one step.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Database, database::{Main, PoolState}}};
    /// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
    /// database.pool(PoolState { open: 8, idle: 5, max: 10 });
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn pool(&self, state: PoolState) {
        let metrics = &*self.metrics;
        for (gauge, connections) in [
            (&metrics.pool_connections_open, state.open),
            (&metrics.pool_connections_idle, state.idle),
            (&metrics.pool_connections_max, state.max),
        ] {
            self.by_database(gauge).set(i64::from(connections));
        }
    }

    fn by_database<M: crate::Metric>(&self, family: &Family<ByDatabase<D>, M>) -> M {
        let database = self.database;
        family.with(&ByDatabase { database })
    }
}

impl<D: LabelValue, O: LabelValue> Clone for Database<D, O> {
    fn clone(&self) -> Self {
        Database {
            metrics: Arc::clone(&self.metrics),
            database: self.database,
        }
    }
}

impl<D: LabelValue, O: LabelValue> fmt::Debug for Database<D, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("database", &self.database.as_label())
            .finish_non_exhaustive()
    }
}
