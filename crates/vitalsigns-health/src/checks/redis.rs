//! Redis, through a connection of the program.

use std::error::Error;

use redis::aio::ConnectionLike;
use redis::{ErrorKind, RedisError};
use tokio::runtime::Handle;

use super::by_share;
use crate::check::Check;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// Redis: `PING`, memory and role, over a connection of the program, as `ConnectionManager` or
/// `MultiplexedConnection`. Nothing is written.
///
/// | found | state |
/// |---|---|
/// | an answer | up |
/// | memory near `maxmemory` (90 %) | degraded, `limit` |
/// | a replica, where it [must be writable](Self::must_be_writable) | down, `read_only` |
/// | no connection, no answer, an error | down, for its cause |
///
/// # Examples
///
/// ```no_run
/// use redis::aio::ConnectionManager;
/// use vitalsigns_health::checks::Redis;
///
/// # async fn run() -> redis::RedisResult<()> {
/// let client = redis::Client::open("redis://:secret@cache.internal/")?;
/// let connection = ConnectionManager::new(client).await?;
/// let check = Redis::new(connection).must_be_writable().check("redis").critical();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is checked before `check`"]
pub struct Redis<C> {
    connection: C,
    most_used: f64,
    must_be_writable: bool,
    runtime: Option<Handle>,
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Redis<C> {
    /// Over this connection, which is cloned for each run. Made within a tokio runtime, it uses the
    /// connection on that one: see [`Check::on`].
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(connection: C) -> Self {
        Redis {
            connection,
            most_used: 0.9,
            must_be_writable: false,
            runtime: Handle::try_current().ok(),
        }
    }

    /// The share of `maxmemory` at which it is degraded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn check(connection: redis::aio::ConnectionManager) {
    /// # use vitalsigns_health::checks::Redis;
    /// let check = Redis::new(connection).most_used(0.8).check("redis");
    /// # }
    /// ```
    pub fn most_used(mut self, share: f64) -> Self {
        self.most_used = share;
        self
    }

    /// A replica will not do: the program writes.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn must_be_writable(mut self) -> Self {
        self.must_be_writable = true;
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let Redis {
            connection,
            most_used,
            must_be_writable,
            runtime,
        } = self;
        let check = Check::new(name, move || {
            let connection = connection.clone();
            async move { ask(connection, most_used, must_be_writable).await }
        });
        let check = check.component("datastore");
        match runtime {
            Some(runtime) => check.on(runtime),
            None => check,
        }
    }
}

impl<C> std::fmt::Debug for Redis<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis")
            .field("most_used", &self.most_used)
            .field("must_be_writable", &self.must_be_writable)
            .finish_non_exhaustive()
    }
}

async fn ask(
    mut connection: impl ConnectionLike,
    most_used: f64,
    must_be_writable: bool,
) -> Result<Outcome, Failure> {
    let mut pipe = redis::pipe();
    pipe.cmd("PING");
    pipe.cmd("INFO").arg("memory");
    pipe.cmd("INFO").arg("replication");
    let (pong, memory, replication): (String, String, String) =
        pipe.query_async(&mut connection).await?;
    let field = |text: &'_ str, name: &str| -> Option<String> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.strip_prefix(':')?.trim().to_owned())
    };
    let number = |name| field(&memory, name)?.parse::<u64>().ok();
    let (Some(used), Some(most), Some(role)) = (
        number("used_memory"),
        number("maxmemory"),
        field(&replication, "role"),
    ) else {
        return Err(Failure::new(Cause::Protocol));
    };
    if pong != "PONG" {
        return Err(Failure::new(Cause::Protocol));
    }
    let is_primary = role == "master";
    let outcome = match most {
        _ if must_be_writable && !is_primary => Outcome::because(State::Down, Cause::ReadOnly),
        // There is no limit.
        0 => Outcome::up(),
        most => by_share(used as f64 / most as f64, most_used, f64::INFINITY),
    };
    Ok(outcome
        .detail("used_bytes", used)
        .detail("max_bytes", most)
        .detail("role", if is_primary { "primary" } else { "replica" }))
}

/// The cause of an error of the driver.
pub(crate) fn known(error: &(dyn Error + 'static)) -> Option<Cause> {
    let error = error.downcast_ref::<RedisError>()?;
    let by_code = match error.code() {
        Some("NOAUTH" | "WRONGPASS" | "NOPERM") => Some(Cause::Auth),
        Some("LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "BUSY" | "TRYAGAIN") => {
            Some(Cause::Unavailable)
        }
        Some("READONLY") => Some(Cause::ReadOnly),
        Some("OOM") => Some(Cause::Limit),
        _ => None,
    };
    if by_code.is_some() {
        return by_code;
    }
    if error.is_timeout() {
        return Some(Cause::Timeout);
    }
    if error.is_connection_refusal() {
        return Some(Cause::Refused);
    }
    match error.kind() {
        ErrorKind::AuthenticationFailed => return Some(Cause::Auth),
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => return Some(Cause::Protocol),
        _ => {}
    }
    if error.is_connection_dropped() {
        return Some(Cause::Unreachable);
    }
    // "ERR max number of clients reached" is all that there is to know it by.
    if error.to_string().contains("max number of clients") {
        return Some(Cause::Exhausted);
    }
    // It may have a source that says more.
    None
}
