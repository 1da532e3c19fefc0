//! The board: every job that is known, from its submission until it is forgotten.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::Notify, time};

use super::{ActiveJob, JobId, JobState, Queue, Record, id::Ids};
use crate::{metrics::Metrics, plan::Request};

/// Why a job was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitError {
    /// As many jobs wait as may.
    Full,
    /// The service goes down.
    ShuttingDown,
}

/// Why a job was not cancelled.
#[derive(Clone, Debug)]
pub enum CancelError {
    /// There is no such job.
    Unknown,
    /// It had come to its end before.
    Finished(Box<Record>),
}

/// How many jobs are in each state; the final ones since the start, forgotten ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Jobs that wait.
    pub queued: usize,
    /// Jobs that a worker has.
    pub running: usize,
    /// Jobs with a video.
    pub succeeded: u64,
    /// Jobs that have failed.
    pub failed: u64,
    /// Jobs that were cancelled.
    pub cancelled: u64,
    /// The most jobs that ever waited at the same time.
    pub deepest_queue: usize,
}

/// The jobs of a service.
#[derive(Debug)]
pub struct Jobs {
    board: Mutex<Board>,
    /// Wakes a worker when a job waits.
    waiting: Notify,
    /// Wakes those who watch jobs when one is finished.
    finished: Notify,
    keep: usize,
    metrics: Metrics,
}

#[derive(Debug)]
struct Board {
    ids: Ids,
    queue: Queue,
    records: HashMap<JobId, Record>,
    /// Finished jobs, from the oldest.
    finished: VecDeque<JobId>,
    totals: Totals,
    closed: bool,
}

