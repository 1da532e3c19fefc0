//! A job that a worker has: what it does is told here, and nowhere else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::{JobId, JobState, Jobs, Optimisation, Stage, Video};
use crate::{
    failure::{ErrorKind, JobError},
    optimise::{Level, Optimised},
    plan::Request,
};

/// A running job; dropped before its end, it counts as cancelled (in a panic, as failed).
#[derive(Debug)]
pub struct ActiveJob {
    jobs: Arc<Jobs>,
    id: JobId,
    request: Request,
    cancel: CancellationToken,
    ended: bool,
}

impl ActiveJob {
    /// The one place where a job starts.
    pub(super) fn start(
        jobs: Arc<Jobs>,
        id: JobId,
        request: Request,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            jobs,
            id,
            request,
            cancel,
            ended: false,
        }
    }

    /// The name of the job.
    pub fn id(&self) -> JobId {
        self.id
    }

    /// What the job shall make.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Says when somebody does not want the job any more.
    pub fn cancel_token(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// The one place where a stage is entered: runs the work of the stage, within the deadline.
    pub async fn stage<T>(
        &mut self,
        stage: Stage,
        deadline: Duration,
        work: impl Future<Output = Result<T, JobError>>,
    ) -> Result<T, JobError> {
        let entered = Instant::now();
        self.jobs.update(self.id, |record| {
            record.state = JobState::Running(Some(stage))
        });
        let result = tokio::time::timeout(deadline, work)
            .await
            .unwrap_or_else(|_| Err(JobError::timeout(stage.name(), deadline)));
        self.jobs.update(self.id, |record| {
            record.stages.push((stage, entered.elapsed()))
        });
        result
    }

    /// The one place where an optimisation starts.
    pub fn optimisation_started(&mut self, level: Level) {
        self.note(Optimisation::Running(level));
    }

    /// The one place where an optimisation succeeds, whether or not the file became smaller.
    pub fn optimisation_succeeded(&mut self, level: Level, result: Optimised) {
        self.note(Optimisation::Done(level, result));
    }

    /// The one place where an optimisation fails; the job goes on with the original.
    pub fn optimisation_failed(&mut self, level: Level, error: JobError) {
        self.note(Optimisation::Failed(level, error));
    }

    fn note(&self, optimisation: Optimisation) {
        self.jobs
            .update(self.id, |record| record.optimisation = Some(optimisation));
    }

    /// The one place where a job succeeds.
    pub fn succeed(mut self, video: Video) {
        self.end(JobState::Succeeded(video));
    }

    /// The one place where a job fails.
    pub fn fail(mut self, error: JobError) {
        self.end(JobState::Failed(error));
    }

    fn end(&mut self, state: JobState) {
        self.ended = true;
        self.jobs.finish(self.id, state);
    }
}

impl Drop for ActiveJob {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.end(if std::thread::panicking() {
            JobState::Failed(JobError::new(
                ErrorKind::Internal,
                "a fault in this program",
            ))
        } else {
            JobState::Cancelled
        });
    }
}
