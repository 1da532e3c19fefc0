//! Webhooks that are sent.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashMap;

use super::super::oldest::{Oldest, Place};
use super::super::stateful::{State, Stateful};
use super::super::unsaid;
use crate::{
    Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue, MetricGroup,
    RegisterError, Registry,
};

/// The most sinks that are told apart.
const SINKS: usize = 100;

/// How a delivery ended, after all of its attempts.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::webhooks::DeliveryOutcome};
///
/// assert_eq!(DeliveryOutcome::DeadLettered.as_label(), "dead_lettered");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryOutcome {
    /// The sink has it.
    Delivered,
    /// The sink does not want it, now or later.
    Rejected,
    /// It was given up and is gone.
    Dropped,
    /// It was given up and is kept for somebody to look at.
    DeadLettered,
    /// Its guard was dropped: a shutdown, a timeout.
    Cancelled,
    /// Its guard was dropped by a panic.
    Panicked,
}

/// How one attempt at a delivery ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::webhooks::AttemptOutcome;
///
/// assert_eq!(AttemptOutcome::of_status(204), AttemptOutcome::Ok);
/// assert_eq!(AttemptOutcome::of_status(429), AttemptOutcome::Http4xx);
/// assert_eq!(AttemptOutcome::of_status(302), AttemptOutcome::HttpOther);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptOutcome {
    /// A status from 200 to 299.
    Ok,
    /// A status from 400 to 499.
    #[label(rename = "http_4xx")]
    Http4xx,
    /// A status from 500 to 599.
    #[label(rename = "http_5xx")]
    Http5xx,
    /// Any other status: a redirect that is not followed, a number that is no status.
    HttpOther,
    /// There was no answer in time.
    Timeout,
    /// There was no connection: name, network, TLS.
    Connect,
    /// Its guard was dropped.
    Cancelled,
    /// Its guard was dropped by a panic.
    Panicked,
}

impl AttemptOutcome {
    /// What a status code means for an attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::webhooks::AttemptOutcome;
    ///
    /// assert_eq!(AttemptOutcome::of_status(503), AttemptOutcome::Http5xx);
    /// ```
    pub fn of_status(code: u16) -> Self {
        match code {
            200..=299 => AttemptOutcome::Ok,
            400..=499 => AttemptOutcome::Http4xx,
            500..=599 => AttemptOutcome::Http5xx,
            _ => AttemptOutcome::HttpOther,
        }
    }
}

#[derive(LabelSet)]
struct SinkDelivery<'a> {
    #[label(cap = 100)]
    sink: &'a str,
    outcome: DeliveryOutcome,
}

#[derive(LabelSet)]
struct SinkAttempt<'a> {
    #[label(cap = 100)]
    sink: &'a str,
    outcome: AttemptOutcome,
}

#[derive(LabelSet)]
struct BySink<'a> {
    #[label(cap = 100)]
    sink: &'a str,
}

#[derive(MetricGroup)]
#[metrics(prefix = "webhook")]
struct OutboundMetrics {
    /// Deliveries that ended, by sink and outcome.
    deliveries_total: Family<SinkDelivery<'static>, Counter>,
    /// Attempts at deliveries that ended, by sink and outcome.
    delivery_attempts_total: Family<SinkAttempt<'static>, Counter>,
    /// How many attempts a delivery took, whatever its outcome; 0 if it was given up before any.
    #[metric(buckets = [0, 1, 2, 3, 4, 5, 7, 10, 15, 20])]
    attempts_per_delivery: Family<BySink<'static>, Histogram>,
    /// Deliveries that have no outcome yet.
    deliveries_pending: Family<BySink<'static>, Gauge>,
    /// When the oldest delivery that has no outcome yet was begun; NaN if there is none.
    deliveries_oldest_pending_timestamp_seconds: Gauge<f64>,
}

/// The sinks that came up, each with its handles, and the line of what is pending.
struct Outbox {
    sinks: RwLock<HashMap<Arc<str>, Arc<Sink>, foldhash::fast::RandomState>>,
    oldest: Arc<Oldest>,
}

impl State<OutboundMetrics> for Outbox {
    fn of(metrics: &OutboundMetrics) -> Self {
        Outbox {
            sinks: RwLock::default(),
            oldest: Oldest::new(metrics.deliveries_oldest_pending_timestamp_seconds.clone()),
        }
    }
}

/// What the deliveries to one sink record into.
struct Sink {
    deliveries: [Counter; DeliveryOutcome::VALUES.len()],
    attempts: [Counter; AttemptOutcome::VALUES.len()],
    per_delivery: Histogram,
    pending: Gauge,
}

impl Sink {
    fn resolve(metrics: &OutboundMetrics, sink: &str) -> Arc<Self> {
        use AttemptOutcome as A;
        use DeliveryOutcome as D;
        let delivery = |outcome| {
            metrics
                .deliveries_total
                .with(&SinkDelivery { sink, outcome })
        };
        let attempt = |outcome| {
            let labels = SinkAttempt { sink, outcome };
            metrics.delivery_attempts_total.with(&labels)
        };
        Arc::new(Sink {
            // In the order of the variants, which is that of their indices.
            deliveries: [
                D::Delivered,
                D::Rejected,
                D::Dropped,
                D::DeadLettered,
                D::Cancelled,
                D::Panicked,
            ]
            .map(delivery),
            attempts: [
                A::Ok,
                A::Http4xx,
                A::Http5xx,
                A::HttpOther,
                A::Timeout,
                A::Connect,
                A::Cancelled,
                A::Panicked,
            ]
            .map(attempt),
            per_delivery: metrics.attempts_per_delivery.with(&BySink { sink }),
            pending: metrics.deliveries_pending.with(&BySink { sink }),
        })
    }
}

