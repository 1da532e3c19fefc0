//! Work queues: what waits, for how long, what becomes of it, and who works.
//!
//! A task waits from [`WorkQueues::enqueue`] until its [`Ticket`] is taken, is worked on until its
//! [`Task`] says how it ended, and is over when either is dropped. A task that is to be tried again
//! ends as `retried` and is enqueued anew. A worker is alive as long as its [`Worker`] is.
//!
//! | family | labels |
//! |---|---|
//! | `queue_tasks_enqueued_total` | `queue` |
//! | `queue_tasks_total` | `queue`, `outcome` |
//! | `queue_depth`, `queue_tasks_in_progress` | `queue` |
//! | `queue_oldest_enqueued_timestamp_seconds` | `queue` |
//! | `queue_wait_duration_seconds`, `queue_processing_duration_seconds` | `queue` |
//! | `queue_tasks_from_future_total` | `queue` |
//! | `queue_workers`, `queue_workers_busy` | `queue` |
//! | `queue_workers_oldest_heartbeat_timestamp_seconds` | `queue` |
//! | `queue_workers_ended_total` | `queue`, `outcome` |
//!
//! At any time, what was enqueued is what ended (other than as `rejected`) plus what waits plus what
//! is worked on. The age of the oldest task is `time() - queue_oldest_enqueued_timestamp_seconds`,
//! and how long the quietest worker has been silent is
//! `time() - queue_workers_oldest_heartbeat_timestamp_seconds`; both are NaN, and no alert, while
//! there is none. That nobody works at all is `queue_workers == 0`.
//!
//! What waits in a broker is not seen here, only what this process put in line itself: the depth of
//! such a queue comes from the exporter of the broker. Its workers say [`WorkQueues::receive`], and
//! all but the depth and the oldest task is there.
//!
//! | the documents say | here |
//! |---|---|
//! | `celery_queue_length{queue}`, a backlog above 100 | `queue_depth > 100` |
//! | `celery_worker_load_average{worker_id}` | `queue_workers_busy / queue_workers`; the id of a worker is no label, for it is another after each start |
//! | success and failure rates, processing times of tasks | `queue_tasks_total{outcome}`, `queue_processing_duration_seconds` |

mod call;
mod task;
mod worker;

pub use call::CallLabels;
pub use task::{Outcome, Task, Ticket, WorkQueues};
pub use worker::{Worker, WorkerOutcome};

use std::marker::PhantomData;
use std::sync::Arc;

use super::Known;
use super::oldest::Oldest;
use super::stateful::{State, Stateful};
use crate::{Counter, Family, Gauge, Histogram, LabelSet, LabelValue, MetricGroup};

#[derive(LabelSet)]
struct ByQueue<Q> {
    queue: Known<Q>,
}

#[derive(LabelSet)]
struct QueueOutcome<Q> {
    queue: Known<Q>,
    outcome: Outcome,
}

#[derive(LabelSet)]
struct QueueWorkerOutcome<Q> {
    queue: Known<Q>,
    outcome: WorkerOutcome,
}

#[derive(MetricGroup)]
#[metrics(prefix = "queue")]
struct QueueMetrics<Q: LabelValue> {
    /// Tasks that were put into the queue.
    tasks_enqueued_total: Family<ByQueue<Q>, Counter>,
    /// Tasks that ended, by queue and outcome.
    tasks_total: Family<QueueOutcome<Q>, Counter>,
    /// Tasks that wait for a worker.
    depth: Family<ByQueue<Q>, Gauge>,
    /// When the task that waits for longest was put into the queue; NaN if none waits.
    oldest_enqueued_timestamp_seconds: Family<ByQueue<Q>, Gauge<f64>>,
    /// Time that tasks waited until a worker took them.
    #[metric(buckets = [0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 21600])]
    wait_duration_seconds: Family<ByQueue<Q>, Histogram>,
    /// Tasks that were put into the queue at a time ahead of this clock, so that they have no wait.
    tasks_from_future_total: Family<ByQueue<Q>, Counter>,
    /// Tasks that are worked on.
    tasks_in_progress: Family<ByQueue<Q>, Gauge>,
    /// Time from taking a task to its end, whatever its outcome.
    #[metric(buckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600])]
    processing_duration_seconds: Family<ByQueue<Q>, Histogram>,
    /// Workers that are alive.
    workers: Family<ByQueue<Q>, Gauge>,
    /// Workers that have a task.
    workers_busy: Family<ByQueue<Q>, Gauge>,
    /// When the worker that is silent for longest gave its last sign of life; NaN if there is none.
    workers_oldest_heartbeat_timestamp_seconds: Family<ByQueue<Q>, Gauge<f64>>,
    /// Workers that ended, by outcome.
    workers_ended_total: Family<QueueWorkerOutcome<Q>, Counter>,
}

/// The lines of each queue, by the index of its label.
struct Lines {
    waiting: Box<[Arc<Oldest>]>,
    heartbeats: Box<[Arc<Oldest>]>,
}

type Shared<Q> = Stateful<QueueMetrics<Q>, Lines>;

impl<Q: LabelValue> State<QueueMetrics<Q>> for Lines {
    fn of(metrics: &QueueMetrics<Q>) -> Self {
        let lines = |family: &Family<ByQueue<Q>, Gauge<f64>>| {
            let of = PhantomData;
            (0..Q::VALUES.len())
                .map(|index| {
                    let queue = Known { index, of };
                    Oldest::new(family.with(&ByQueue { queue }))
                })
                .collect()
        };
        Lines {
            waiting: lines(&metrics.oldest_enqueued_timestamp_seconds),
            heartbeats: lines(&metrics.workers_oldest_heartbeat_timestamp_seconds),
        }
    }
}
