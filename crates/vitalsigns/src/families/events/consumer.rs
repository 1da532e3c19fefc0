//! Events that are consumed.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::super::oldest::unix_seconds;
use super::super::{Known, unsaid};
use super::BATCH_BUCKETS;
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue, MetricGroup,
    RegisterError, Registry,
};

/// How consuming an event ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::events::Outcome};
///
/// assert_eq!(Outcome::DeadLettered.as_label(), "dead_lettered");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was processed.
    Success,
    /// There was nothing to do: a duplicate, an event of no interest.
    Skipped,
    /// It cannot be read, and was left behind.
    Malformed,
    /// It could not be processed, and was left behind.
    Failed,
    /// It was put aside for somebody to look at.
    DeadLettered,
    /// It will be consumed again.
    Retried,
    /// Its guard was dropped: a shutdown, a rebalance.
    Cancelled,
    /// Its guard was dropped by a panic.
    Panicked,
}

impl Outcome {
    /// Whether the consumer is past the event, so that it counts for how far behind it is.
    fn is_past(self) -> bool {
        !matches!(
            self,
            Outcome::Retried | Outcome::Cancelled | Outcome::Panicked
        )
    }
}

/// What a rebalance did to a consumer.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::events::Rebalance};
///
/// assert_eq!(Rebalance::VALUES, ["assigned", "revoked", "lost"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rebalance {
    /// It was given partitions.
    Assigned,
    /// Partitions were taken from it in order.
    Revoked,
    /// Partitions went to another because it was silent for too long.
    Lost,
}

#[derive(LabelSet)]
struct TopicTypeOutcome<T, K> {
    topic: Known<T>,
    event_type: Known<K>,
    outcome: Outcome,
}

#[derive(LabelSet)]
struct TopicType<T, K> {
    topic: Known<T>,
    event_type: Known<K>,
}

#[derive(LabelSet)]
struct ByTopic<T> {
    topic: Known<T>,
}

#[derive(LabelSet)]
struct ByChange {
    change: Rebalance,
}

#[derive(MetricGroup)]
#[metrics(prefix = "events")]
struct ConsumerMetrics<T: LabelValue, K: LabelValue> {
    /// Events whose consumption ended, by topic, type and outcome.
    consumed_total: Family<TopicTypeOutcome<T, K>, Counter>,
    /// Time that consuming an event took.
    consume_duration_seconds: Family<TopicType<T, K>, Histogram>,
    /// Events that are being consumed.
    consume_in_progress: Family<ByTopic<T>, Gauge>,
    /// Events that one poll brought; empty polls are left out.
    #[metric(buckets = BATCH_BUCKETS)]
    consume_batch_size: Family<ByTopic<T>, Histogram>,
    /// Events in the topic that this consumer has still to consume.
    consumer_lag: Family<ByTopic<T>, Gauge>,
    /// When an event was last consumed; 0 if none was.
    last_consumed_timestamp_seconds: Family<ByTopic<T>, Gauge<f64>>,
    /// When the event that was consumed last had happened; 0 if none was.
    last_event_timestamp_seconds: Family<ByTopic<T>, Gauge<f64>>,
    /// Events whose time lies ahead of this clock.
    from_future_total: Family<ByTopic<T>, Counter>,
    /// Rebalances of the group that changed which partitions this consumer has.
    rebalances_total: Family<ByChange, Counter>,
}

/// The metrics of a service that consumes events.
///
/// `T` is the service's enum of topics, `K` its enum of event types; where each
/// topic has one type of event, that is an enum with one value.
///
/// # Examples
///
/// The biometric events of a health service:
///
/// ```
/// use std::time::SystemTime;
/// use vitalsigns::families::EventConsumer;
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Topic {
///     Biometric,
/// }
///
/// #[derive(LabelValue)]
/// enum Reading {
///     HeartRate,
///     Sleep,
/// }
///
/// let registry = Registry::builder().namespace("auren").build()?;
/// let events = EventConsumer::<Topic, Reading>::register(&registry)?;
///
/// events.polled(Topic::Biometric, 2);
/// let mut event = events.consume(Topic::Biometric, Reading::HeartRate);
/// event.happened_at(SystemTime::now());
/// event.done(); // `auren_events_consumed_total{topic="biometric",event_type="heart_rate",outcome="success"}`
///
/// events.consume(Topic::Biometric, Reading::Sleep).dead_lettered();
/// events.lag(Topic::Biometric, 17);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct EventConsumer<T: LabelValue, K: LabelValue> {
    metrics: Arc<ConsumerMetrics<T, K>>,
}

