//! Workers: alive, busy, silent.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::oldest::Place;
use super::super::{Known, unsaid};
use super::{ByQueue, QueueWorkerOutcome, Shared};
use crate::{Gauge, GaugeGuard, LabelValue};

/// How a worker ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::queue::WorkerOutcome};
///
/// assert_eq!(WorkerOutcome::VALUES, ["stopped", "cancelled", "panicked"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkerOutcome {
    /// It was told to stop.
    Stopped,
    /// It was dropped.
    Cancelled,
    /// It was dropped by a panic.
    Panicked,
}

/// A worker that is alive. Dropped before it is stopped, it counts as cancelled; dropped by a panic,
/// as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::WorkQueues};
/// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
/// let worker = queues.worker(true);
/// for _ in 0..3 {
///     worker.heartbeat(); // Also while there is nothing to do.
/// }
/// worker.stop();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a worker that is dropped is not alive"]
pub struct Worker<Q: LabelValue> {
    metrics: Shared<Q>,
    queue: Known<Q>,
    has_stopped: bool,
    last_heartbeat: Mutex<Place>,
    load: Arc<Load>,
    _alive: GaugeGuard,
}

/// How many tasks a worker has; it is busy while it has any.
struct Load {
    tasks: AtomicUsize,
    busy: Gauge,
}

/// A task that a worker has.
pub(super) struct Busy {
    load: Arc<Load>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.load.tasks.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.load.busy.dec();
        }
    }
}

impl<Q: LabelValue> Worker<Q> {
    pub(super) fn begin(metrics: &Shared<Q>, queue: Known<Q>) -> Self {
        let labels = ByQueue { queue };
        Worker {
            metrics: metrics.clone(),
            queue,
            has_stopped: false,
            last_heartbeat: Mutex::new(metrics.state().heartbeats[queue.index()].join()),
            load: Arc::new(Load {
                tasks: AtomicUsize::new(0),
                busy: metrics.workers_busy.with(&labels),
            }),
            _alive: metrics.workers.with(&labels).hold(1),
        }
    }

    /// A sign of life. Taking a task is one as well: see [`Task::by`](super::Task::by). A worker
    /// that works for long on one task gives more of them in between.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WorkQueues};
    /// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
    /// # let worker = queues.worker(true);
    /// worker.heartbeat();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn heartbeat(&self) {
        let mut place = self
            .last_heartbeat
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        place.renew();
    }

    /// It was told to stop. A task that it still has goes on until it ends.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WorkQueues};
    /// # let queues = WorkQueues::<bool>::register(&Registry::new())?;
    /// queues.worker(true).stop();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn stop(mut self) {
        self.has_stopped = true;
    }

    pub(super) fn busy(&self) -> Busy {
        if self.load.tasks.fetch_add(1, Ordering::Relaxed) == 0 {
            self.load.busy.inc();
        }
        Busy {
            load: Arc::clone(&self.load),
        }
    }
}

impl<Q: LabelValue> Drop for Worker<Q> {
    fn drop(&mut self) {
        let outcome = if self.has_stopped {
            WorkerOutcome::Stopped
        } else {
            unsaid(WorkerOutcome::Cancelled, WorkerOutcome::Panicked)
        };
        let queue = self.queue;
        let labels = QueueWorkerOutcome { queue, outcome };
        self.metrics.workers_ended_total.with(&labels).inc();
    }
}

impl<Q: LabelValue> fmt::Debug for Worker<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("queue", &self.queue.as_label())
            .field("tasks", &self.load.tasks)
            .finish_non_exhaustive()
    }
}
