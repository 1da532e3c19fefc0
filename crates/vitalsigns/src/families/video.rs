//! Video generation: how many, how long, in which stage, and how good.
//!
//! A generation starts when it is queued ([`VideoGeneration::enqueue`]) or begun
//! ([`VideoGeneration::start`]) and ends when its [`Job`] says how, or is dropped. The time in the
//! queue is a stage like any other, so the depth of the queue is
//! `video_generation_in_progress{stage="queued"}`. How long the generation that is in a stage for
//! longest has been there is `time() - video_generation_oldest_start_timestamp_seconds`; NaN, and no
//! alert, while the stage is empty: one that hangs shows there before it ends. What the viewer sees of the video afterwards is
//! not measured here.
//!
//! The themes are the service's own: a closed enum with `derive(LabelValue)`.

mod call;

pub use call::CallLabels;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ai::Level;
use super::oldest::{Oldest, Place};
use super::stateful::{State, Stateful};
use super::{Known, unsaid};
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue, MetricGroup,
    RegisterError, Registry,
};

/// What a generation is doing; a job is in one stage at a time.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::video::Stage};
///
/// assert_eq!(Stage::VALUES[0], "queued");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Waiting for a worker.
    Queued,
    /// Deciding on scenes, texts and timing.
    Planning,
    /// Loading models and material.
    Loading,
    /// Making the pictures.
    Rendering,
    /// Making a video file of them.
    Encoding,
    /// Putting the file where it is served from.
    Uploading,
}

/// How a generation ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::video::Outcome};
///
/// assert_eq!(Outcome::VALUES, ["success", "failed", "cancelled", "panicked", "rejected"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The video is there.
    Success,
    /// The service could not make it; `video_generation_failures_total` says why.
    Failed,
    /// Nobody wants it any more: its job was dropped.
    Cancelled,
    /// Its job was dropped by a panic.
    Panicked,
    /// It was never taken on, as with a full queue.
    Rejected,
}

/// How a generation ended that was taken on: those alone have a duration.
#[derive(LabelValue, Clone, Copy)]
enum Ended {
    Success,
    Failed,
    Cancelled,
    Panicked,
}

impl Ended {
    fn outcome(self) -> Outcome {
        match self {
            Ended::Success => Outcome::Success,
            Ended::Failed => Outcome::Failed,
            Ended::Cancelled => Outcome::Cancelled,
            Ended::Panicked => Outcome::Panicked,
        }
    }
}

/// Why a generation failed.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::video::ErrorKind};
///
/// assert_eq!(ErrorKind::InvalidInput.as_label(), "invalid_input");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// What was asked for cannot be made.
    InvalidInput,
    /// A stage took longer than it may.
    Timeout,
    /// Memory, disk or GPU ran out.
    ResourceExhausted,
    /// Another program or service failed.
    Dependency,
    /// The file could not be stored.
    Storage,
    /// A fault of the service itself.
    Internal,
}

/// What a generation made.
///
/// # Examples
///
/// ```
/// let output = vitalsigns::families::video::Output { seconds: 12.0, bytes: 3_400_000 };
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Output {
    /// Playing time of the video.
    pub seconds: f64,
    /// Size of its file.
    pub bytes: u64,
}

#[derive(LabelSet)]
struct ThemeOutcome<T> {
    theme: Known<T>,
    outcome: Outcome,
}

#[derive(LabelSet)]
struct ThemeEnded<T> {
    theme: Known<T>,
    outcome: Ended,
}

#[derive(LabelSet)]
struct ByTheme<T> {
    theme: Known<T>,
}

#[derive(LabelSet)]
struct ThemeLevel<T, L> {
    theme: Known<T>,
    level: Known<L>,
}

#[derive(LabelSet)]
struct Failure {
    error_type: ErrorKind,
    stage: Stage,
}

#[derive(LabelSet)]
struct InStage {
    stage: Stage,
}

#[derive(MetricGroup)]
#[metrics(prefix = "video")]
struct VideoMetrics<T: LabelValue, L: LabelValue> {
    /// Generations that ended, by theme and outcome.
    generation_total: Family<ThemeOutcome<T>, Counter>,
    /// Generations that failed, by reason and by the stage that they were in.
    generation_failures_total: Family<Failure, Counter>,
    /// Time from queueing a generation to its end.
    #[metric(buckets = [1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600])]
    generation_duration_seconds: Family<ThemeEnded<T>, Histogram>,
    /// Time that a generation spent in a stage.
    #[metric(buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600])]
    generation_stage_duration_seconds: Family<InStage, Histogram>,
    /// Generations that have started and not ended, by the stage that they are in.
    generation_in_progress: Family<InStage, Gauge>,
    /// When the generation that is in the stage for longest entered it; NaN if none is in it.
    generation_oldest_start_timestamp_seconds: Family<InStage, Gauge<f64>>,
    /// Playing time of the videos made.
    output_seconds_total: Family<ByTheme<T>, Counter<f64>>,
    /// Size of the videos made.
    output_bytes_total: Family<ByTheme<T>, Counter>,
    /// Quality of the videos made, from 0 to 1, by the level that they were optimised at.
    #[metric(buckets = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1])]
    quality_score: Family<ThemeLevel<T, L>, Histogram>,
}

