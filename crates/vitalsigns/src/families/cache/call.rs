//! A function that loads what a cache missed.

use super::{Cache, Load};
use crate::LabelValue;
use crate::instrument::{Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The label of a load in `#[instrument_metrics(on = caches, cache = …)]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, families::Cache, instrument_metrics};
    ///
    /// #[instrument_metrics(on = caches, cache = true)]
    /// fn load(caches: &Cache<bool>, key: u64) -> Result<String, std::io::Error> {
    ///     Ok(key.to_string())
    /// }
    ///
    /// load(&Cache::register(&Registry::new())?, 7).unwrap();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// The cache, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::cache::CallLabels::default().cache(true);
        /// ```
        cache: C is LabelValue,
    }
}

impl<C: LabelValue> Instrument for Cache<C> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<C>;
    type Guard = Load<C>;

    fn start(&self, labels: CallLabels<C>) -> Load<C> {
        self.load(labels.cache)
    }
}

impl<C: LabelValue> InstrumentGuard for Load<C> {
    type Success = ();
    type Failure = ();

    fn succeed(self, (): ()) {
        Load::succeed(self);
    }

    fn fail(self, (): ()) {
        Load::fail(self);
    }
}
