//! A function that generates a video.

use super::{ErrorKind, Job, Output, VideoGeneration};
use crate::LabelValue;
use crate::instrument::{Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The label of a generation in `#[instrument_metrics(on = …, theme = …)]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::VideoGeneration;
    /// use vitalsigns::families::video::{ErrorKind, Output};
    /// use vitalsigns::{Registry, instrument_metrics};
    ///
    /// struct Studio {
    ///     video: VideoGeneration<bool>,
    /// }
    ///
    /// impl Studio {
    ///     #[instrument_metrics(
    ///         on = self.video,
    ///         theme = tech,
    ///         ok = |bytes| Output { seconds: 4.0, bytes: *bytes },
    ///         error = |_| ErrorKind::Timeout,
    ///     )]
    ///     async fn generate(&self, tech: bool) -> Result<u64, String> {
    ///         Ok(500_000)
    ///     }
    /// }
    /// # let video = VideoGeneration::register(&Registry::new())?;
    /// # drop(Studio { video }.generate(true));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// The theme, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::video::CallLabels::default().theme(true);
        /// ```
        theme: T is LabelValue,
    }
}

impl<T: LabelValue, L: LabelValue> Instrument for VideoGeneration<T, L> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<T>;
    type Guard = Job<T, L>;

    fn start(&self, labels: CallLabels<T>) -> Job<T, L> {
        VideoGeneration::start(self, labels.theme)
    }
}

impl<T: LabelValue, L: LabelValue> InstrumentGuard for Job<T, L> {
    type Success = Output;
    type Failure = ErrorKind;

    fn succeed(self, output: Output) {
        Job::succeed(self, output);
    }

    fn fail(self, error: ErrorKind) {
        Job::fail(self, error);
    }
}