/// Who is in each stage, by the index of its label.
struct Lines {
    stages: Box<[Arc<Oldest>]>,
}

impl<T: LabelValue, L: LabelValue> State<VideoMetrics<T, L>> for Lines {
    fn of(metrics: &VideoMetrics<T, L>) -> Self {
        let family = &metrics.generation_oldest_start_timestamp_seconds;
        let stages = (0..Stage::VALUES.len())
            .filter_map(Stage::from_index)
            .map(|stage| Oldest::new(family.with(&InStage { stage })))
            .collect();
        Lines { stages }
    }
}

type Shared<T, L> = Stateful<VideoMetrics<T, L>, Lines>;

/// The metrics of a service that generates videos.
///
/// `T` is the service's enum of themes, `L` its enum of optimisation levels.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::VideoGeneration;
/// use vitalsigns::families::video::{ErrorKind, Output, Stage};
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Theme {
///     Tech,
///     Nature,
/// }
///
/// let registry = Registry::new();
/// let video = VideoGeneration::<Theme>::register(&registry)?;
///
/// let mut job = video.start(Theme::Tech);
/// job.stage(Stage::Rendering);
/// job.stage(Stage::Encoding);
/// job.succeed(Output { seconds: 12.0, bytes: 3_400_000 });
///
/// let mut job = video.start(Theme::Nature);
/// job.stage(Stage::Rendering);
/// job.fail(ErrorKind::Timeout);
///
/// let forgotten = video.enqueue(Theme::Tech);
/// drop(forgotten); // Counts as cancelled.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct VideoGeneration<T: LabelValue, L: LabelValue = Level> {
    metrics: Shared<T, L>,
}

impl<T: LabelValue, L: LabelValue> VideoGeneration<T, L> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::VideoGeneration};
    /// let video = VideoGeneration::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Shared::register(registry)?;
        Ok(VideoGeneration { metrics })
    }

    /// A generation that waits for a worker: it starts in [`Stage::Queued`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{VideoGeneration, video::Stage}};
    /// # let video = VideoGeneration::<bool>::register(&Registry::new())?;
    /// let mut job = video.enqueue(true);
    /// job.stage(Stage::Planning); // A worker took it.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn enqueue(&self, theme: T) -> Job<T, L> {
        self.begin(theme, Stage::Queued)
    }

    /// A generation that is worked on at once: it starts in [`Stage::Planning`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::VideoGeneration};
    /// # let video = VideoGeneration::<bool>::register(&Registry::new())?;
    /// let job = video.start(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn start(&self, theme: T) -> Job<T, L> {
        self.begin(theme, Stage::Planning)
    }

    /// A generation that was asked for and not taken on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::VideoGeneration};
    /// # let video = VideoGeneration::<bool>::register(&Registry::new())?;
    /// video.reject(true); // The queue is full.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn reject(&self, theme: T) {
        let labels = ThemeOutcome {
            theme: Known::new(theme),
            outcome: Outcome::Rejected,
        };
        self.metrics.generation_total.with(&labels).inc();
    }

    /// The quality of a finished video, from 0 to 1, as it is after optimising at `level`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{VideoGeneration, ai::Level}};
    /// # let video = VideoGeneration::<bool>::register(&Registry::new())?;
    /// video.quality(true, Level::Standard, 0.973);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn quality(&self, theme: T, level: L, score: f64) {
        let labels = ThemeLevel {
            theme: Known::new(theme),
            level: Known::new(level),
        };
        self.metrics.quality_score.with(&labels).observe(score);
    }

    fn begin(&self, theme: T, stage: Stage) -> Job<T, L> {
        Job {
            metrics: self.metrics.clone(),
            theme: Known::new(theme),
            started: Stopwatch::start(),
            current: Some(InProgress::enter(&self.metrics, stage)),
        }
    }
}

