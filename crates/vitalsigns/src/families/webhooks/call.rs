//! Functions that handle a webhook, and that try to deliver one.

use super::{Attempt, Delivery, Receipt, WebhookReceiver};
use crate::LabelValue;
use crate::instrument::{FromReturned, Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The labels of a received webhook in `#[instrument_metrics(on = …, …)]`.
    ///
    /// What is known only while it is handled, such as its size, takes a [`Receipt`] by hand.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::WebhookReceiver;
    /// use vitalsigns::families::webhooks::NotTaken;
    /// use vitalsigns::{LabelValue, Registry, instrument_metrics};
    ///
    /// #[derive(LabelValue)]
    /// enum Device {
    ///     Oura,
    /// }
    ///
    /// #[derive(LabelValue)]
    /// enum Event {
    ///     Sleep,
    /// }
    ///
    /// #[instrument_metrics(
    ///     on = webhooks,
    ///     source = Device::Oura,
    ///     event_type = Event::Sleep,
    ///     error = |_| NotTaken::Malformed,
    /// )]
    /// async fn sleep(webhooks: &WebhookReceiver<Device, Event>, body: &str) -> Result<(), String> {
    ///     Ok(())
    /// }
    /// # drop(sleep(&WebhookReceiver::register(&Registry::new())?, ""));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// The source, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::webhooks::CallLabels::default().source(true);
        /// ```
        source: S is LabelValue,
        /// The type of the event, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::webhooks::CallLabels::default().event_type(true);
        /// ```
        event_type: K is LabelValue,
    }
}

/// How a function took a webhook on; from `()` follows that it is accepted.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::WebhookReceiver;
/// use vitalsigns::families::webhooks::{NotTaken, Taken};
/// use vitalsigns::{Registry, instrument_metrics};
///
/// #[instrument_metrics(
///     on = webhooks,
///     source = true,
///     event_type = true,
///     ok = |is_new| if *is_new { Taken::Accepted } else { Taken::Duplicate },
///     error = |_| NotTaken::Failed,
/// )]
/// fn handle(webhooks: &WebhookReceiver<bool, bool>) -> std::io::Result<bool> {
///     Ok(false)
/// }
///
/// handle(&WebhookReceiver::register(&Registry::new())?).unwrap();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Taken {
    /// As [`Receipt::accepted`].
    Accepted,
    /// As [`Receipt::duplicate`].
    Duplicate,
}

impl FromReturned<()> for Taken {
    fn from_returned((): &()) -> Self {
        Taken::Accepted
    }
}

/// Why a function did not take a webhook on.
///
/// # Examples
///
/// See [`CallLabels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotTaken {
    /// As [`Receipt::bad_signature`].
    BadSignature,
    /// As [`Receipt::stale`].
    Stale,
    /// As [`Receipt::malformed`].
    Malformed,
    /// As [`Receipt::unknown_type`].
    UnknownType,
    /// As [`Receipt::rejected`].
    Rejected,
    /// As [`Receipt::failed`].
    Failed,
}

impl<S: LabelValue, K: LabelValue> Instrument for WebhookReceiver<S, K> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<S, K>;
    type Guard = Receipt<S, K>;

    fn start(&self, labels: CallLabels<S, K>) -> Receipt<S, K> {
        self.received(labels.source, labels.event_type)
    }
}

impl<S: LabelValue, K: LabelValue> InstrumentGuard for Receipt<S, K> {
    type Success = Taken;
    type Failure = NotTaken;

    fn succeed(self, taken: Taken) {
        match taken {
            Taken::Accepted => self.accepted(),
            Taken::Duplicate => self.duplicate(),
        }
    }

    fn fail(self, why: NotTaken) {
        match why {
            NotTaken::BadSignature => self.bad_signature(),
            NotTaken::Stale => self.stale(),
            NotTaken::Malformed => self.malformed(),
            NotTaken::UnknownType => self.unknown_type(),
            NotTaken::Rejected => self.rejected(),
            NotTaken::Failed => self.failed(),
        }
    }
}

/// Why an attempt at a delivery got no answer.
///
/// # Examples
///
/// A function that tries once; the [`Delivery`] is that of whoever calls it until it is done:
///
/// ```
/// use vitalsigns::families::WebhookSender;
/// use vitalsigns::families::webhooks::{Delivery, Unanswered};
/// use vitalsigns::{Registry, instrument_metrics};
///
/// #[instrument_metrics(on = delivery, ok = |status| *status, error = |_| Unanswered::Timeout)]
/// fn post(delivery: &Delivery, body: &str) -> std::io::Result<u16> {
///     Ok(204)
/// }
///
/// let webhooks = WebhookSender::register(&Registry::new())?;
/// let delivery = webhooks.deliver("crm");
/// match post(&delivery, "{}") {
///     Ok(204) => delivery.delivered(),
///     _ => delivery.dead_lettered(),
/// }
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unanswered {
    /// As [`Attempt::timed_out`].
    Timeout,
    /// As [`Attempt::not_connected`].
    Connect,
}

impl Instrument for Delivery {
    type Unlabelled = ();
    type Labels = ();
    type Guard = Attempt;

    fn start(&self, (): ()) -> Attempt {
        self.begin_attempt()
    }
}

impl InstrumentGuard for Attempt {
    type Success = u16;
    type Failure = Unanswered;

    fn succeed(self, status: u16) {
        self.answered(status);
    }

    fn fail(self, why: Unanswered) {
        match why {
            Unanswered::Timeout => self.timed_out(),
            Unanswered::Connect => self.not_connected(),
        }
    }
}
