//! Functions that consume an event, and that send events.

use super::{Batch, Event, EventConsumer, EventProducer, SendError};
use crate::LabelValue;
use crate::instrument::{FromReturned, Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The labels of an event in `#[instrument_metrics(on = consumer, …)]`.
    ///
    /// When the event happened is read from it while it is consumed: to record that, take an
    /// [`Event`] by hand.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::EventConsumer;
    /// use vitalsigns::families::events::NotConsumed;
    /// use vitalsigns::{LabelValue, Registry, instrument_metrics};
    ///
    /// #[derive(LabelValue)]
    /// enum Topic {
    ///     Biometric,
    /// }
    ///
    /// #[derive(LabelValue)]
    /// enum Reading {
    ///     HeartRate,
    /// }
    ///
    /// #[instrument_metrics(
    ///     on = events,
    ///     topic = Topic::Biometric,
    ///     event_type = Reading::HeartRate,
    ///     error = |_| NotConsumed::Retried,
    /// )]
    /// async fn beat(events: &EventConsumer<Topic, Reading>, rate: u8) -> Result<(), String> {
    ///     Ok(())
    /// }
    /// # drop(beat(&EventConsumer::register(&Registry::new())?, 60));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// The topic, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::events::CallLabels::default().topic(true);
        /// ```
        topic: T is LabelValue,
        /// The type of the event, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::events::CallLabels::default().event_type(true);
        /// ```
        event_type: K is LabelValue,
    }
}

/// How a function consumed an event; from `()` follows that it is done.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::EventConsumer;
/// use vitalsigns::families::events::{Consumed, NotConsumed};
/// use vitalsigns::{Registry, instrument_metrics};
///
/// #[instrument_metrics(
///     on = events,
///     topic = true,
///     event_type = true,
///     ok = |is_new| if *is_new { Consumed::Done } else { Consumed::Skipped },
///     error = |_| NotConsumed::Failed,
/// )]
/// fn consume(events: &EventConsumer<bool, bool>) -> std::io::Result<bool> {
///     Ok(false)
/// }
///
/// consume(&EventConsumer::register(&Registry::new())?).unwrap();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consumed {
    /// As [`Event::done`].
    Done,
    /// As [`Event::skipped`].
    Skipped,
}

impl FromReturned<()> for Consumed {
    fn from_returned((): &()) -> Self {
        Consumed::Done
    }
}

/// What a function did with an event that it could not consume.
///
/// # Examples
///
/// See [`CallLabels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotConsumed {
    /// As [`Event::malformed`].
    Malformed,
    /// As [`Event::failed`].
    Failed,
    /// As [`Event::dead_lettered`].
    DeadLettered,
    /// As [`Event::retried`].
    Retried,
}

impl<T: LabelValue, K: LabelValue> Instrument for EventConsumer<T, K> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<T, K>;
    type Guard = Event<T, K>;

    fn start(&self, labels: CallLabels<T, K>) -> Event<T, K> {
        self.consume(labels.topic, labels.event_type)
    }
}

impl<T: LabelValue, K: LabelValue> InstrumentGuard for Event<T, K> {
    type Success = Consumed;
    type Failure = NotConsumed;

    fn succeed(self, consumed: Consumed) {
        match consumed {
            Consumed::Done => self.done(),
            Consumed::Skipped => self.skipped(),
        }
    }

    fn fail(self, why: NotConsumed) {
        match why {
            NotConsumed::Malformed => self.malformed(),
            NotConsumed::Failed => self.failed(),
            NotConsumed::DeadLettered => self.dead_lettered(),
            NotConsumed::Retried => self.retried(),
        }
    }
}

call_labels! {
    /// What is said of a send in `#[instrument_metrics(on = producer, topic = …, events = …)]`.
    ///
    /// All of its events are sent, or none; a send of which the broker takes a part takes a
    /// [`Batch`] by hand.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::EventProducer;
    /// use vitalsigns::families::events::SendError;
    /// use vitalsigns::{Registry, instrument_metrics};
    ///
    /// #[instrument_metrics(
    ///     on = events,
    ///     topic = true,
    ///     events = 1_u32,
    ///     error = |_| SendError::Timeout,
    /// )]
    /// async fn alert(events: &EventProducer<bool>) -> Result<(), std::io::Error> {
    ///     Ok(())
    /// }
    /// # drop(alert(&EventProducer::register(&Registry::new())?));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    SendLabels {
        /// The topic, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::events::SendLabels::default().topic(true);
        /// ```
        topic: T is LabelValue,
        /// How many events there are, a `u32`; it is no label, but what is counted.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::events::SendLabels::default().events(1_u32);
        /// ```
        events: N is Into<u32>,
    }
}

impl<T: LabelValue> Instrument for EventProducer<T> {
    type Unlabelled = SendLabels;
    type Labels = SendLabels<T, u32>;
    type Guard = Batch<T>;

    fn start(&self, labels: SendLabels<T, u32>) -> Batch<T> {
        self.send(labels.topic, labels.events)
    }
}

impl<T: LabelValue> InstrumentGuard for Batch<T> {
    type Success = ();
    type Failure = SendError;

    fn succeed(self, (): ()) {
        self.sent();
    }

    fn fail(self, error: SendError) {
        self.failed(error);
    }
}
