//! The one connection that writes, on a thread of its own.
//!
//! SQLite lets one write at a time. So writes wait in a line that has an end, and not for a lock;
//! each is a transaction, and is answered once it is on the disk.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use vitalsigns::families::{
    Database, WorkQueues,
    database::{Acquire, PoolState},
    queue::{Ticket, Worker},
};

use super::{error::StorageError, session::Session};
use crate::metrics::{Metrics, Pool, Queue};

/// How often the thread gives a sign of life while there is nothing to do.
const HEARTBEAT: Duration = Duration::from_secs(5);

type Work = Box<dyn FnOnce(&Session<'_>) + Send>;

/// A write in the line.
struct Job {
    ticket: Ticket<Queue>,
    waiting: Acquire<Pool>,
    place: OwnedSemaphorePermit,
    work: Work,
}

/// The way to the thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    /// `None` once it was closed.
    jobs: Mutex<Option<Sender<Job>>>,
    /// The places in the line that are free.
    places: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
    queues: WorkQueues<Queue>,
    metrics: Database<Pool>,
}

impl Writer {
    /// Starts the thread; so many writes may wait.
    pub(super) fn start(
        connection: Connection,
        line: usize,
        metrics: &Metrics,
    ) -> std::io::Result<Self> {
        let places = Arc::new(Semaphore::new(line));
        let (jobs, line) = channel();
        let worker = metrics.queues.worker(Queue::Writes);
        metrics.writes.pool(with_idle(1));
        let database = metrics.writes.clone();
        let thread = std::thread::Builder::new()
            .name("azora-writer".to_owned())
            .spawn(move || serve(&connection, &line, worker, &database))?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            places,
            thread: Mutex::new(Some(thread)),
            queues: metrics.queues.clone(),
            metrics: metrics.writes.clone(),
        })
    }

    /// Runs work as one transaction, which an error takes back.
    pub(super) async fn run<T, E>(
        &self,
        work: impl FnOnce(&Session<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |session| {
            // Nobody may wait any more; the work is done all the same.
            let _ = answer.send(transaction(session, work));
        });
        self.send(work)?;
        answered
            .await
            .unwrap_or_else(|_| Err(StorageError::Lost.into()))
    }

    fn send(&self, work: Work) -> Result<(), StorageError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(jobs), Ok(place)) = (jobs.as_ref(), self.places.clone().try_acquire_owned())
        else {
            self.queues.reject(Queue::Writes);
            return Err(match *jobs {
                Some(_) => StorageError::Busy,
                None => StorageError::Closed,
            });
        };
        let ticket = self.queues.enqueue(Queue::Writes);
        let waiting = self.metrics.acquire();
        let job = Job {
            ticket,
            waiting,
            place,
            work,
        };
        // Without the thread, the job is dropped and counts as cancelled.
        jobs.send(job).map_err(|_| StorageError::Closed)
    }

    /// Takes no more work, does what waits, and closes the connection.
    pub(super) fn close(&self) {
        drop(
            self.jobs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // Panics of the work are caught; there is nothing else that could.
            let _ = thread.join();
        }
    }
}

/// What the pool of one connection says of itself.
fn with_idle(idle: u32) -> PoolState {
    let (open, max) = (1, 1);
    PoolState { open, idle, max }
}

fn serve(
    connection: &Connection,
    line: &Receiver<Job>,
    worker: Worker<Queue>,
    metrics: &Database<Pool>,
) {
    let session = Session::new(connection, metrics);
    loop {
        match line.recv_timeout(HEARTBEAT) {
            Ok(job) => {
                drop(job.place);
                let task = job.ticket.take().by(&worker);
                let _connection = job.waiting.acquired();
                metrics.pool(with_idle(0));
                match catch_unwind(AssertUnwindSafe(|| (job.work)(&session))) {
                    Ok(()) => task.done(),
                    Err(_) => {
                        session.rollback();
                        task.failed();
                    }
                }
                metrics.pool(with_idle(1));
            }
            Err(RecvTimeoutError::Timeout) => worker.heartbeat(),
            Err(RecvTimeoutError::Disconnected) => return worker.stop(),
        }
    }
}

fn transaction<T, E: From<StorageError>>(
    session: &Session<'_>,
    work: impl FnOnce(&Session<'_>) -> Result<T, E>,
) -> Result<T, E> {
    session.control("BEGIN IMMEDIATE")?;
    let result = work(session).and_then(|value| {
        session.control("COMMIT")?;
        Ok(value)
    });
    if result.is_err() {
        session.rollback();
    }
    result
}
