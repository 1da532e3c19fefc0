//! What can be set about a service.

use std::{num::NonZeroU32, path::PathBuf, str::FromStr, time::Duration};

/// Which renderer a service shall use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RendererChoice {
    /// ffmpeg where it is found with libx264, else the embedded one.
    #[default]
    Auto,
    /// H.264 in MP4 through ffmpeg; the start fails without it.
    Ffmpeg,
    /// Animated GIF, written by this program itself.
    Embedded,
}

impl FromStr for RendererChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "auto" => Ok(Self::Auto),
            "ffmpeg" => Ok(Self::Ffmpeg),
            "embedded" => Ok(Self::Embedded),
            _ => Err(format!(
                "`{name}` is no renderer; one of: auto, ffmpeg, embedded"
            )),
        }
    }
}

/// The picture size and frame rate of every video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Pixels in a row; even.
    pub width: u16,
    /// Rows; even.
    pub height: u16,
    /// Frames in a second.
    pub fps: NonZeroU32,
}

impl Format {
    /// How many bytes one RGB frame has.
    pub fn frame_bytes(self) -> usize {
        usize::from(self.width) * usize::from(self.height) * 3
    }

    /// How many frames a video of this length has; at least one.
    pub fn frames(self, seconds: f64) -> u32 {
        ((seconds * f64::from(self.fps.get())).round() as u32).max(1)
    }

    /// How long so many frames last, in seconds.
    pub fn seconds(self, frames: u32) -> f64 {
        f64::from(frames) / f64::from(self.fps.get())
    }
}

/// The settings of a service; `Config::default()` is a sound start.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many jobs run at the same time; with 0, jobs are queued and never run.
    pub workers: usize,
    /// How many jobs may wait.
    pub queue: usize,
    /// Which renderer to use.
    pub renderer: RendererChoice,
    /// The ffmpeg program: a name to be found on PATH, or a path.
    pub ffmpeg: PathBuf,
    /// Where files go; without it, a fresh temporary folder that goes with the service.
    pub data_dir: Option<PathBuf>,
    /// How many finished jobs, with their videos, are kept.
    pub keep: usize,
    /// How long each stage of a job, and each step of its optimisation, may take.
    pub stage_deadline: Duration,
    /// Picture size and frame rate.
    pub format: Format,
    /// Whether `POST /debug/panic` is there.
    pub debug_routes: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            workers: 2,
            queue: 16,
            renderer: RendererChoice::Auto,
            ffmpeg: PathBuf::from("ffmpeg"),
            data_dir: None,
            keep: 200,
            stage_deadline: Duration::from_secs(60),
            format: Format {
                width: 320,
                height: 180,
                fps: const { NonZeroU32::new(12).unwrap() },
            },
            debug_routes: false,
        }
    }
}

/// The shortest video, in seconds.
pub const SHORTEST: f64 = 0.5;
/// The longest video, in seconds.
pub const LONGEST: f64 = 30.0;
/// The longest title, in characters.
pub const LONGEST_TEXT: usize = 80;
/// The largest request body, in bytes.
pub const LARGEST_BODY: usize = 16 * 1024;