impl<T: LabelValue, L: LabelValue> Clone for VideoGeneration<T, L> {
    fn clone(&self) -> Self {
        VideoGeneration {
            metrics: self.metrics.clone(),
        }
    }
}

impl<T: LabelValue, L: LabelValue> fmt::Debug for VideoGeneration<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VideoGeneration").finish_non_exhaustive()
    }
}

/// One generation on its way. Dropped before it says how it ended, it counts as cancelled; dropped
/// by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{VideoGeneration, video::{Output, Stage}}};
/// # let video = VideoGeneration::<bool>::register(&Registry::new())?;
/// let mut job = video.enqueue(true);
/// job.stage(Stage::Rendering);
/// job.succeed(Output { seconds: 4.0, bytes: 500_000 });
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a job that is dropped counts as cancelled"]
pub struct Job<T: LabelValue, L: LabelValue = Level> {
    metrics: Shared<T, L>,
    theme: Known<T>,
    started: Stopwatch,
    /// `None` once the end was recorded.
    current: Option<InProgress>,
}

/// A stage that was entered and not left.
struct InProgress {
    stage: Stage,
    started: Stopwatch,
    duration: Histogram,
    _gauge: GaugeGuard,
    _place: Place,
}

impl InProgress {
    fn enter<T: LabelValue, L: LabelValue>(metrics: &Shared<T, L>, stage: Stage) -> Self {
        InProgress {
            stage,
            started: Stopwatch::start(),
            duration: metrics
                .generation_stage_duration_seconds
                .with(&InStage { stage }),
            _gauge: metrics
                .generation_in_progress
                .with(&InStage { stage })
                .hold(1),
            _place: metrics.state().stages[stage.index()].join(),
        }
    }

    fn leave(self) -> Stage {
        self.duration.observe(self.started.elapsed());
        self.stage
    }
}

impl<T: LabelValue, L: LabelValue> Job<T, L> {
    /// Leaves the stage that the job is in, which ends its time, and enters `stage`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{VideoGeneration, video::Stage}};
    /// # let video = VideoGeneration::<bool>::register(&Registry::new())?;
    /// let mut job = video.start(true);
    /// job.stage(Stage::Encoding);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn stage(&mut self, stage: Stage) {
        // Entered before the other is left: the job is never in no stage.
        let next = InProgress::enter(&self.metrics, stage);
        if let Some(left) = self.current.replace(next) {
            left.leave();
        }
    }

    /// How long the job has been going.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::VideoGeneration};
    /// # let video = VideoGeneration::<bool>::register(&Registry::new())?;
    /// assert!(video.start(true).elapsed().as_secs() < 60);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The video is there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{VideoGeneration, video::Output}};
    /// # let video = VideoGeneration::<bool>::register(&Registry::new())?;
    /// video.start(true).succeed(Output { seconds: 4.0, bytes: 500_000 });
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn succeed(mut self, output: Output) {
        let labels = ByTheme { theme: self.theme };
        let metrics = &self.metrics;
        metrics
            .output_seconds_total
            .with(&labels)
            .add(output.seconds);
        metrics.output_bytes_total.with(&labels).add(output.bytes);
        self.end(Ended::Success);
    }

    /// The video could not be made; the stage that the job is in goes into the record.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{VideoGeneration, video::ErrorKind}};
    /// # let video = VideoGeneration::<bool>::register(&Registry::new())?;
    /// video.start(true).fail(ErrorKind::Storage);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self, error_type: ErrorKind) {
        if let Some(stage) = self.end(Ended::Failed) {
            self.metrics
                .generation_failures_total
                .with(&Failure { error_type, stage })
                .inc();
        }
    }

    fn end(&mut self, outcome: Ended) -> Option<Stage> {
        // Left at the end of all, so that who sees nothing in progress sees everything counted.
        let current = self.current.take()?;
        let (metrics, theme) = (&self.metrics, self.theme);
        let labels = ThemeEnded { theme, outcome };
        let duration = metrics.generation_duration_seconds.with(&labels);
        duration.observe(self.started.elapsed());
        let outcome = outcome.outcome();
        let labels = ThemeOutcome { theme, outcome };
        metrics.generation_total.with(&labels).inc();
        Some(current.leave())
    }
}

impl<T: LabelValue, L: LabelValue> Drop for Job<T, L> {
    fn drop(&mut self) {
        self.end(unsaid(Ended::Cancelled, Ended::Panicked));
    }
}

impl<T: LabelValue, L: LabelValue> fmt::Debug for Job<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("stage", &self.current.as_ref().map(|current| current.stage))
            .field("elapsed", &self.elapsed())
            .finish_non_exhaustive()
    }
}
