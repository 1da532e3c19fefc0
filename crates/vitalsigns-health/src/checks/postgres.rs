//! PostgreSQL, through the program's own pool.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use deadpool_postgres::{Client, Object, Pool, PoolError, Status, TimeoutType};
use tokio::runtime::Handle;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;

use super::by_share;
use crate::check::Check;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// How long to wait for a connection when all of them are taken.
const WAIT: Duration = Duration::from_millis(200);

/// How many connections the server has, and what it is. No table is read.
const QUERY: &str = "SELECT (SELECT sum(numbackends) FROM pg_stat_database)::bigint, \
                     current_setting('max_connections')::bigint, pg_is_in_recovery()";

/// PostgreSQL: a query through the program's own pool, so that what is checked is what is used, and
/// no probe makes a connection of its own.
///
/// | found | state |
/// |---|---|
/// | an answer | up |
/// | all connections of the pool are taken, for 200 ms | degraded, `exhausted`: taking a busy instance away makes the others busier |
/// | most connections of the server are taken (90 %) | degraded, `limit` |
/// | no connection, no answer, an error | down, for its cause |
///
/// A connection that did not answer in time is not given back to the pool, which makes another. Give
/// the check more time than a new connection takes: one that is being made ends with the run.
///
/// Details: connections that are used and the most there may be, of the server and of the pool.
///
/// # Examples
///
/// ```no_run
/// use deadpool_postgres::{Manager, Pool, Runtime};
/// use tokio_postgres::NoTls;
/// use vitalsigns_health::checks::Postgres;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let config = "postgres://app:secret@db.internal/shop".parse()?;
/// let pool = Pool::builder(Manager::new(config, NoTls)).max_size(16).build()?;
/// let check = Postgres::new(pool).check("postgres").critical();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked before `check`"]
pub struct Postgres {
    pool: Pool,
    most_used: f64,
    runtime: Option<Handle>,
}

impl Postgres {
    /// Through this pool. Made within a tokio runtime, it uses the pool on that one, where the
    /// pool's connections live: see [`Check::on`].
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(pool: Pool) -> Self {
        Postgres {
            pool,
            most_used: 0.9,
            runtime: Handle::try_current().ok(),
        }
    }

    /// The share of the server's connections at which it is degraded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn check(pool: deadpool_postgres::Pool) {
    /// # use vitalsigns_health::checks::Postgres;
    /// let check = Postgres::new(pool).most_used(0.8).check("postgres");
    /// # }
    /// ```
    pub fn most_used(mut self, share: f64) -> Self {
        self.most_used = share;
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let Postgres {
            pool,
            most_used,
            runtime,
        } = self;
        let check = Check::new(name, move || {
            let pool = pool.clone();
            async move { ask(&pool, most_used).await }
        });
        let check = check.component("datastore");
        match runtime {
            Some(runtime) => check.on(runtime),
            None => check,
        }
    }
}

async fn ask(pool: &Pool, most_used: f64) -> Result<Outcome, Failure> {
    let mut client = pin!(pool.get());
    let client = match tokio::time::timeout(WAIT, &mut client).await {
        Ok(client) => client?,
        Err(_) if all_taken(pool.status()) => {
            let outcome = Outcome::because(State::Degraded, Cause::Exhausted);
            return Ok(with_pool(outcome, pool));
        }
        // A connection is being made.
        Err(_) => client.await?,
    };
    let mut client = Borrowed(Some(client));
    let rows = client.query().await?;
    let row = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let number = |index| row?.try_get(index).ok()??.parse::<u32>().ok();
    let (Some(used), Some(most)) = (number(0), number(1)) else {
        return Err(Failure::new(Cause::Protocol));
    };
    let is_replica = row.and_then(|row| row.try_get(2).ok()?) == Some("t");
    let share = f64::from(used) / f64::from(most.max(1));
    let outcome = by_share(share, most_used, f64::INFINITY)
        .detail("connections_used", used)
        .detail("connections_max", most)
        .detail("role", if is_replica { "replica" } else { "primary" });
    Ok(with_pool(outcome, pool))
}

/// A connection of the pool. One that did not answer does not go back: nobody knows whether there
/// is a server at its other end any more, and the pool would hand it to the next.
struct Borrowed(Option<Client>);

impl Borrowed {
    async fn query(&mut self) -> Result<Vec<SimpleQueryMessage>, Failure> {
        let Some(client) = &self.0 else {
            return Err(Failure::new(Cause::Unreachable));
        };
        let rows = client.simple_query(QUERY).await?;
        // Back to the pool.
        self.0 = None;
        Ok(rows)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

fn all_taken(status: Status) -> bool {
    status.size >= status.max_size && status.available == 0
}

fn with_pool(outcome: Outcome, pool: &Pool) -> Outcome {
    let status = pool.status();
    outcome
        .detail("pool_used", status.size.saturating_sub(status.available))
        .detail("pool_max", status.max_size)
        .detail("pool_waiting", status.waiting)
}

/// The cause of an error of the driver or of the pool.
pub(crate) fn known(error: &(dyn Error + 'static)) -> Option<Cause> {
    if let Some(error) = error.downcast_ref::<PoolError>() {
        return match error {
            PoolError::Timeout(TimeoutType::Wait) => Some(Cause::Exhausted),
            PoolError::Timeout(_) => Some(Cause::Timeout),
            PoolError::Closed => Some(Cause::Draining),
            // It has a source that says more.
            _ => None,
        };
    }
    let error = error.downcast_ref::<tokio_postgres::Error>()?;
    if let Some(state) = error.code() {
        return Some(of_state(state));
    }
    if error.source().is_none() {
        return Some(match error.is_closed() {
            true => Cause::Unreachable,
            false => Cause::Protocol,
        });
    }
    None
}

fn of_state(state: &SqlState) -> Cause {
    match state.code() {
        "53300" => Cause::Exhausted,
        "57014" => Cause::Timeout,
        "25006" => Cause::ReadOnly,
        code => match &code[..2.min(code.len())] {
            "28" | "42" => Cause::Auth,
            "53" => Cause::Exhausted,
            "57" => Cause::Unavailable,
            "08" => Cause::Unreachable,
            "3D" => Cause::Missing,
            _ => Cause::Error,
        },
    }
}