impl Jobs {
    /// An empty board with a queue of this capacity that remembers so many finished jobs.
    pub fn new(queue: usize, keep: usize, metrics: Metrics) -> Arc<Self> {
        Arc::new(Self {
            board: Mutex::new(Board {
                ids: Ids::new(),
                queue: Queue::new(queue),
                records: HashMap::new(),
                finished: VecDeque::new(),
                totals: Totals::default(),
                closed: false,
            }),
            waiting: Notify::new(),
            finished: Notify::new(),
            keep,
            metrics,
        })
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job into the queue; `request` is told the job's name, for a seed where it needs one.
    pub fn submit(&self, request: impl FnOnce(JobId) -> Request) -> Result<JobId, SubmitError> {
        let mut board = self.board();
        if board.closed {
            return Err(SubmitError::ShuttingDown);
        }
        let id = board.ids.next();
        let request = request(id);
        let video = &self.metrics.video;
        if board.queue.is_full() {
            video.reject(request.theme);
            return Err(SubmitError::Full);
        }
        board.queue.push(id, video.enqueue(request.theme));
        board.records.insert(id, Record::new(request));
        drop(board);
        self.waiting.notify_one();
        Ok(id)
    }

    /// Waits for the next job in the queue and starts it.
    pub async fn next(self: &Arc<Self>) -> ActiveJob {
        loop {
            if let Some(job) = self.start_next() {
                return job;
            }
            self.waiting.notified().await;
        }
    }

    fn start_next(self: &Arc<Self>) -> Option<ActiveJob> {
        let mut board = self.board();
        let (id, measured) = board.queue.pop()?;
        if board.queue.depth() > 0 {
            self.waiting.notify_one();
        }
        let record = board.records.get_mut(&id)?;
        record.state = JobState::Running(None);
        record.started = Some(Instant::now());
        let (request, cancel) = (record.request.clone(), record.cancel.clone());
        board.totals.running += 1;
        drop(board);
        let ai = self.metrics.ai.clone();
        Some(ActiveJob::start(
            self.clone(),
            id,
            request,
            cancel,
            measured,
            ai,
        ))
    }

    /// What is known of a job now.
    pub fn get(&self, id: JobId) -> Option<Record> {
        self.board().records.get(&id).cloned()
    }

    /// What is known of a job once it is finished, or after so long.
    pub async fn wait(&self, id: JobId, within: Duration) -> Option<Record> {
        let deadline = time::Instant::now() + within;
        loop {
            let finished = self.finished.notified();
            tokio::pin!(finished);
            finished.as_mut().enable();
            let record = self.get(id)?;
            if record.state.is_final() || time::timeout_at(deadline, finished).await.is_err() {
                return Some(record);
            }
        }
    }

    /// Cancels a job that waits or runs, and gives what is known of it then.
    pub async fn cancel(&self, id: JobId) -> Result<Record, CancelError> {
        let cancel = {
            let mut board = self.board();
            let record = board
                .records
                .get(&id)
                .cloned()
                .ok_or(CancelError::Unknown)?;
            if record.state.is_final() {
                return Err(CancelError::Finished(Box::new(record)));
            }
            if board.queue.remove(id) {
                drop(board);
                self.finish(id, JobState::Cancelled);
                return self.get(id).ok_or(CancelError::Unknown);
            }
            record.cancel
        };
        cancel.cancel();
        let record = self
            .wait(id, Duration::from_secs(10))
            .await
            .ok_or(CancelError::Unknown)?;
        match record.state {
            JobState::Cancelled => Ok(record),
            _ => Err(CancelError::Finished(Box::new(record))),
        }
    }

    /// How many jobs are in each state.
    pub fn totals(&self) -> Totals {
        let board = self.board();
        let (queued, deepest_queue) = (board.queue.depth(), board.queue.deepest());
        Totals {
            queued,
            deepest_queue,
            ..board.totals
        }
    }

    /// How long the first of the jobs that wait has been waiting.
    pub fn oldest_wait(&self) -> Option<Duration> {
        self.board().queue.oldest()
    }

    /// The jobs that came to an end last, the latest first.
    pub fn latest(&self, count: usize) -> Vec<(JobId, Record)> {
        let board = self.board();
        let ids = board.finished.iter().rev().take(count);
        ids.filter_map(|id| Some((*id, board.records.get(id)?.clone())))
            .collect()
    }

    /// Takes no more jobs and cancels those that wait.
    pub fn close(&self) {
        let mut board = self.board();
        board.closed = true;
        let waiting: Vec<_> = std::iter::from_fn(|| board.queue.pop()).collect();
        drop(board);
        for (id, measured) in waiting {
            drop(measured);
            self.finish(id, JobState::Cancelled);
        }
    }

    /// Changes what is known of a job.
    pub(super) fn update(&self, id: JobId, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.board().records.get_mut(&id) {
            change(record);
        }
    }

    /// Brings a job to its end, and forgets the oldest finished jobs where there are too many.
    pub(super) fn finish(&self, id: JobId, state: JobState) {
        let mut board = self.board();
        let Board {
            records,
            finished,
            totals,
            ..
        } = &mut *board;
        let Some(record) = records.get_mut(&id) else {
            return;
        };
        if matches!(record.state, JobState::Running(_)) {
            totals.running -= 1;
        }
        match state {
            JobState::Succeeded(_) => totals.succeeded += 1,
            JobState::Failed(_) => totals.failed += 1,
            _ => totals.cancelled += 1,
        }
        record.state = state;
        record.ended = Some(Instant::now());
        finished.push_back(id);
        let forgotten = finished.len().saturating_sub(self.keep);
        let old: Vec<_> = finished
            .drain(..forgotten)
            .filter_map(|id| records.remove(&id))
            .collect();
        drop(board);
        for path in old.into_iter().filter_map(video_path) {
            // A file that is gone already is as good as removed.
            let _ = std::fs::remove_file(path);
        }
        self.finished.notify_waiters();
    }
}

fn video_path(record: Record) -> Option<PathBuf> {
    match record.state {
        JobState::Succeeded(video) => Some(video.path),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use vitalsigns::{Registry, testing};

    use super::*;
    use crate::{render::Renderer, theme::Theme};

    fn board(queue: usize, keep: usize) -> (Registry, Arc<Jobs>) {
        let registry = Registry::new();
        let metrics = Metrics::register(&registry, &Renderer::Embedded).unwrap();
        (registry, Jobs::new(queue, keep, metrics))
    }

    /// How many generations of the theme came to this end.
    fn ended(registry: &Registry, outcome: &str) -> Option<f64> {
        let labels = [("theme", "tech"), ("outcome", outcome)];
        testing::value(registry, "video_generation_total", &labels)
    }

    fn request(id: JobId) -> Request {
        Request {
            theme: Theme::Tech,
            seconds: 1.0,
            text: None,
            optimise: None,
            seed: id.0,
        }
    }

    #[tokio::test]
    async fn a_dropped_job_is_cancelled_and_a_panicking_one_has_failed() {
        let (registry, jobs) = board(4, 10);
        let first = jobs.submit(request).unwrap();
        drop(jobs.next().await);
        assert_eq!(jobs.get(first).unwrap().state, JobState::Cancelled);
        let second = jobs.submit(request).unwrap();
        let job = jobs.next().await;
        let run = std::thread::spawn(move || {
            let _job = job;
            panic!("on purpose");
        });
        assert!(run.join().is_err());
        assert_eq!(jobs.get(second).unwrap().state.name(), "failed");
        let totals = jobs.totals();
        assert_eq!((totals.running, totals.cancelled, totals.failed), (0, 1, 1));
        assert_eq!(ended(&registry, "cancelled"), Some(1.0));
        assert_eq!(ended(&registry, "panicked"), Some(1.0));
        let going = testing::total(&registry, "video_generation_in_progress");
        assert_eq!(going, 0.0);
    }

    #[tokio::test]
    async fn only_the_latest_finished_jobs_are_kept() {
        let (_registry, jobs) = board(4, 2);
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(jobs.submit(request).unwrap());
            drop(jobs.next().await);
        }
        assert!(jobs.get(ids[0]).is_none());
        assert!(jobs.get(ids[1]).is_some() && jobs.get(ids[2]).is_some());
        assert_eq!(jobs.totals().cancelled, 3);
    }

    #[tokio::test]
    async fn closing_cancels_what_waits_and_takes_nothing_more() {
        let (registry, jobs) = board(4, 10);
        let id = jobs.submit(request).unwrap();
        jobs.close();
        assert_eq!(jobs.get(id).unwrap().state, JobState::Cancelled);
        assert_eq!(jobs.submit(request), Err(SubmitError::ShuttingDown));
        assert_eq!(ended(&registry, "cancelled"), Some(1.0));
    }
}
