//! A function that works on a task.

use std::time::SystemTime;

use super::{Task, WorkQueues};
use crate::LabelValue;
use crate::instrument::{Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// What is said of a task in `#[instrument_metrics(on = queues, queue = …, enqueued_at = …)]`:
    /// one that came from a broker, as with [`WorkQueues::receive`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use vitalsigns::{Registry, families::WorkQueues, instrument_metrics};
    ///
    /// #[instrument_metrics(on = queues, queue = true, enqueued_at = sent)]
    /// fn handle(queues: &WorkQueues<bool>, sent: SystemTime) -> Result<(), String> {
    ///     Ok(())
    /// }
    ///
    /// handle(&WorkQueues::register(&Registry::new())?, SystemTime::now()).unwrap();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// The queue, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::queue::CallLabels::default().queue(true);
        /// ```
        queue: Q is LabelValue,
        /// When the task was put into the queue; it is no label, but the start of the wait.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::time::SystemTime;
        /// use vitalsigns::families::queue::CallLabels;
        ///
        /// let labels = CallLabels::default().queue(true).enqueued_at(SystemTime::now());
        /// ```
        enqueued_at: S is Into<SystemTime>,
    }
}

impl<Q: LabelValue> Instrument for WorkQueues<Q> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<Q, SystemTime>;
    type Guard = Task<Q>;

    fn start(&self, labels: CallLabels<Q, SystemTime>) -> Task<Q> {
        self.receive(labels.queue, labels.enqueued_at)
    }
}

impl<Q: LabelValue> InstrumentGuard for Task<Q> {
    type Success = ();
    type Failure = ();

    fn succeed(self, (): ()) {
        self.done();
    }

    fn fail(self, (): ()) {
        self.failed();
    }
}
