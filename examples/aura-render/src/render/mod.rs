//! The encoding stage: from raw frames to a video file, by one of two renderers.

mod embedded;
mod ffmpeg;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;

pub use ffmpeg::{Ffmpeg, NoFfmpeg};

use crate::{
    blocking,
    config::{Format, RendererChoice},
    failure::JobError,
    optimise::Level,
};

/// The rendered frames of a job, as raw RGB in a file, and the folder that the job works in.
///
/// The folder goes when the last holder is done with it, so work that stops late finds it still.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Picture size and frame rate.
    pub format: Format,
    /// How many frames there are.
    pub frames: u32,
    /// The job's own folder.
    pub folder: Arc<TempDir>,
}

impl Clip {
    /// The file with the raw frames.
    pub fn raw(&self) -> PathBuf {
        self.folder.path().join("frames.rgb")
    }
}

/// What turns frames into a video file.
#[derive(Clone, Debug)]
pub enum Renderer {
    /// H.264 in MP4.
    Ffmpeg(Ffmpeg),
    /// Animated GIF.
    Embedded,
}

impl Renderer {
    /// Finds the renderer to use; looks for ffmpeg once, here.
    pub async fn choose(choice: RendererChoice, program: &Path) -> Result<Self, NoFfmpeg> {
        match choice {
            RendererChoice::Embedded => Ok(Self::Embedded),
            RendererChoice::Ffmpeg => Ffmpeg::find(program).await.map(Self::Ffmpeg),
            RendererChoice::Auto => Ok(Ffmpeg::find(program)
                .await
                .map_or(Self::Embedded, Self::Ffmpeg)),
        }
    }

    /// The name that users see.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ffmpeg(_) => "ffmpeg",
            Self::Embedded => "embedded",
        }
    }

    /// What it makes, in words.
    pub fn describe(&self) -> String {
        match self {
            Self::Ffmpeg(ffmpeg) => format!("ffmpeg {}: H.264 in MP4", ffmpeg.version()),
            Self::Embedded => "embedded: animated GIF".into(),
        }
    }

    /// How the names of its files end.
    pub fn extension(&self) -> &'static str {
        match self {
            Self::Ffmpeg(_) => "mp4",
            Self::Embedded => "gif",
        }
    }

    /// The media type of its files.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Ffmpeg(_) => "video/mp4",
            Self::Embedded => "image/gif",
        }
    }

    /// Makes a video file from the frames of a clip.
    pub async fn encode(&self, clip: &Clip, to: &Path) -> Result<(), JobError> {
        match self {
            Self::Ffmpeg(ffmpeg) => ffmpeg.encode(clip, to).await,
            Self::Embedded => {
                let (clip, to) = (clip.clone(), to.to_owned());
                blocking::run(move |stop| embedded::encode(&clip, &to, stop)).await
            }
        }
    }

    /// Makes a smaller video file from a finished one.
    pub async fn reencode(
        &self,
        clip: &Clip,
        from: &Path,
        level: Level,
        to: &Path,
    ) -> Result<(), JobError> {
        match self {
            Self::Ffmpeg(ffmpeg) => ffmpeg.reencode(clip, from, level, to).await,
            Self::Embedded => {
                let (clip, from, to) = (clip.clone(), from.to_owned(), to.to_owned());
                blocking::run(move |stop| embedded::reencode(&clip, &from, level, &to, stop)).await
            }
        }
    }

    /// How much a video file is like the frames that it was made from (SSIM, 0 to 1).
    pub async fn quality(&self, clip: &Clip, video: &Path) -> Result<f64, JobError> {
        match self {
            Self::Ffmpeg(ffmpeg) => ffmpeg.quality(clip, video).await,
            Self::Embedded => {
                let (clip, video) = (clip.clone(), video.to_owned());
                blocking::run(move |stop| embedded::quality(&clip, &video, stop)).await
            }
        }
    }
}