/// The metrics of a service that sends webhooks.
///
/// A sink is the name of a receiver that the service knows, never the address that a customer typed
/// in. The first 100 are told apart, the rest reads `other`.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::WebhookSender};
///
/// let webhooks = WebhookSender::register(&Registry::new())?;
///
/// let mut delivery = webhooks.deliver("crm");
/// delivery.attempt().timed_out();
/// delivery.attempt().answered(200);
/// delivery.delivered();
///
/// let mut delivery = webhooks.deliver("crm");
/// delivery.attempt().answered(410);
/// delivery.rejected();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct WebhookSender {
    metrics: Stateful<OutboundMetrics, Outbox>,
}

impl WebhookSender {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WebhookSender};
    /// let webhooks = WebhookSender::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Stateful::register(registry)?;
        Ok(WebhookSender { metrics })
    }

    /// Something is to be delivered to `sink`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WebhookSender};
    /// # let webhooks = WebhookSender::register(&Registry::new())?;
    /// let delivery = webhooks.deliver("crm");
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn deliver(&self, sink: &str) -> Delivery {
        let sink = self.sink(sink);
        Delivery {
            _pending: sink.pending.hold(1),
            _place: self.metrics.state().oldest.join(),
            sink,
            attempts: AtomicU64::new(0),
            outcome: None,
        }
    }

    fn sink(&self, name: &str) -> Arc<Sink> {
        let sinks = &self.metrics.state().sinks;
        let known = sinks.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(sink) = known.get(name) {
            return Arc::clone(sink);
        }
        drop(known);
        let mut known = sinks.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= SINKS && !known.contains_key(name) {
            // Beyond the cap the families fold it into `other`, and count that they did.
            return Sink::resolve(&self.metrics, name);
        }
        let make = || Sink::resolve(&self.metrics, name);
        Arc::clone(known.entry(name.into()).or_insert_with(make))
    }
}

impl fmt::Debug for WebhookSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSender").finish_non_exhaustive()
    }
}

/// One delivery on its way. Dropped before it says how it ended, it counts as cancelled; dropped by
/// a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::WebhookSender};
/// # let webhooks = WebhookSender::register(&Registry::new())?;
/// let mut delivery = webhooks.deliver("crm");
/// delivery.attempt().not_connected();
/// delivery.dead_lettered();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a delivery that is dropped counts as cancelled"]
pub struct Delivery {
    sink: Arc<Sink>,
    /// Counts; what else the threads do that make attempts is ordered by whoever ends it.
    attempts: AtomicU64,
    outcome: Option<DeliveryOutcome>,
    /// Both go back after the outcome was recorded.
    _place: Place,
    _pending: GaugeGuard,
}

macro_rules! ends {
    ($($(#[doc = $doc:literal])+ $verb:ident => $outcome:expr, $start:literal;)+) => {$(
        $(#[doc = $doc])+
        ///
        /// # Examples
        ///
        /// ```
        /// # use vitalsigns::{Registry, families::WebhookSender};
        /// # let webhooks = WebhookSender::register(&Registry::new())?;
        #[doc = concat!("webhooks.deliver(\"crm\").", $start, stringify!($verb), "();")]
        /// # Ok::<(), vitalsigns::RegisterError>(())
        /// ```
        pub fn $verb(mut self) {
            self.outcome = Some($outcome);
        }
    )+};
}

impl Delivery {
    /// Tries to deliver.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WebhookSender};
    /// # let webhooks = WebhookSender::register(&Registry::new())?;
    /// let mut delivery = webhooks.deliver("crm");
    /// let attempt = delivery.attempt();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn attempt(&mut self) -> Attempt {
        self.begin_attempt()
    }

    pub(super) fn begin_attempt(&self) -> Attempt {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        Attempt {
            sink: Arc::clone(&self.sink),
            outcome: None,
        }
    }

    ends! {
        /// The sink has it.
        delivered => DeliveryOutcome::Delivered, "";
        /// The sink does not want it, now or later: it is not tried again.
        rejected => DeliveryOutcome::Rejected, "";
        /// It is given up and gone.
        dropped => DeliveryOutcome::Dropped, "";
        /// It is given up and kept for somebody to look at.
        dead_lettered => DeliveryOutcome::DeadLettered, "";
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        let outcome = self
            .outcome
            .unwrap_or_else(|| unsaid(DeliveryOutcome::Cancelled, DeliveryOutcome::Panicked));
        self.sink.deliveries[outcome.index()].inc();
        self.sink.per_delivery.observe(*self.attempts.get_mut());
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// One attempt at a delivery. Dropped before it says how it ended, it counts as cancelled; dropped
/// by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::WebhookSender};
/// # let webhooks = WebhookSender::register(&Registry::new())?;
/// webhooks.deliver("crm").attempt().answered(503);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "an attempt that is dropped counts as cancelled"]
pub struct Attempt {
    sink: Arc<Sink>,
    outcome: Option<AttemptOutcome>,
}

impl Attempt {
    /// The sink answered with this status: see [`AttemptOutcome::of_status`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::WebhookSender};
    /// # let webhooks = WebhookSender::register(&Registry::new())?;
    /// webhooks.deliver("crm").attempt().answered(202);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn answered(mut self, status: u16) {
        self.outcome = Some(AttemptOutcome::of_status(status));
    }

    ends! {
        /// There was no answer in time.
        timed_out => AttemptOutcome::Timeout, "attempt().";
        /// There was no connection: name, network, TLS.
        not_connected => AttemptOutcome::Connect, "attempt().";
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let outcome = self
            .outcome
            .unwrap_or_else(|| unsaid(AttemptOutcome::Cancelled, AttemptOutcome::Panicked));
        self.sink.attempts[outcome.index()].inc();
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}
