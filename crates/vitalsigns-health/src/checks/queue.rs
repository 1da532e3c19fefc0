//! Queues and consumers, as the program tells of them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::check::Check;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::state::{Cause, State};

/// How a queue stands, for [`TaskQueue`].
///
/// # Examples
///
/// See [`TaskQueue`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueStatus {
    /// Tasks that wait.
    pub depth: u64,
    /// How long the first of them has been waiting.
    pub oldest: Option<Duration>,
    /// Workers that are alive.
    pub workers: u64,
}

type Ask<T> = Arc<dyn Fn() -> Result<T, Failure> + Send + Sync>;

/// A queue of tasks: down without a worker, degraded if it is too long or its first task too old.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns_health::Failure;
/// use vitalsigns_health::checks::{QueueStatus, TaskQueue};
///
/// let ask = || Ok::<_, Failure>(QueueStatus { depth: 3, oldest: None, workers: 2 });
/// let check = TaskQueue::new(ask)
///     .most_depth(1000)
///     .oldest(Duration::from_secs(60))
///     .check("render_queue");
/// ```
#[derive(Clone)]
#[must_use = "nothing is checked before `check`"]
pub struct TaskQueue {
    ask: Ask<QueueStatus>,
    most_depth: Option<u64>,
    oldest: Option<Duration>,
}

impl TaskQueue {
    /// A queue that the closure tells of; it may block.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new<E: Into<Failure>>(
        ask: impl Fn() -> Result<QueueStatus, E> + Send + Sync + 'static,
    ) -> Self {
        TaskQueue {
            ask: Arc::new(move || ask().map_err(E::into)),
            most_depth: None,
            oldest: None,
        }
    }

    /// Degraded with more tasks than these.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn most_depth(mut self, depth: u64) -> Self {
        self.most_depth = Some(depth);
        self
    }

    /// Degraded if the first task has waited for longer.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn oldest(mut self, age: Duration) -> Self {
        self.oldest = Some(age);
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        Check::blocking(name, move || (self.ask)().map(|status| self.judge(status)))
    }

    fn judge(&self, status: QueueStatus) -> Outcome {
        let is_long = self.most_depth.is_some_and(|most| status.depth > most);
        let is_old = self.oldest.is_some_and(|most| status.oldest > Some(most));
        let outcome = match (status.workers, is_long || is_old) {
            (0, _) => Outcome::down("no worker is alive"),
            (_, true) => Outcome::because(State::Degraded, Cause::Limit),
            (_, false) => Outcome::up(),
        };
        let outcome = outcome
            .detail("depth", status.depth)
            .detail("workers", status.workers);
        match status.oldest {
            Some(oldest) => outcome.detail("oldest_seconds", oldest.as_secs_f64()),
            None => outcome,
        }
    }
}

impl fmt::Debug for TaskQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskQueue")
            .field("most_depth", &self.most_depth)
            .field("oldest", &self.oldest)
            .finish_non_exhaustive()
    }
}

/// How a consumer of a log, as Kafka's, stands, for [`Consumer`].
///
/// # Examples
///
/// See [`Consumer`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsumerStatus {
    /// When it last asked for records.
    pub last_poll: Option<Instant>,
    /// Records that are there and not consumed yet, if that is known.
    pub lag: Option<u64>,
    /// Partitions that are assigned to it, if that is known.
    pub assigned: Option<u64>,
}

/// A consumer of a log, as Kafka's: down if it has not polled for too long, or never; degraded if
/// it lags, or nothing is assigned to it.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
/// use vitalsigns_health::Failure;
/// use vitalsigns_health::checks::{Consumer, ConsumerStatus};
///
/// let ask = || {
///     Ok::<_, Failure>(ConsumerStatus {
///         last_poll: Some(Instant::now()),
///         lag: Some(12),
///         assigned: Some(4),
///     })
/// };
/// let check = Consumer::new(ask).most_lag(10_000).poll_within(Duration::from_secs(30)).check("events");
/// ```
#[derive(Clone)]
#[must_use = "nothing is checked before `check`"]
pub struct Consumer {
    ask: Ask<ConsumerStatus>,
    most_lag: Option<u64>,
    poll_within: Duration,
}

impl Consumer {
    /// A consumer that the closure tells of; it may block.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new<E: Into<Failure>>(
        ask: impl Fn() -> Result<ConsumerStatus, E> + Send + Sync + 'static,
    ) -> Self {
        Consumer {
            ask: Arc::new(move || ask().map_err(E::into)),
            most_lag: None,
            poll_within: Duration::from_secs(60),
        }
    }

    /// Degraded if it lags by more records.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn most_lag(mut self, records: u64) -> Self {
        self.most_lag = Some(records);
        self
    }

    /// Down if it has not polled for longer; a minute if nothing is said.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn poll_within(mut self, time: Duration) -> Self {
        self.poll_within = time;
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        Check::blocking(name, move || (self.ask)().map(|status| self.judge(status)))
    }

    fn judge(&self, status: ConsumerStatus) -> Outcome {
        let Some(last_poll) = status.last_poll else {
            return Outcome::down("it never polled");
        };
        let since = last_poll.elapsed();
        let lags = self.most_lag.is_some_and(|most| status.lag > Some(most));
        let outcome = match () {
            () if since > self.poll_within => Outcome::because(State::Down, Cause::Timeout),
            () if lags => Outcome::because(State::Degraded, Cause::Limit),
            () if status.assigned == Some(0) => Outcome::degraded("nothing is assigned to it"),
            () => Outcome::up(),
        };
        let outcome = outcome.detail("last_poll_seconds", since.as_millis() as f64 / 1000.0);
        let known = [("lag", status.lag), ("assigned", status.assigned)];
        known
            .into_iter()
            .fold(outcome, |outcome, (name, value)| match value {
                Some(value) => outcome.detail(name, value),
                None => outcome,
            })
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("most_lag", &self.most_lag)
            .field("poll_within", &self.poll_within)
            .finish_non_exhaustive()
    }
}
