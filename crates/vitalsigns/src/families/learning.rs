//! Learning: enrolments, lessons, time spent, and assessments.
//!
//! | family | what it measures |
//! |---|---|
//! | `learning_enrolments_total{subject,outcome}` | attempts to enrol in a course |
//! | `learning_lessons_total{subject,outcome}` | lessons that ended |
//! | `learning_lessons_in_progress{subject}` | lessons that have begun and not ended |
//! | `learning_lesson_duration_seconds{subject,outcome}` | from the begin of a lesson to its end |
//! | `learning_engagement_seconds_total{subject}` | time in which learners did something |
//! | `learning_assessments_total{subject,outcome}` | tests and exams that ended |
//! | `learning_assessment_score_ratio{subject}` | scores of those that were graded, 0 to 1 |
//!
//! A lesson starts with [`Learning::lesson`] and ends when its [`Lesson`] says how, or is dropped;
//! lessons started are those that ended and those in progress. It is one that a process holds, as
//! a live class or a page with an open connection. Its duration is by the clock; how much of it
//! was attention is what the client reports with [`Learning::engaged`]. An enrolment and an
//! assessment count when they are decided. Whether anybody learned anything is not seen.
//!
//! The subjects are the service's own: a closed enum with `derive(LabelValue)`. A course or a
//! lesson is content, made while the service runs, and there is no end of them: their names are no
//! labels, and neither are learners.
//!
//! Minutes of engagement are seconds here, as all time is, and a lesson completed is
//! `learning_lessons_total{outcome="completed"}` in place of a total of successes alone, so that
//! a share of completion needs no join.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Known, unsaid};
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue, MetricGroup,
    RegisterError, Registry,
};

/// The longest time of engagement that one report can be about: a day.
const LONGEST_REPORT: Duration = Duration::from_secs(24 * 60 * 60);

/// How an enrolment went.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::learning::Enrolment};
///
/// assert_eq!(Enrolment::VALUES, ["success", "duplicate", "full", "not_eligible", "failed"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Enrolment {
    /// The learner is in.
    Success,
    /// The learner was in already.
    Duplicate,
    /// The course has no place left.
    Full,
    /// The learner may not: something else comes first, is to be paid, or is over.
    NotEligible,
    /// A fault of the service.
    Failed,
}

/// How a lesson ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::learning::LessonOutcome};
///
/// assert_eq!(
///     LessonOutcome::VALUES,
///     ["completed", "abandoned", "failed", "cancelled", "panicked"],
/// );
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LessonOutcome {
    /// The learner came to its end.
    Completed,
    /// The learner left before.
    Abandoned,
    /// A fault of the service ended it.
    Failed,
    /// It was dropped: the connection is gone, or the service stops.
    Cancelled,
    /// It was dropped by a panic.
    Panicked,
}

/// What an assessment came to.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::learning::Assessment;
///
/// let exam = Assessment::Graded { passed: true, score_ratio: 17.0 / 20.0 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Assessment {
    /// It was graded: `outcome` is `passed` or `not_passed`.
    Graded {
        /// Whether it is enough.
        passed: bool,
        /// The share of the points, from 0 to 1. Anything else is no score: the assessment
        /// counts, the score does not, and adds one to `vitalsigns_observations_rejected_total`.
        score_ratio: f64,
    },
    /// The time was over before it was handed in: `expired`.
    Expired,
    /// The learner gave it up: `withdrawn`.
    Withdrawn,
    /// It could not be held or graded, by a fault of the service: `failed`.
    Failed,
}

#[derive(LabelValue, Clone, Copy)]
enum AssessmentOutcome {
    Passed,
    NotPassed,
    Expired,
    Withdrawn,
    Failed,
}

#[derive(LabelSet)]
struct BySubject<S> {
    subject: Known<S>,
}

#[derive(LabelSet)]
struct EnrolmentLabels<S> {
    subject: Known<S>,
    outcome: Enrolment,
}

