//! A function that optimises.

use super::{AiOptimization, Measured, Optimization};
use crate::LabelValue;
use crate::instrument::{Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The labels of an optimisation in `#[instrument_metrics(on = …, …)]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::AiOptimization;
    /// use vitalsigns::families::ai::{Level, Measured};
    /// use vitalsigns::{Registry, instrument_metrics};
    ///
    /// #[instrument_metrics(on = ai, optimization_type = true, level = Level::Light, ok = |it| *it)]
    /// fn optimise(ai: &AiOptimization<bool>) -> Result<Measured, String> {
    ///     Ok(Measured { input_bytes: 1000, output_bytes: 700, ..Measured::default() })
    /// }
    ///
    /// optimise(&AiOptimization::register(&Registry::new())?).unwrap();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// What is optimised, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::ai::{CallLabels, Level};
        ///
        /// let labels = CallLabels::default().optimization_type(true).level(Level::Light);
        /// ```
        optimization_type: O is LabelValue,
        /// How hard.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::ai::{CallLabels, Level};
        ///
        /// let labels = CallLabels::default().level(Level::Light);
        /// ```
        level: L is LabelValue,
    }
}

impl<O: LabelValue, L: LabelValue> Instrument for AiOptimization<O, L> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<O, L>;
    type Guard = Optimization<O, L>;

    fn start(&self, labels: CallLabels<O, L>) -> Optimization<O, L> {
        AiOptimization::start(self, labels.optimization_type, labels.level)
    }
}

impl<O: LabelValue, L: LabelValue> InstrumentGuard for Optimization<O, L> {
    type Success = Measured;
    type Failure = ();

    fn succeed(self, measured: Measured) {
        Optimization::succeed(self, measured);
    }

    fn fail(self, (): ()) {
        Optimization::fail(self);
    }
}
