//! Webhooks that are received.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::super::{Known, unsaid};
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue, MetricGroup,
    RegisterError, Registry,
};

/// How a received webhook ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::webhooks::Outcome};
///
/// assert_eq!(Outcome::BadSignature.as_label(), "bad_signature");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The event is taken on.
    Accepted,
    /// The event was taken on before.
    Duplicate,
    /// It is not signed by its source.
    BadSignature,
    /// Its signature is older than the service accepts: it may be a replay.
    Stale,
    /// It cannot be read.
    Malformed,
    /// It can be read, and is of a type that the service does not know.
    UnknownType,
    /// The service does not take it: a limit, a closed account.
    Rejected,
    /// The service could not process it.
    Failed,
    /// Its receipt was dropped: the provider hung up, a timeout fired.
    Cancelled,
    /// Its receipt was dropped by a panic.
    Panicked,
}

#[derive(LabelSet)]
struct SourceTypeOutcome<S, K> {
    source: Known<S>,
    event_type: Known<K>,
    outcome: Outcome,
}

#[derive(LabelSet)]
struct SourceType<S, K> {
    source: Known<S>,
    event_type: Known<K>,
}

#[derive(LabelSet)]
struct BySource<S> {
    source: Known<S>,
}

#[derive(MetricGroup)]
#[metrics(prefix = "webhook")]
struct InboundMetrics<S: LabelValue, K: LabelValue> {
    /// Webhooks received that ended, by source, type of event and outcome.
    requests_total: Family<SourceTypeOutcome<S, K>, Counter>,
    /// Time from receiving a webhook to its outcome.
    request_duration_seconds: Family<SourceType<S, K>, Histogram>,
    /// Webhooks received that have no outcome yet.
    requests_in_progress: Family<BySource<S>, Gauge>,
    /// Size of the bodies received.
    payload_bytes: Family<BySource<S>, Histogram>,
    /// Time from the event at the provider to its receipt here.
    #[metric(buckets = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400])]
    event_age_seconds: Family<BySource<S>, Histogram>,
    /// Events whose time lies ahead of this clock, so that they have no age.
    events_from_future_total: Family<BySource<S>, Counter>,
}

/// The metrics of a service that receives webhooks.
///
/// `S` is the service's enum of sources, such as the vendors of devices, `K` its enum of event
/// types. The type of an event is known late, or never; `K` has a variant for that.
///
/// # Examples
///
/// ```
/// use std::time::SystemTime;
/// use vitalsigns::families::WebhookReceiver;
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Device {
///     Oura,
///     Whoop,
/// }
///
/// #[derive(LabelValue)]
/// enum Event {
///     Unknown,
///     Sleep,
///     Recovery,
/// }
///
/// let registry = Registry::builder().namespace("auren").build()?;
/// let webhooks = WebhookReceiver::<Device, Event>::register(&registry)?;
///
/// let mut receipt = webhooks.received(Device::Oura, Event::Unknown);
/// receipt.payload(1_840);
/// receipt.event_type(Event::Sleep); // Now that it is parsed.
/// receipt.sent_at(SystemTime::now());
/// receipt.accepted();
///
/// webhooks.received(Device::Whoop, Event::Unknown).bad_signature();
/// drop(webhooks.received(Device::Whoop, Event::Recovery)); // Counts as cancelled.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct WebhookReceiver<S: LabelValue, K: LabelValue> {
    metrics: Arc<InboundMetrics<S, K>>,
}

impl<S: LabelValue, K: LabelValue> WebhookReceiver<S, K> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WebhookReceiver};
    /// let webhooks = WebhookReceiver::<bool, bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(InboundMetrics::register(registry)?);
        Ok(WebhookReceiver { metrics })
    }

    /// A webhook came in. `event_type` is what is known of it so far: see [`Receipt::event_type`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WebhookReceiver};
    /// # let webhooks = WebhookReceiver::<bool, bool>::register(&Registry::new())?;
    /// let receipt = webhooks.received(true, false);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn received(&self, source: S, event_type: K) -> Receipt<S, K> {
        let source = Known::new(source);
        let in_progress = self.metrics.requests_in_progress.with(&BySource { source });
        Receipt {
            metrics: Arc::clone(&self.metrics),
            source,
            event_type: Known::new(event_type),
            started: Stopwatch::start(),
            outcome: None,
            _in_progress: in_progress.hold(1),
        }
    }
}

