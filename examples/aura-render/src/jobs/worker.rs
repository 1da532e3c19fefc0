//! The workers: each runs one job after the other.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
};

use tokio::task::JoinSet;

use super::{Jobs, Tools, pipeline};

/// The workers of a service; dropping them aborts them.
#[derive(Debug)]
pub struct Workers(JoinSet<()>);

impl Workers {
    /// Starts so many workers.
    pub fn start(count: usize, jobs: &Arc<Jobs>, tools: &Arc<Tools>) -> Self {
        let mut workers = JoinSet::new();
        for _ in 0..count {
            workers.spawn(work(jobs.clone(), tools.clone()));
        }
        Self(workers)
    }

    /// Aborts the workers and waits until each has dropped its job, which cancels the job.
    pub async fn stop(&mut self) {
        self.0.shutdown().await;
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
