//! What is known of a job.

use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use vitalsigns::LabelValue;
pub use vitalsigns::families::video::Stage;

use super::JobId;
use crate::{
    failure::JobError,
    optimise::{Level, Optimised},
    plan::Request,
};

/// A finished video.
#[derive(Clone, Debug, PartialEq)]
pub struct Video {
    /// Where its file is.
    pub path: PathBuf,
    /// The name of the file for those who save it.
    pub name: String,
    /// The media type of the file.
    pub content_type: &'static str,
    /// The size of the file.
    pub bytes: u64,
    /// The CRC-32 of the file.
    pub checksum: u32,
    /// How long it plays.
    pub seconds: f64,
    /// How many frames were rendered for it.
    pub frames: u32,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq)]
pub enum JobState {
    /// It waits for a worker.
    Queued,
    /// A worker has it, in this stage (none yet at the very start).
    Running(Option<Stage>),
    /// Its video is ready.
    Succeeded(Video),
    /// There will be no video, for this reason.
    Failed(JobError),
    /// Somebody did not want it any more.
    Cancelled,
}

impl JobState {
    /// The name that users see.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running(_) => "running",
            Self::Succeeded(_) => "succeeded",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it will not change any more.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Queued | Self::Running(_))
    }
}

/// How the optimisation of a video stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Optimisation {
    /// It goes on.
    Running(Level),
    /// It has come to an end; its file was kept only where it is smaller.
    Done(Level, Optimised),
    /// It has failed, and the original was kept.
    Failed(Level, JobError),
}

/// All that is known of a job.
#[derive(Clone, Debug)]
pub struct Record {
    /// What it shall make.
    pub request: Request,
    /// Where it stands.
    pub state: JobState,
    /// How its optimisation stands, once that has begun.
    pub optimisation: Option<Optimisation>,
    /// The stages so far and how long each took.
    pub stages: Vec<(Stage, Duration)>,
    pub(super) created: SystemTime,
    pub(super) queued: Instant,
    pub(super) started: Option<Instant>,
    pub(super) ended: Option<Instant>,
    pub(super) cancel: CancellationToken,
}

impl Record {
    pub(super) fn new(request: Request) -> Self {
        Self {
            request,
            state: JobState::Queued,
            optimisation: None,
            stages: Vec::new(),
            created: SystemTime::now(),
            queued: Instant::now(),
            started: None,
            ended: None,
            cancel: CancellationToken::new(),
        }
    }

    /// What users are told.
    pub fn to_json(&self, id: JobId, renderer: &str) -> Value {
        let now = Instant::now();
        let (started, ended) = (self.started, self.ended.unwrap_or(now));
        let mut timings = json!({
            "queued": seconds(started.unwrap_or(ended) - self.queued),
            "total": seconds(ended - self.queued),
        });
        for (stage, took) in &self.stages {
            timings[stage.as_label()] = seconds(*took);
        }
        let mut view = json!({
            "id": id.to_string(),
            "state": self.state.name(),
            "status_url": format!("/jobs/{id}"),
            "video_url": format!("/videos/{id}"),
            "renderer": renderer,
            "request": {
                "theme": self.request.theme.name(),
                "seconds": self.request.seconds,
                "text": self.request.text,
                "optimise": self.request.optimise.as_ref().map(Level::as_label),
                "seed": self.request.seed,
            },
            "created_unix_seconds":
                self.created.duration_since(UNIX_EPOCH).map_or(Value::Null, seconds),
            "seconds": timings,
        });
        match &self.state {
            JobState::Queued | JobState::Cancelled => {}
            JobState::Running(stage) => view["stage"] = json!(stage.as_ref().map(Stage::as_label)),
            JobState::Succeeded(video) => {
                view["video"] = json!({
                    "bytes": video.bytes,
                    "seconds": video.seconds,
                    "frames": video.frames,
                    "content_type": video.content_type,
                    "crc32": format!("{:08x}", video.checksum),
                });
            }
            JobState::Failed(error) => {
                view["error"] = json!({ "code": error.kind.as_label(), "message": error.reason });
            }
        }
        if let Some(optimisation) = &self.optimisation {
            view["optimisation"] = optimisation.to_json();
        }
        view
    }
}

impl Optimisation {
    fn to_json(&self) -> Value {
        match self {
            Self::Running(level) => json!({ "level": level.as_label(), "outcome": "running" }),
            Self::Done(level, done) => json!({
                "level": level.as_label(),
                "outcome": match done.file {
                    Some(_) => "smaller",
                    None => "skipped: already optimal",
                },
                "bytes_before": done.bytes_in,
                "bytes_after": done.bytes_out,
                "quality_before": done.quality_before,
                "quality_after": done.quality_after,
            }),
            Self::Failed(level, error) => json!({
                "level": level.as_label(),
                "outcome": "failed",
                "error": { "code": error.kind.as_label(), "message": error.reason },
            }),
        }
    }
}

/// A duration in seconds, to the millisecond.
fn seconds(duration: Duration) -> Value {
    json!(duration.as_millis() as f64 / 1000.0)
}