#[derive(LabelSet)]
struct LessonLabels<S> {
    subject: Known<S>,
    outcome: LessonOutcome,
}

#[derive(LabelSet)]
struct AssessmentLabels<S> {
    subject: Known<S>,
    outcome: AssessmentOutcome,
}

#[derive(MetricGroup)]
#[metrics(prefix = "learning")]
struct LearningMetrics<S: LabelValue> {
    /// Enrolments that were decided, by subject and outcome.
    enrolments_total: Family<EnrolmentLabels<S>, Counter>,
    /// Lessons that ended, by subject and outcome.
    lessons_total: Family<LessonLabels<S>, Counter>,
    /// Lessons that have begun and not ended.
    lessons_in_progress: Family<BySubject<S>, Gauge>,
    /// Time from the begin of a lesson to its end, by the clock.
    #[metric(buckets = [15, 60, 180, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 14400])]
    lesson_duration_seconds: Family<LessonLabels<S>, Histogram>,
    /// Time in which learners did something, as the clients report it.
    engagement_seconds_total: Family<BySubject<S>, Counter<f64>>,
    /// Assessments that ended, by subject and outcome.
    assessments_total: Family<AssessmentLabels<S>, Counter>,
    /// Scores of the assessments that were graded, as a share of the points.
    #[metric(buckets = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1])]
    assessment_score_ratio: Family<BySubject<S>, Histogram>,
}

/// The metrics of a service that people learn with.
///
/// `S` is the service's enum of subjects.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns::families::Learning;
/// use vitalsigns::families::learning::{Assessment, Enrolment};
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue, Clone, Copy)]
/// enum Subject {
///     Languages,
///     Mathematics,
/// }
///
/// let registry = Registry::new();
/// let learning = Learning::<Subject>::register(&registry)?;
///
/// learning.enrolled(Subject::Languages, Enrolment::Success);
/// let lesson = learning.lesson(Subject::Languages);
/// learning.engaged(Subject::Languages, Duration::from_secs(55));
/// lesson.completed();
/// let exam = Assessment::Graded { passed: true, score_ratio: 0.85 };
/// learning.assessed(Subject::Languages, exam);
///
/// let forgotten = learning.lesson(Subject::Mathematics);
/// drop(forgotten); // Counts as cancelled.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct Learning<S: LabelValue> {
    metrics: Arc<LearningMetrics<S>>,
}

impl<S: LabelValue> Learning<S> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Learning};
    /// let learning = Learning::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(LearningMetrics::register(registry)?);
        Ok(Learning { metrics })
    }

    /// Somebody wanted to enrol in a course, and this is how it went.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Learning, learning::Enrolment}};
    /// # let learning = Learning::<bool>::register(&Registry::new())?;
    /// learning.enrolled(true, Enrolment::Full);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn enrolled(&self, subject: S, outcome: Enrolment) {
        let subject = Known::new(subject);
        let labels = EnrolmentLabels { subject, outcome };
        self.metrics.enrolments_total.with(&labels).inc();
    }

    /// A lesson begins.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Learning};
    /// # let learning = Learning::<bool>::register(&Registry::new())?;
    /// let lesson = learning.lesson(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn lesson(&self, subject: S) -> Lesson<S> {
        let subject = Known::new(subject);
        let in_progress = &self.metrics.lessons_in_progress;
        Lesson {
            metrics: Arc::clone(&self.metrics),
            subject,
            started: Stopwatch::start(),
            in_progress: Some(in_progress.with(&BySubject { subject }).hold(1)),
        }
    }

    /// A learner was at it for this long since the last report.
    ///
    /// A report about more than a day is none: it is not added, and adds one to
    /// `vitalsigns_observations_rejected_total`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use vitalsigns::{Registry, families::Learning};
    /// # let learning = Learning::<bool>::register(&Registry::new())?;
    /// learning.engaged(true, Duration::from_secs(30)); // Every half minute, while keys are hit.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn engaged(&self, subject: S, time: Duration) {
        let subject = Known::new(subject);
        let engagement = self
            .metrics
            .engagement_seconds_total
            .with(&BySubject { subject });
        engagement.add(if time <= LONGEST_REPORT {
            time.as_secs_f64()
        } else {
            NOT_A_MEASUREMENT
        });
    }

    /// An assessment ended, and this is what it came to.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Learning, learning::Assessment}};
    /// # let learning = Learning::<bool>::register(&Registry::new())?;
    /// learning.assessed(true, Assessment::Graded { passed: false, score_ratio: 0.35 });
    /// learning.assessed(true, Assessment::Expired);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn assessed(&self, subject: S, assessment: Assessment) {
        let (metrics, subject) = (&self.metrics, Known::new(subject));
        let outcome = match assessment {
            Assessment::Graded { passed: true, .. } => AssessmentOutcome::Passed,
            Assessment::Graded { passed: false, .. } => AssessmentOutcome::NotPassed,
            Assessment::Expired => AssessmentOutcome::Expired,
            Assessment::Withdrawn => AssessmentOutcome::Withdrawn,
            Assessment::Failed => AssessmentOutcome::Failed,
        };
        if let Assessment::Graded { score_ratio, .. } = assessment {
            let scores = metrics.assessment_score_ratio.with(&BySubject { subject });
            scores.observe(if score_ratio <= 1.0 {
                score_ratio
            } else {
                NOT_A_MEASUREMENT
            });
        }
        let labels = AssessmentLabels { subject, outcome };
        metrics.assessments_total.with(&labels).inc();
    }
}

