//! What the service needs to be of use: workers, room for files, and its renderer.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::runtime::Handle;
use vitalsigns::Registry;
use vitalsigns_health::{
    Failure, Group, Health, HealthError,
    checks::{DiskSpace, Ffmpeg, Memory, QueueStatus, Responsiveness, TaskQueue},
};

use crate::{
    jobs::{Alive, Jobs},
    render::Renderer,
};

/// How long the first job may wait before that is worth a word.
const OLDEST: Duration = Duration::from_secs(120);

/// Starts the checks, which go on until what is returned is dropped.
///
/// # Errors
///
/// Where another group has taken the names of its families.
pub fn start(
    registry: &Registry,
    jobs: &Arc<Jobs>,
    workers: Alive,
    renderer: &Renderer,
    folder: &Path,
) -> Result<Health, HealthError> {
    let queue = {
        let jobs = Arc::clone(jobs);
        move || {
            Ok::<_, Failure>(QueueStatus {
                depth: jobs.totals().queued as u64,
                oldest: jobs.oldest_wait(),
                workers: workers.count() as u64,
            })
        }
    };
    let health = Health::builder(registry)
        .service("aura-render")
        .version(env!("CARGO_PKG_VERSION"))
        .check(
            Responsiveness::of(Handle::current())
                .check("runtime")
                .groups([Group::Live, Group::Full]),
        )
        .check(
            TaskQueue::new(queue)
                .oldest(OLDEST)
                .check("render_queue")
                .critical(),
        )
        .check(DiskSpace::of(folder).check("bucket_disk").critical())
        .check(Memory::new().check("memory").groups([Group::Full]));
    let health = match renderer {
        // What it encodes with was chosen at the start; whether it still can is looked at now and
        // then.
        Renderer::Ffmpeg(ffmpeg) => health.check(
            Ffmpeg::new()
                .program(ffmpeg.program())
                .encoders(["libx264"])
                .check("ffmpeg")
                .groups([Group::Startup, Group::Ready, Group::Full])
                .critical(),
        ),
        Renderer::Embedded => health,
    };
    health.build()
}