impl<T: LabelValue, K: LabelValue> EventConsumer<T, K> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::EventConsumer};
    /// let events = EventConsumer::<bool, bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(ConsumerMetrics::register(registry)?);
        Ok(EventConsumer { metrics })
    }

    /// A poll brought so many events. One that brought none is no batch and is not recorded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::EventConsumer};
    /// # let events = EventConsumer::<bool, bool>::register(&Registry::new())?;
    /// events.polled(true, 500);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn polled(&self, topic: T, events: u32) {
        if events > 0 {
            let topic = Known::new(topic);
            let sizes = self.metrics.consume_batch_size.with(&ByTopic { topic });
            sizes.observe(events);
        }
    }

    /// An event is looked at.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::EventConsumer};
    /// # let events = EventConsumer::<bool, bool>::register(&Registry::new())?;
    /// let event = events.consume(true, false);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn consume(&self, topic: T, event_type: K) -> Event<T, K> {
        let topic = Known::new(topic);
        let in_progress = self.metrics.consume_in_progress.with(&ByTopic { topic });
        Event {
            metrics: Arc::clone(&self.metrics),
            topic,
            event_type: Known::new(event_type),
            started: Stopwatch::start(),
            happened_at: None,
            outcome: None,
            _in_progress: in_progress.hold(1),
        }
    }

    /// How many events of a topic are still to be consumed: over all partitions that this consumer
    /// has, the end of the partition less the position in it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::EventConsumer};
    /// # let events = EventConsumer::<bool, bool>::register(&Registry::new())?;
    /// events.lag(true, 1_200);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn lag(&self, topic: T, events: u64) {
        let topic = Known::new(topic);
        let lag = self.metrics.consumer_lag.with(&ByTopic { topic });
        lag.set(i64::try_from(events).unwrap_or(i64::MAX));
    }

    /// A rebalance of the group changed which partitions this consumer has.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{EventConsumer, events::Rebalance}};
    /// # let events = EventConsumer::<bool, bool>::register(&Registry::new())?;
    /// events.rebalanced(Rebalance::Revoked);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn rebalanced(&self, change: Rebalance) {
        self.metrics
            .rebalances_total
            .with(&ByChange { change })
            .inc();
    }
}

impl<T: LabelValue, K: LabelValue> Clone for EventConsumer<T, K> {
    fn clone(&self) -> Self {
        EventConsumer {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<T: LabelValue, K: LabelValue> fmt::Debug for EventConsumer<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventConsumer").finish_non_exhaustive()
    }
}

/// One event that is being consumed. Dropped before it says how it ended, it counts as cancelled;
/// dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::EventConsumer};
/// # let events = EventConsumer::<bool, bool>::register(&Registry::new())?;
/// let event = events.consume(true, false);
/// event.done();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "an event that is dropped counts as cancelled"]
pub struct Event<T: LabelValue, K: LabelValue> {
    metrics: Arc<ConsumerMetrics<T, K>>,
    topic: Known<T>,
    event_type: Known<K>,
    started: Stopwatch,
    happened_at: Option<SystemTime>,
    outcome: Option<Outcome>,
    /// Goes back after the outcome was recorded.
    _in_progress: GaugeGuard,
}

macro_rules! ends {
    ($($(#[doc = $doc:literal])+ $verb:ident => $outcome:ident;)+) => {$(
        $(#[doc = $doc])+
        ///
        /// # Examples
        ///
        /// ```
        /// # use vitalsigns::{Registry, families::EventConsumer};
        /// # let events = EventConsumer::<bool, bool>::register(&Registry::new())?;
        #[doc = concat!("events.consume(true, false).", stringify!($verb), "();")]
        /// # Ok::<(), vitalsigns::RegisterError>(())
        /// ```
        pub fn $verb(mut self) {
            self.outcome = Some(Outcome::$outcome);
        }
    )+};
}

impl<T: LabelValue, K: LabelValue> Event<T, K> {
    /// When the event happened, by the clock of its producer. It is recorded when the consumer is
    /// past the event; a time ahead of the clock here is counted in `events_from_future_total` and
    /// recorded as now, so that nobody is ahead of time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # use vitalsigns::{Registry, families::EventConsumer};
    /// # let events = EventConsumer::<bool, bool>::register(&Registry::new())?;
    /// let mut event = events.consume(true, false);
    /// event.happened_at(UNIX_EPOCH + Duration::from_millis(1_767_225_600_123));
    /// event.done();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn happened_at(&mut self, time: SystemTime) {
        self.happened_at = Some(time);
    }

    ends! {
        /// It was processed.
        done => Success;
        /// There was nothing to do.
        skipped => Skipped;
        /// It cannot be read, and is left behind.
        malformed => Malformed;
        /// It could not be processed, and is left behind.
        failed => Failed;
        /// It is put aside for somebody to look at.
        dead_lettered => DeadLettered;
        /// It will be consumed again, as an event of its own.
        retried => Retried;
    }
}

impl<T: LabelValue, K: LabelValue> Drop for Event<T, K> {
    fn drop(&mut self) {
        let (metrics, topic, event_type) = (&self.metrics, self.topic, self.event_type);
        let outcome = self
            .outcome
            .unwrap_or_else(|| unsaid(Outcome::Cancelled, Outcome::Panicked));
        let labels = TopicTypeOutcome {
            topic,
            event_type,
            outcome,
        };
        metrics.consumed_total.with(&labels).inc();
        let labels = TopicType { topic, event_type };
        let durations = metrics.consume_duration_seconds.with(&labels);
        durations.observe(self.started.elapsed());
        if !outcome.is_past() {
            return;
        }
        let (labels, now) = (ByTopic { topic }, SystemTime::now());
        let consumed = metrics.last_consumed_timestamp_seconds.with(&labels);
        consumed.set(unix_seconds(now));
        if let Some(time) = self.happened_at {
            if time > now {
                metrics.from_future_total.with(&labels).inc();
            }
            let happened = metrics.last_event_timestamp_seconds.with(&labels);
            happened.set(unix_seconds(time.min(now)));
        }
    }
}

impl<T: LabelValue, K: LabelValue> fmt::Debug for Event<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
