//! AI optimisation: how often, how long, how much smaller, and at what price in quality.
//!
//! An optimisation starts with [`AiOptimization::start`] and ends when its [`Optimization`] says
//! how, or is dropped. Bytes in and out are counters, so that the true reduction of any set of
//! optimisations is `1 - out / in`; the histogram of single reductions shows how they spread.
//! What the result is used for afterwards is not measured here.
//!
//! The types of optimisation are the service's own: a closed enum with `derive(LabelValue)`.

mod call;

pub use call::CallLabels;

use std::fmt;
use std::sync::Arc;

use super::{Known, unsaid};
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue, MetricGroup,
    RegisterError, Registry,
};

/// How hard to optimise, for services that have no levels of their own.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::ai::Level};
///
/// assert_eq!(Level::from_label("standard"), Some(Level::Standard));
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Little, without a visible loss.
    Light,
    /// A good bargain between size and quality.
    Standard,
    /// As small as it gets.
    Aggressive,
}

/// How an optimisation ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::ai::Outcome};
///
/// assert_eq!(Outcome::VALUES, ["success", "skipped", "failed", "cancelled", "panicked"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The result is in use.
    Success,
    /// The original is in use: the result was no better.
    Skipped,
    /// There is no result.
    Failed,
    /// Nobody wants it any more: the guard was dropped.
    Cancelled,
    /// The guard was dropped by a panic.
    Panicked,
}

/// Whether a quality was measured before or after optimising.
#[derive(LabelValue, Clone, Copy)]
enum Moment {
    Before,
    After,
}

#[derive(LabelSet)]
struct TypeLevelOutcome<O, L> {
    optimization_type: Known<O>,
    level: Known<L>,
    outcome: Outcome,
}

#[derive(LabelSet)]
struct TypeLevel<O, L> {
    optimization_type: Known<O>,
    level: Known<L>,
}

#[derive(LabelSet)]
struct TypeLevelMoment<O, L> {
    optimization_type: Known<O>,
    level: Known<L>,
    moment: Moment,
}

#[derive(MetricGroup)]
#[metrics(prefix = "ai")]
struct AiMetrics<O: LabelValue, L: LabelValue> {
    /// Optimisations that ended, by type, level and outcome.
    optimization_total: Family<TypeLevelOutcome<O, L>, Counter>,
    /// Time from the start of an optimisation to its end.
    #[metric(buckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600])]
    optimization_duration_seconds: Family<TypeLevelOutcome<O, L>, Histogram>,
    /// Optimisations that have started and not ended.
    optimization_in_progress: Family<TypeLevel<O, L>, Gauge>,
    /// Size before optimising, of optimisations that came to a result.
    optimization_input_bytes_total: Family<TypeLevel<O, L>, Counter>,
    /// Size after optimising, of optimisations that came to a result.
    optimization_output_bytes_total: Family<TypeLevel<O, L>, Counter>,
    /// Share of the size that an optimisation saved; negative if the result is larger.
    #[metric(buckets = [-0.5, -0.25, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])]
    optimization_size_reduction_ratio: Family<TypeLevel<O, L>, Histogram>,
    /// Quality from 0 to 1, before and after optimising.
    #[metric(buckets = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1])]
    optimization_quality_score: Family<TypeLevelMoment<O, L>, Histogram>,
    /// Optimisations whose result is worse than the quality that the service accepts.
    optimization_quality_regressions_total: Family<TypeLevel<O, L>, Counter>,
}

/// What an optimisation came to.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::ai::Measured;
///
/// let measured = Measured {
///     input_bytes: 1_000_000,
///     output_bytes: 400_000,
///     quality_before: Some(1.0),
///     quality_after: Some(0.97),
/// };
/// assert_eq!(measured.size_reduction_ratio(), 0.6);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Size before.
    pub input_bytes: u64,
    /// Size after.
    pub output_bytes: u64,
    /// Quality before, from 0 to 1, if it was measured.
    pub quality_before: Option<f64>,
    /// Quality after, from 0 to 1, if it was measured.
    pub quality_after: Option<f64>,
}

impl Measured {
    /// The share of the size that was saved: `1 - output / input`; 0 if there was no input.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::ai::Measured;
    ///
    /// let grown = Measured { input_bytes: 100, output_bytes: 150, ..Measured::default() };
    /// assert_eq!(grown.size_reduction_ratio(), -0.5);
    /// ```
    pub fn size_reduction_ratio(&self) -> f64 {
        if self.input_bytes == 0 {
            return 0.0;
        }
        1.0 - self.output_bytes as f64 / self.input_bytes as f64
    }
}

