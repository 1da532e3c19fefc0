//! The pool of connections.

use std::fmt;

use super::super::{Known, unsaid};
use super::AcquireLabels;
use crate::clock::Stopwatch;
use crate::{Counter, Family, Gauge, GaugeGuard, Histogram, LabelValue};

/// Why the pool gave no connection.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::database::AcquireError};
///
/// assert_eq!(AcquireError::VALUES, ["timeout", "error"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcquireError {
    /// None became free in time.
    Timeout,
    /// A new one could not be opened, or the pool is closed.
    Error,
}

/// How a wait for a connection ended.
#[derive(LabelValue, Clone, Copy)]
pub(super) enum Acquired {
    Success,
    Timeout,
    Error,
    Cancelled,
    Panicked,
}

/// What a pool says of itself.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::database::PoolState;
///
/// let state = PoolState { open: 8, idle: 5, max: 10 };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolState {
    /// Connections that are open, lent out or not.
    pub open: u32,
    /// Connections that are open and lent to nobody.
    pub idle: u32,
    /// Connections that the pool may open.
    pub max: u32,
}

/// One wait for a connection. Dropped before it says how it ended, it counts as cancelled; dropped
/// by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{Database, database::{AcquireError, Main}}};
/// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
/// let waiting = database.acquire();
/// waiting.fail(AcquireError::Timeout); // All connections were lent out for too long.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a wait that is dropped counts as cancelled"]
pub struct Acquire<D: LabelValue> {
    acquires: Family<AcquireLabels<D>, Counter>,
    duration: Histogram,
    in_use: Gauge,
    database: Known<D>,
    started: Stopwatch,
    /// `None` once the end was recorded.
    waiting: Option<GaugeGuard>,
}

impl<D: LabelValue> Acquire<D> {
    pub(super) fn begin(
        acquires: &Family<AcquireLabels<D>, Counter>,
        duration: Histogram,
        waiting: GaugeGuard,
        in_use: Gauge,
        database: Known<D>,
    ) -> Self {
        Acquire {
            acquires: acquires.clone(),
            duration,
            in_use,
            database,
            started: Stopwatch::start(),
            waiting: Some(waiting),
        }
    }

    /// The connection is there. It is in use until what this returns is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Database, database::Main}};
    /// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
    /// let connection = database.acquire().acquired();
    /// drop(connection);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn acquired(mut self) -> Connection {
        // In use before the wait is over: whoever has asked is in one of the two.
        let connection = Connection {
            _in_use: self.in_use.hold(1),
        };
        self.end(Acquired::Success);
        connection
    }

    /// There is no connection.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Database, database::{AcquireError, Main}}};
    /// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
    /// database.acquire().fail(AcquireError::Error);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self, why: AcquireError) {
        self.end(match why {
            AcquireError::Timeout => Acquired::Timeout,
            AcquireError::Error => Acquired::Error,
        });
    }

    fn end(&mut self, outcome: Acquired) {
        // Given back last, so that who sees nobody waiting sees all of them counted.
        let Some(_waiting) = self.waiting.take() else {
            return;
        };
        let database = self.database;
        self.acquires
            .with(&AcquireLabels { database, outcome })
            .inc();
        self.duration.observe(self.started.elapsed());
    }
}

impl<D: LabelValue> Drop for Acquire<D> {
    fn drop(&mut self) {
        self.end(unsaid(Acquired::Cancelled, Acquired::Panicked));
    }
}

impl<D: LabelValue> fmt::Debug for Acquire<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire")
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}

/// One connection in use; dropped with the connection itself, in whatever way.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{Database, database::Main}};
/// # let database = Database::<Main>::register(&Registry::new(), Main::Main)?;
/// let connection = database.acquire().acquired();
/// // … queries …
/// drop(connection);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Debug)]
#[must_use = "the connection is in use as long as this lives"]
pub struct Connection {
    _in_use: GaugeGuard,
}
