//! The way of a job through its stages.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{ActiveJob, Stage, Video};
use crate::{
    blocking,
    config::Format,
    failure::JobError,
    frames,
    optimise::optimise,
    plan::Plan,
    render::{Clip, Renderer},
    storage::Bucket,
};

/// What the workers work with.
#[derive(Debug)]
pub struct Tools {
    /// Makes video files.
    pub renderer: Renderer,
    /// Keeps them.
    pub bucket: Arc<Bucket>,
    /// Where each job gets a folder of its own while it runs.
    pub work: PathBuf,
    /// Picture size and frame rate.
    pub format: Format,
    /// How long each stage may take.
    pub deadline: Duration,
}

/// Takes a job to its end; dropping the future cancels it.
pub(super) async fn run(mut job: ActiveJob, tools: &Tools) {
    match make(&mut job, tools).await {
        Ok(video) => job.succeed(video),
        Err(error) => job.fail(error),
    }
}

async fn make(job: &mut ActiveJob, tools: &Tools) -> Result<Video, JobError> {
    let (id, deadline) = (job.id(), tools.deadline);
    let request = job.request().clone();

    let planning = async { Plan::new(&request, tools.format) };
    let plan = job.stage(Stage::Planning, deadline, planning).await?;

    let folder = tempfile::Builder::new()
        .prefix("job-")
        .tempdir_in(&tools.work)?;
    let (format, frames) = (plan.format, plan.frames());
    let clip = Clip {
        format,
        frames,
        folder: Arc::new(folder),
    };
    job.stage(Stage::Rendering, deadline, draw(plan, &clip))
        .await?;

    let original = clip.folder.path().join("original");
    let encoding = tools.renderer.encode(&clip, &original);
    job.stage(Stage::Encoding, deadline, encoding).await?;

    let smaller = optimise_if_asked(job, tools, &clip, &original).await;
    let file = smaller.unwrap_or(original);

    let upload = tools.bucket.upload(&clip, &file);
    let upload = job.stage(Stage::Uploading, deadline, upload).await?;
    // Nothing is awaited from here on, so that a published video always belongs to a job.
    let name = format!("{id}.{}", tools.renderer.extension());
    let stored = tools.bucket.publish(upload, &name)?;
    Ok(Video {
        path: stored.path,
        name,
        content_type: tools.renderer.content_type(),
        bytes: stored.bytes,
        checksum: stored.checksum,
        seconds: format.seconds(frames),
        frames,
    })
}

async fn draw(plan: Plan, clip: &Clip) -> Result<(), JobError> {
    let clip = clip.clone();
    blocking::run(move |stop| {
        let mut file = std::io::BufWriter::new(std::fs::File::create(clip.raw())?);
        frames::draw_all(&plan, &mut file, stop)
    })
    .await
}

/// Optimises the video where the job asks for it, and gives the file that is better.
async fn optimise_if_asked(
    job: &mut ActiveJob,
    tools: &Tools,
    clip: &Clip,
    original: &Path,
) -> Option<PathBuf> {
    let level = job.request().optimise?;
    job.optimisation_started(level);
    match optimise(&tools.renderer, clip, original, level, tools.deadline).await {
        Ok(result) => {
            let file = result.file.clone();
            job.optimisation_succeeded(level, result);
            file
        }
        Err(error) => {
            job.optimisation_failed(level, error);
            None
        }
    }
}
