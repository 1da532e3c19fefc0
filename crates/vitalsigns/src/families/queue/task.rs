//! Tasks, from the line to their end.

use std::fmt;
use std::time::SystemTime;

use super::super::oldest::Place;
use super::super::{Known, unsaid};
use super::worker::Busy;
use super::{ByQueue, QueueOutcome, Shared, Worker};
use crate::clock::Stopwatch;
use crate::{GaugeGuard, LabelValue, MetricGroup, RegisterError, Registry};

/// How a task ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::queue::Outcome};
///
/// assert_eq!(Outcome::Retried.as_label(), "retried");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is done.
    Success,
    /// It could not be done.
    Failed,
    /// It could not be done now and will be enqueued again.
    Retried,
    /// It was never put into the queue, which is full or closed.
    Rejected,
    /// It was dropped, waiting or worked on.
    Cancelled,
    /// It was dropped by a panic.
    Panicked,
}

/// The metrics of the work queues of a service. `Q` is the service's enum of queues.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::WorkQueues;
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Queue {
///     Render,
///     Mail,
/// }
///
/// let queues = WorkQueues::<Queue>::register(&Registry::new())?;
/// let worker = queues.worker(Queue::Render);
///
/// let ticket = queues.enqueue(Queue::Render); // Travels with the task, through a channel say.
/// let task = ticket.take().by(&worker);
/// task.done();
///
/// let ticket = queues.enqueue(Queue::Render);
/// drop(ticket); // Nobody wants it any more: cancelled.
/// worker.stop();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct WorkQueues<Q: LabelValue> {
    metrics: Shared<Q>,
}

impl<Q: LabelValue> WorkQueues<Q> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WorkQueues};
    /// let queues = WorkQueues::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Shared::register(registry)?;
        Ok(WorkQueues { metrics })
    }

    /// A task is put into the queue.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WorkQueues};
    /// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
    /// let ticket = queues.enqueue(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn enqueue(&self, queue: Q) -> Ticket<Q> {
        let queue = Known::new(queue);
        let labels = ByQueue { queue };
        self.metrics.tasks_enqueued_total.with(&labels).inc();
        Ticket {
            waiting: Some(Waiting {
                _place: self.metrics.state().waiting[queue.index()].join(),
                _depth: self.metrics.depth.with(&labels).hold(1),
            }),
            metrics: self.metrics.clone(),
            queue,
            since: Stopwatch::start(),
        }
    }

    /// A task is not put into the queue, because that is full or closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WorkQueues};
    /// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
    /// queues.reject(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn reject(&self, queue: Q) {
        let labels = QueueOutcome {
            queue: Known::new(queue),
            outcome: Outcome::Rejected,
        };
        self.metrics.tasks_total.with(&labels).inc();
    }

    /// A task came from a broker, where it was put at that time. It counts as enqueued and taken at
    /// once. A time ahead of the clock here counts in `queue_tasks_from_future_total` and is no
    /// wait; one that is far too old is observed, beyond the last bound.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// # use vitalsigns::{Registry, families::WorkQueues};
    /// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
    /// let from_message = SystemTime::now() - Duration::from_secs(3);
    /// let task = queues.receive(true, from_message);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn receive(&self, queue: Q, enqueued_at: SystemTime) -> Task<Q> {
        let queue = Known::new(queue);
        let (metrics, labels) = (&self.metrics, ByQueue { queue });
        metrics.tasks_enqueued_total.with(&labels).inc();
        match SystemTime::now().duration_since(enqueued_at) {
            Ok(waited) => metrics.wait_duration_seconds.with(&labels).observe(waited),
            Err(_) => metrics.tasks_from_future_total.with(&labels).inc(),
        }
        Task::begin(metrics.clone(), queue)
    }

    /// A worker of the queue comes to life; that is its first heartbeat.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WorkQueues};
    /// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
    /// let worker = queues.worker(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn worker(&self, queue: Q) -> Worker<Q> {
        Worker::begin(&self.metrics, Known::new(queue))
    }
}

impl<Q: LabelValue> Clone for WorkQueues<Q> {
    fn clone(&self) -> Self {
        WorkQueues {
            metrics: self.metrics.clone(),
        }
    }
}

impl<Q: LabelValue> fmt::Debug for WorkQueues<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkQueues").finish_non_exhaustive()
    }
}