/// The metrics of a service that optimises what it makes.
///
/// `O` is the service's enum of optimisation types, `L` its enum of levels.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::AiOptimization;
/// use vitalsigns::families::ai::{Level, Measured};
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Type {
///     Video,
///     Image,
/// }
///
/// let registry = Registry::new();
/// let ai = AiOptimization::<Type>::register(&registry)?.quality_floor(0.9);
///
/// let optimization = ai.start(Type::Video, Level::Standard);
/// optimization.succeed(Measured {
///     input_bytes: 1_000_000,
///     output_bytes: 400_000,
///     quality_before: Some(1.0),
///     quality_after: Some(0.88), // Below the floor: a regression.
/// });
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct AiOptimization<O: LabelValue, L: LabelValue = Level> {
    metrics: Arc<AiMetrics<O, L>>,
    quality_floor: Option<f64>,
}

impl<O: LabelValue, L: LabelValue> AiOptimization<O, L> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AiOptimization};
    /// let ai = AiOptimization::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(AiMetrics::register(registry)?);
        Ok(AiOptimization {
            metrics,
            quality_floor: None,
        })
    }

    /// The quality below which a result counts as a regression; what is no quality (negative, NaN)
    /// is refused, and is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::AiOptimization};
    /// let ai = AiOptimization::<bool>::register(&Registry::new())?.quality_floor(0.92);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    #[must_use]
    pub fn quality_floor(mut self, floor: f64) -> Self {
        self.quality_floor = Some(floor);
        self
    }

    /// An optimisation begins.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{AiOptimization, ai::Level}};
    /// # let ai = AiOptimization::<bool>::register(&Registry::new())?;
    /// let optimization = ai.start(true, Level::Light);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn start(&self, optimization_type: O, level: L) -> Optimization<O, L> {
        let labels = TypeLevel {
            optimization_type: Known::new(optimization_type),
            level: Known::new(level),
        };
        let in_progress = self.metrics.optimization_in_progress.with(&labels).hold(1);
        Optimization {
            metrics: Arc::clone(&self.metrics),
            quality_floor: self.quality_floor,
            labels,
            started: Stopwatch::start(),
            in_progress: Some(in_progress),
        }
    }
}

impl<O: LabelValue, L: LabelValue> Clone for AiOptimization<O, L> {
    fn clone(&self) -> Self {
        AiOptimization {
            metrics: Arc::clone(&self.metrics),
            quality_floor: self.quality_floor,
        }
    }
}

impl<O: LabelValue, L: LabelValue> fmt::Debug for AiOptimization<O, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AiOptimization")
            .field("quality_floor", &self.quality_floor)
            .finish_non_exhaustive()
    }
}

/// One optimisation on its way. Dropped before it says how it ended, it counts as cancelled;
/// dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{AiOptimization, ai::Level}};
/// # let ai = AiOptimization::<bool>::register(&Registry::new())?;
/// let optimization = ai.start(true, Level::Light);
/// optimization.fail();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "an optimisation that is dropped counts as cancelled"]
pub struct Optimization<O: LabelValue, L: LabelValue = Level> {
    metrics: Arc<AiMetrics<O, L>>,
    quality_floor: Option<f64>,
    labels: TypeLevel<O, L>,
    started: Stopwatch,
    /// `None` once the end was recorded.
    in_progress: Option<GaugeGuard>,
}

impl<O: LabelValue, L: LabelValue> Optimization<O, L> {
    /// The result is in use.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{AiOptimization, ai::{Level, Measured}}};
    /// # let ai = AiOptimization::<bool>::register(&Registry::new())?;
    /// ai.start(true, Level::Light).succeed(Measured {
    ///     input_bytes: 1000,
    ///     output_bytes: 700,
    ///     ..Measured::default()
    /// });
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn succeed(mut self, measured: Measured) {
        self.measured(measured);
        self.end(Outcome::Success);
    }

    /// The original stays in use because the result is no better; its size counts on both sides.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{AiOptimization, ai::Level}};
    /// # let ai = AiOptimization::<bool>::register(&Registry::new())?;
    /// ai.start(true, Level::Light).skip(1000);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn skip(mut self, bytes: u64) {
        self.measured(Measured {
            input_bytes: bytes,
            output_bytes: bytes,
            ..Measured::default()
        });
        self.end(Outcome::Skipped);
    }

    /// There is no result.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{AiOptimization, ai::Level}};
    /// # let ai = AiOptimization::<bool>::register(&Registry::new())?;
    /// ai.start(true, Level::Light).fail();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self) {
        self.end(Outcome::Failed);
    }

    fn measured(&self, measured: Measured) {
        let (metrics, labels) = (&self.metrics, &self.labels);
        metrics
            .optimization_input_bytes_total
            .with(labels)
            .add(measured.input_bytes);
        metrics
            .optimization_output_bytes_total
            .with(labels)
            .add(measured.output_bytes);
        let reduction = metrics.optimization_size_reduction_ratio.with(labels);
        reduction.observe(measured.size_reduction_ratio());
        let qualities = [
            (Moment::Before, measured.quality_before),
            (Moment::After, measured.quality_after),
        ];
        for (moment, quality) in qualities {
            if let Some(quality) = quality {
                let labels = TypeLevelMoment {
                    optimization_type: labels.optimization_type,
                    level: labels.level,
                    moment,
                };
                metrics
                    .optimization_quality_score
                    .with(&labels)
                    .observe(quality);
            }
        }
        if let (Some(after), Some(floor)) = (measured.quality_after, self.quality_floor)
            && (0.0..floor).contains(&after)
        {
            metrics
                .optimization_quality_regressions_total
                .with(labels)
                .inc();
        }
    }

    fn end(&mut self, outcome: Outcome) {
        // Held until all is counted, so that who sees nothing in progress sees everything.
        let Some(_in_progress) = self.in_progress.take() else {
            return;
        };
        let labels = TypeLevelOutcome {
            optimization_type: self.labels.optimization_type,
            level: self.labels.level,
            outcome,
        };
        self.metrics.optimization_total.with(&labels).inc();
        let duration = self.metrics.optimization_duration_seconds.with(&labels);
        duration.observe(self.started.elapsed());
    }
}

impl<O: LabelValue, L: LabelValue> Drop for Optimization<O, L> {
    fn drop(&mut self) {
        self.end(unsaid(Outcome::Cancelled, Outcome::Panicked));
    }
}

impl<O: LabelValue, L: LabelValue> fmt::Debug for Optimization<O, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Optimization")
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