impl<S: LabelValue, K: LabelValue> Clone for WebhookReceiver<S, K> {
    fn clone(&self) -> Self {
        WebhookReceiver {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<S: LabelValue, K: LabelValue> fmt::Debug for WebhookReceiver<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookReceiver").finish_non_exhaustive()
    }
}

/// One webhook that is being looked at. Dropped before it says how it ended, it counts as cancelled;
/// dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::WebhookReceiver};
/// # let webhooks = WebhookReceiver::<bool, bool>::register(&Registry::new())?;
/// let receipt = webhooks.received(true, false);
/// receipt.duplicate();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a receipt that is dropped counts as cancelled"]
pub struct Receipt<S: LabelValue, K: LabelValue> {
    metrics: Arc<InboundMetrics<S, K>>,
    source: Known<S>,
    event_type: Known<K>,
    started: Stopwatch,
    outcome: Option<Outcome>,
    /// Goes back after the outcome was recorded.
    _in_progress: GaugeGuard,
}

/// A verb that ends a guard: its words, its name, its outcome.
macro_rules! ends {
    ($($(#[doc = $doc:literal])+ $verb:ident => $outcome:ident;)+) => {$(
        $(#[doc = $doc])+
        ///
        /// # Examples
        ///
        /// ```
        /// # use vitalsigns::{Registry, families::WebhookReceiver};
        /// # let webhooks = WebhookReceiver::<bool, bool>::register(&Registry::new())?;
        #[doc = concat!("webhooks.received(true, false).", stringify!($verb), "();")]
        /// # Ok::<(), vitalsigns::RegisterError>(())
        /// ```
        pub fn $verb(mut self) {
            self.outcome = Some(Outcome::$outcome);
        }
    )+};
}

impl<S: LabelValue, K: LabelValue> Receipt<S, K> {
    /// The type of the event, now that it is known.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WebhookReceiver};
    /// # let webhooks = WebhookReceiver::<bool, bool>::register(&Registry::new())?;
    /// let mut receipt = webhooks.received(true, false);
    /// receipt.event_type(true);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn event_type(&mut self, event_type: K) {
        self.event_type = Known::new(event_type);
    }

    /// The size of the body in bytes; said once for a request.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WebhookReceiver};
    /// # let webhooks = WebhookReceiver::<bool, bool>::register(&Registry::new())?;
    /// webhooks.received(true, false).payload(1_840);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn payload(&self, bytes: u64) {
        let source = self.source;
        let sizes = self.metrics.payload_bytes.with(&BySource { source });
        sizes.observe(bytes);
    }

    /// When the event happened, or was sent, by the clock of the provider. A time ahead of the
    /// clock here counts in `webhook_events_from_future_total` and is no age.
    ///
    /// Say it after the signature was checked: before, anybody can write any time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # use vitalsigns::{Registry, families::WebhookReceiver};
    /// # let webhooks = WebhookReceiver::<bool, bool>::register(&Registry::new())?;
    /// let from_payload = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    /// webhooks.received(true, false).sent_at(from_payload);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn sent_at(&self, time: SystemTime) {
        let labels = BySource {
            source: self.source,
        };
        match SystemTime::now().duration_since(time) {
            Ok(age) => self.metrics.event_age_seconds.with(&labels).observe(age),
            Err(_) => self.metrics.events_from_future_total.with(&labels).inc(),
        }
    }

    ends! {
        /// The event is taken on.
        accepted => Accepted;
        /// The event was taken on before; the provider sent it again.
        duplicate => Duplicate;
        /// It is not signed by its source.
        bad_signature => BadSignature;
        /// Its signature is older than the service accepts.
        stale => Stale;
        /// It cannot be read.
        malformed => Malformed;
        /// It is of a type that the service does not know.
        unknown_type => UnknownType;
        /// The service does not take it.
        rejected => Rejected;
        /// The service could not process it.
        failed => Failed;
    }
}

impl<S: LabelValue, K: LabelValue> Drop for Receipt<S, K> {
    fn drop(&mut self) {
        let (source, event_type) = (self.source, self.event_type);
        let outcome = self
            .outcome
            .unwrap_or_else(|| unsaid(Outcome::Cancelled, Outcome::Panicked));
        let labels = SourceTypeOutcome {
            source,
            event_type,
            outcome,
        };
        self.metrics.requests_total.with(&labels).inc();
        let labels = SourceType { source, event_type };
        let durations = self.metrics.request_duration_seconds.with(&labels);
        durations.observe(self.started.elapsed());
    }
}

impl<S: LabelValue, K: LabelValue> fmt::Debug for Receipt<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
