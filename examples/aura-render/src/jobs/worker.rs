//! The workers: each runs one job after the other.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use tokio::task::{AbortHandle, JoinSet};

use super::{Jobs, Tools, pipeline};

/// The workers of a service; dropping them aborts them.
#[derive(Debug)]
pub struct Workers {
    tasks: JoinSet<()>,
    handles: Vec<AbortHandle>,
}

/// Counts the workers that are alive.
#[derive(Clone, Debug)]
pub struct Alive(Vec<AbortHandle>);

impl Alive {
    /// So many are.
    pub fn count(&self) -> usize {
        let ended = |worker: &&AbortHandle| worker.is_finished();
        self.0.len() - self.0.iter().filter(ended).count()
    }
}

impl Workers {
    /// Starts so many workers.
    pub fn start(count: usize, jobs: &Arc<Jobs>, tools: &Arc<Tools>) -> Self {
        let mut tasks = JoinSet::new();
        let handles = (0..count)
            .map(|_| tasks.spawn(work(jobs.clone(), tools.clone())))
            .collect();
        Self { tasks, handles }
    }

    /// Tells how many are alive, now and later.
    pub fn alive(&self) -> Alive {
        Alive(self.handles.clone())
    }

    /// Aborts the workers and waits until each has dropped its job, which cancels the job.
    pub async fn stop(&mut self) {
        self.tasks.shutdown().await;
    }
}

async fn work(jobs: Arc<Jobs>, tools: Arc<Tools>) {
    loop {
        let job = jobs.next().await;
        let cancel = job.cancel_token();
        tokio::select! {
            biased;
            // The other branch is dropped, and the job with it.
            () = cancel.cancelled() => {}
            () = survive(pipeline::run(job, &tools)) => {}
        }
    }
}

/// Runs a future to its end or to its panic, which has been reported by then.
async fn survive(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        let poll = AssertUnwindSafe(|| future.as_mut().poll(context));
        catch_unwind(poll).unwrap_or(Poll::Ready(()))
    })
    .await;
}