/// What counters and histograms refuse and count as refused.
const NOT_A_MEASUREMENT: f64 = f64::NAN;

impl<S: LabelValue> Clone for Learning<S> {
    fn clone(&self) -> Self {
        Learning {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<S: LabelValue> fmt::Debug for Learning<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Learning").finish_non_exhaustive()
    }
}

/// One lesson on its way. Dropped before it says how it ended, it counts as cancelled; dropped by
/// a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::Learning};
/// # let learning = Learning::<bool>::register(&Registry::new())?;
/// learning.lesson(true).completed();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a lesson that is dropped counts as cancelled"]
pub struct Lesson<S: LabelValue> {
    metrics: Arc<LearningMetrics<S>>,
    subject: Known<S>,
    started: Stopwatch,
    /// `None` once the end was recorded.
    in_progress: Option<GaugeGuard>,
}

impl<S: LabelValue> Lesson<S> {
    /// The learner came to its end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Learning};
    /// # let learning = Learning::<bool>::register(&Registry::new())?;
    /// learning.lesson(true).completed();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn completed(mut self) {
        self.end(LessonOutcome::Completed);
    }

    /// The learner left before its end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Learning};
    /// # let learning = Learning::<bool>::register(&Registry::new())?;
    /// learning.lesson(true).abandoned();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn abandoned(mut self) {
        self.end(LessonOutcome::Abandoned);
    }

    /// A fault of the service ended it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Learning};
    /// # let learning = Learning::<bool>::register(&Registry::new())?;
    /// learning.lesson(true).failed();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn failed(mut self) {
        self.end(LessonOutcome::Failed);
    }

    fn end(&mut self, outcome: LessonOutcome) {
        // Given back last, so that who sees nothing in progress sees everything counted.
        let Some(_in_progress) = self.in_progress.take() else {
            return;
        };
        let subject = self.subject;
        let labels = LessonLabels { subject, outcome };
        let duration = self.metrics.lesson_duration_seconds.with(&labels);
        duration.observe(self.started.elapsed());
        self.metrics.lessons_total.with(&labels).inc();
    }
}

impl<S: LabelValue> Drop for Lesson<S> {
    fn drop(&mut self) {
        self.end(unsaid(LessonOutcome::Cancelled, LessonOutcome::Panicked));
    }
}

impl<S: LabelValue> fmt::Debug for Lesson<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lesson")
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