/// A task that waits. Dropped before it is taken, it counts as cancelled; dropped by a panic, as
/// panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::WorkQueues};
/// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
/// let ticket = queues.enqueue(true);
/// let task = ticket.take();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a task whose ticket is dropped counts as cancelled"]
pub struct Ticket<Q: LabelValue> {
    metrics: Shared<Q>,
    queue: Known<Q>,
    since: Stopwatch,
    /// `None` once it was taken.
    waiting: Option<Waiting>,
}

/// What a task that waits has of the gauges.
struct Waiting {
    _place: Place,
    _depth: GaugeGuard,
}

impl<Q: LabelValue> Ticket<Q> {
    /// The task is taken out of the queue, and is worked on from now on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WorkQueues};
    /// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
    /// queues.enqueue(true).take().done();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn take(mut self) -> Task<Q> {
        let queue = self.queue;
        let waits = self.metrics.wait_duration_seconds.with(&ByQueue { queue });
        waits.observe(self.since.elapsed());
        // Begun before the place is given back: the task is never nowhere.
        let task = Task::begin(self.metrics.clone(), queue);
        self.waiting = None;
        task
    }
}

impl<Q: LabelValue> Drop for Ticket<Q> {
    fn drop(&mut self) {
        if self.waiting.is_some() {
            let labels = QueueOutcome {
                queue: self.queue,
                outcome: unsaid(Outcome::Cancelled, Outcome::Panicked),
            };
            self.metrics.tasks_total.with(&labels).inc();
        }
    }
}

impl<Q: LabelValue> fmt::Debug for Ticket<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("queue", &self.queue.as_label())
            .field("waits", &self.since.elapsed())
            .finish_non_exhaustive()
    }
}

/// A task that is worked on. Dropped before it says how it ended, it counts as cancelled; dropped by
/// a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::WorkQueues};
/// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
/// let task = queues.enqueue(true).take();
/// task.failed();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a task that is dropped counts as cancelled"]
pub struct Task<Q: LabelValue> {
    metrics: Shared<Q>,
    queue: Known<Q>,
    started: Stopwatch,
    outcome: Option<Outcome>,
    /// Both go back after the outcome was recorded.
    _in_progress: GaugeGuard,
    busy: Option<Busy>,
}

macro_rules! ends {
    ($($(#[doc = $doc:literal])+ $verb:ident => $outcome:ident;)+) => {$(
        $(#[doc = $doc])+
        ///
        /// # Examples
        ///
        /// ```
        /// # use vitalsigns::{Registry, families::WorkQueues};
        /// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
        #[doc = concat!("queues.enqueue(true).take().", stringify!($verb), "();")]
        /// # Ok::<(), vitalsigns::RegisterError>(())
        /// ```
        pub fn $verb(mut self) {
            self.outcome = Some(Outcome::$outcome);
        }
    )+};
}

impl<Q: LabelValue> Task<Q> {
    fn begin(metrics: Shared<Q>, queue: Known<Q>) -> Self {
        let in_progress = metrics.tasks_in_progress.with(&ByQueue { queue });
        Task {
            _in_progress: in_progress.hold(1),
            metrics,
            queue,
            started: Stopwatch::start(),
            outcome: None,
            busy: None,
        }
    }

    /// The worker that works on it: it is busy until the task ends, and gave a sign of life.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WorkQueues};
    /// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
    /// let worker = queues.worker(true);
    /// let task = queues.enqueue(true).take().by(&worker);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn by(mut self, worker: &Worker<Q>) -> Self {
        worker.heartbeat();
        self.busy = Some(worker.busy());
        self
    }

    ends! {
        /// It is done.
        done => Success;
        /// It could not be done.
        failed => Failed;
        /// It could not be done now; whoever tries again enqueues it again.
        retried => Retried;
    }
}

impl<Q: LabelValue> Drop for Task<Q> {
    fn drop(&mut self) {
        let queue = self.queue;
        let outcome = self
            .outcome
            .unwrap_or_else(|| unsaid(Outcome::Cancelled, Outcome::Panicked));
        let labels = QueueOutcome { queue, outcome };
        self.metrics.tasks_total.with(&labels).inc();
        let durations = &self.metrics.processing_duration_seconds;
        let duration = durations.with(&ByQueue { queue });
        duration.observe(self.started.elapsed());
    }
}

impl<Q: LabelValue> fmt::Debug for Task<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("queue", &self.queue.as_label())
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
