//! A tokio runtime: how many tasks, how long the line, how busy the workers.
//!
//! Everything is read from the runtime at each scrape, by what tokio gives without unstable
//! options. Workers are added up: a runtime is one thing to the person on call, and the share of
//! time that its workers are busy is
//! `rate(tokio_workers_busy_seconds_total[5m]) / tokio_workers`. Time that a task spends blocking a
//! worker counts as busy and is not told apart; nor are tasks on the blocking pool seen.

use ::tokio::runtime::Handle;

use crate::{Counter, Gauge, MetricGroup, RegisterError, Registry};

#[derive(MetricGroup)]
#[metrics(prefix = "tokio", namespace = false)]
struct RuntimeGroup {
    /// Worker threads of the runtime.
    workers: Gauge,
    /// Tasks that were spawned and have not ended.
    alive_tasks: Gauge,
    /// Tasks that are ready and wait in the queue that all workers share.
    global_queue_depth: Gauge,
    /// Time that the workers were busy, added up.
    workers_busy_seconds_total: Counter<f64>,
    /// Times that a worker went to sleep for want of work, added up.
    workers_parked_total: Counter,
}

/// The metrics of a tokio runtime.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Format, Registry, families::tokio::TokioRuntime};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let registry = Registry::new();
/// TokioRuntime::register(&registry, tokio::runtime::Handle::current())?;
/// assert!(registry.render(Format::Text).contains("tokio_workers 1\n"));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokioRuntime;

impl TokioRuntime {
    /// Has the runtime behind `handle` read at each scrape. A service measures one runtime; what
    /// is registered a second time adds nothing.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn register(registry: &Registry, handle: Handle) -> Result<(), RegisterError> {
        registry.collect_once(move |group: &RuntimeGroup| {
            let metrics = handle.metrics();
            let workers = metrics.num_workers();
            group.workers.set(count(workers));
            group.alive_tasks.set(count(metrics.num_alive_tasks()));
            group
                .global_queue_depth
                .set(count(metrics.global_queue_depth()));
            let workers = 0..workers;
            let busy = workers
                .clone()
                .map(|worker| metrics.worker_total_busy_duration(worker));
            let busy: std::time::Duration = busy.sum();
            group
                .workers_busy_seconds_total
                .raise_to(busy.as_secs_f64());
            let parked = workers
                .map(|worker| metrics.worker_park_count(worker))
                .sum();
            group.workers_parked_total.raise_to(parked);
            Ok::<(), std::convert::Infallible>(())
        })
    }
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
