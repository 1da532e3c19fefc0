//! Events that are sent.

use std::fmt;
use std::sync::Arc;

use super::super::{Known, unsaid};
use super::BATCH_BUCKETS;
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue, MetricGroup,
    RegisterError, Registry,
};

/// Why events were not sent.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::events::SendError};
///
/// assert_eq!(SendError::TooLarge.as_label(), "too_large");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SendError {
    /// The broker did not answer in time.
    Timeout,
    /// There is no broker that takes the topic now.
    Unavailable,
    /// The broker refused: no such topic, no permission.
    Rejected,
    /// The event is larger than the broker takes.
    TooLarge,
    /// Anything else.
    Failed,
}

/// How sending an event ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::events::SendOutcome};
///
/// assert_eq!(SendOutcome::Success.as_label(), "success");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SendOutcome {
    /// The broker has it.
    Success,
    /// The broker did not answer in time.
    Timeout,
    /// There was no broker that takes the topic.
    Unavailable,
    /// The broker refused.
    Rejected,
    /// The event is larger than the broker takes.
    TooLarge,
    /// Anything else.
    Failed,
    /// Its guard was dropped.
    Cancelled,
    /// Its guard was dropped by a panic.
    Panicked,
}

impl From<SendError> for SendOutcome {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Timeout => SendOutcome::Timeout,
            SendError::Unavailable => SendOutcome::Unavailable,
            SendError::Rejected => SendOutcome::Rejected,
            SendError::TooLarge => SendOutcome::TooLarge,
            SendError::Failed => SendOutcome::Failed,
        }
    }
}

#[derive(LabelSet)]
struct TopicOutcome<T> {
    topic: Known<T>,
    outcome: SendOutcome,
}

#[derive(LabelSet)]
struct ByTopic<T> {
    topic: Known<T>,
}

#[derive(MetricGroup)]
#[metrics(prefix = "events")]
struct ProducerMetrics<T: LabelValue> {
    /// Events whose sending ended, by topic and outcome.
    produced_total: Family<TopicOutcome<T>, Counter>,
    /// Time from handing events to the broker to its answer, for each send.
    produce_duration_seconds: Family<ByTopic<T>, Histogram>,
    /// Events in one send.
    #[metric(buckets = BATCH_BUCKETS)]
    produce_batch_size: Family<ByTopic<T>, Histogram>,
    /// Events handed to the broker that it has not answered for.
    produce_in_progress: Family<ByTopic<T>, Gauge>,
}

/// The metrics of a service that sends events.
///
/// `T` is the service's enum of topics.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::EventProducer;
/// use vitalsigns::families::events::SendError;
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Topic {
///     Biometric,
///     Alerts,
/// }
///
/// let events = EventProducer::<Topic>::register(&Registry::new())?;
/// events.send(Topic::Biometric, 500).sent();
/// events.send(Topic::Biometric, 500).sent_some(480, SendError::Timeout);
/// events.send(Topic::Alerts, 1).failed(SendError::Unavailable);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct EventProducer<T: LabelValue> {
    metrics: Arc<ProducerMetrics<T>>,
}

impl<T: LabelValue> EventProducer<T> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::EventProducer};
    /// let events = EventProducer::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(ProducerMetrics::register(registry)?);
        Ok(EventProducer { metrics })
    }

    /// So many events are handed to the broker at once. A send of 0 events has a duration and a
    /// batch size, and no outcome.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::EventProducer};
    /// # let events = EventProducer::<bool>::register(&Registry::new())?;
    /// let batch = events.send(true, 1);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn send(&self, topic: T, events: u32) -> Batch<T> {
        let labels = ByTopic {
            topic: Known::new(topic),
        };
        self.metrics
            .produce_batch_size
            .with(&labels)
            .observe(events);
        let in_progress = self.metrics.produce_in_progress.with(&labels);
        Batch {
            metrics: Arc::clone(&self.metrics),
            topic: labels.topic,
            events,
            started: Stopwatch::start(),
            said: None,
            _in_progress: in_progress.hold(i64::from(events)),
        }
    }
}

impl<T: LabelValue> Clone for EventProducer<T> {
    fn clone(&self) -> Self {
        EventProducer {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<T: LabelValue> fmt::Debug for EventProducer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventProducer").finish_non_exhaustive()
    }
}

/// Events on their way to the broker. Dropped before it says how it ended, they count as cancelled;
/// dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::EventProducer};
/// # let events = EventProducer::<bool>::register(&Registry::new())?;
/// let batch = events.send(true, 20);
/// batch.sent();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a batch that is dropped counts as cancelled"]
pub struct Batch<T: LabelValue> {
    metrics: Arc<ProducerMetrics<T>>,
    topic: Known<T>,
    events: u32,
    started: Stopwatch,
    /// How many were sent, and what became of the rest.
    said: Option<(u32, SendOutcome)>,
    /// Goes back after the outcome was recorded.
    _in_progress: GaugeGuard,
}

impl<T: LabelValue> Batch<T> {
    /// The broker has all of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::EventProducer};
    /// # let events = EventProducer::<bool>::register(&Registry::new())?;
    /// events.send(true, 1).sent();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn sent(mut self) {
        self.said = Some((self.events, SendOutcome::Success));
    }

    /// The broker has that many of them, and not the rest. More than there are is all of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{EventProducer, events::SendError}};
    /// # let events = EventProducer::<bool>::register(&Registry::new())?;
    /// events.send(true, 100).sent_some(98, SendError::TooLarge);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn sent_some(mut self, sent: u32, rest: SendError) {
        self.said = Some((sent.min(self.events), rest.into()));
    }

    /// The broker has none of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{EventProducer, events::SendError}};
    /// # let events = EventProducer::<bool>::register(&Registry::new())?;
    /// events.send(true, 1).failed(SendError::Timeout);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn failed(mut self, error: SendError) {
        self.said = Some((0, error.into()));
    }
}

impl<T: LabelValue> Drop for Batch<T> {
    fn drop(&mut self) {
        let (sent, rest) = self
            .said
            .unwrap_or_else(|| (0, unsaid(SendOutcome::Cancelled, SendOutcome::Panicked)));
        let topic = self.topic;
        for (events, outcome) in [(sent, SendOutcome::Success), (self.events - sent, rest)] {
            if events > 0 {
                let labels = TopicOutcome { topic, outcome };
                let counter = self.metrics.produced_total.with(&labels);
                counter.add(u64::from(events));
            }
        }
        let durations = self
            .metrics
            .produce_duration_seconds
            .with(&ByTopic { topic });
        durations.observe(self.started.elapsed());
    }
}

impl<T: LabelValue> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("events", &self.events)
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
