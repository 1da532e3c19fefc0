//! A job that a worker has: what it does is told here, and nowhere else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use vitalsigns::{
    LabelValue,
    families::{
        AiOptimization,
        ai::{self, Optimization},
        video::{Job, Output},
    },
};

use super::{JobId, JobState, Jobs, Optimisation, Stage, Video};
use crate::{
    failure::{ErrorKind, JobError},
    metrics::OptimizationType,
    optimise::{Level, Optimised},
    plan::Request,
    theme::Theme,
};

/// The measurement of a job, from the queue to its end.
pub type Measured = Job<Theme, Level>;

/// A running job; dropped before its end, it counts as cancelled (in a panic, as failed).
#[derive(Debug)]
pub struct ActiveJob {
    jobs: Arc<Jobs>,
    id: JobId,
    request: Request,
    cancel: CancellationToken,
    /// None once the end is known. Dropped before, it counts the job as cancelled or panicked.
    measured: Option<Measured>,
    ai: AiOptimization<OptimizationType, Level>,
    /// An optimisation that goes on, measured in the same way.
    optimisation: Option<Optimization<OptimizationType, Level>>,
}

impl ActiveJob {
    /// The one place where a job starts.
    pub(super) fn start(
        jobs: Arc<Jobs>,
        id: JobId,
        request: Request,
        cancel: CancellationToken,
        measured: Measured,
        ai: AiOptimization<OptimizationType, Level>,
    ) -> Self {
        Self {
            jobs,
            id,
            request,
            cancel,
            measured: Some(measured),
            ai,
            optimisation: None,
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
        if let Some(measured) = &mut self.measured {
            measured.stage(stage);
        }
        self.jobs.update(self.id, |record| {
            record.state = JobState::Running(Some(stage))
        });
        let result = tokio::time::timeout(deadline, work)
            .await
            .unwrap_or_else(|_| Err(JobError::timeout(stage.as_label(), deadline)));
        self.jobs.update(self.id, |record| {
            record.stages.push((stage, entered.elapsed()))
        });
        result
    }

    /// The one place where an optimisation starts.
    pub fn optimisation_started(&mut self, level: Level) {
        self.optimisation = Some(self.ai.start(OptimizationType::Video, level));
        self.note(Optimisation::Running(level));
    }

    /// The one place where an optimisation succeeds, whether or not the file became smaller.
    pub fn optimisation_succeeded(&mut self, level: Level, result: Optimised) {
        if let Some(optimisation) = self.optimisation.take() {
            match result.file {
                Some(_) => optimisation.succeed(ai::Measured {
                    input_bytes: result.bytes_in,
                    output_bytes: result.bytes_out,
                    quality_before: Some(result.quality_before),
                    quality_after: Some(result.quality_after),
                }),
                None => optimisation.skip(result.bytes_in),
            }
        }
        self.note(Optimisation::Done(level, result));
    }

    /// The one place where an optimisation fails; the job goes on with the original.
    pub fn optimisation_failed(&mut self, level: Level, error: JobError) {
        if let Some(optimisation) = self.optimisation.take() {
            optimisation.fail();
        }
        self.note(Optimisation::Failed(level, error));
    }

    fn note(&self, optimisation: Optimisation) {
        self.jobs
            .update(self.id, |record| record.optimisation = Some(optimisation));
    }

    /// The one place where a job succeeds.
    pub fn succeed(mut self, video: Video) {
        if let Some(measured) = self.measured.take() {
            measured.succeed(Output {
                seconds: video.seconds,
                bytes: video.bytes,
            });
        }
        self.jobs.finish(self.id, JobState::Succeeded(video));
    }

    /// The one place where a job fails.
    pub fn fail(mut self, error: JobError) {
        if let Some(measured) = self.measured.take() {
            measured.fail(error.kind);
        }
        self.jobs.finish(self.id, JobState::Failed(error));
    }
}

impl Drop for ActiveJob {
    fn drop(&mut self) {
        let Some(measured) = self.measured.take() else {
            return;
        };
        drop(measured);
        let state = if std::thread::panicking() {
            let reason = "a fault in this program";
            JobState::Failed(JobError::new(ErrorKind::Internal, reason))
        } else {
            JobState::Cancelled
        };
        self.jobs.finish(self.id, state);
    }
}
