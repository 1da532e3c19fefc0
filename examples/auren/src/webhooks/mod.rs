//! Webhooks of devices: signed, not too old, and each event once.

mod vendor;

use std::{sync::Arc, time::Duration};

use tokio_util::task::TaskTracker;
use vitalsigns::families::webhooks::Receipt;

pub use vendor::{Fault, Message, Vendor};

use crate::{
    config::Secrets,
    events::{Inbox, Refused, Taken},
    memory::{millis, now, system_time},
    metrics::{EventType, Metrics},
};

/// How far ahead of this clock that of a vendor may be.
const AHEAD: Duration = Duration::from_secs(60);

/// Why a webhook was not taken.
#[derive(Debug)]
pub enum NotTaken {
    /// Something is wrong with it.
    Fault(Fault),
    /// It was sent too long ago, or is yet to be sent.
    Stale,
    /// Its events are not accepted now.
    Refused(Refused),
    /// The work was lost.
    Lost,
}

/// Receives webhooks.
#[derive(Debug)]
pub struct Webhooks {
    inbox: Arc<Inbox>,
    secrets: Secrets,
    freshness: Duration,
    metrics: Metrics,
    tasks: TaskTracker,
}

/// A webhook whose body is on its way; dropped before it is taken, it counts as cancelled.
#[must_use = "a webhook that is dropped counts as cancelled"]
#[derive(Debug)]
pub struct Incoming {
    vendor: Vendor,
    receipt: Receipt<Vendor, EventType>,
}

impl Incoming {
    /// Its body cannot be read.
    pub fn unreadable(self) {
        self.receipt.malformed();
    }
}

impl Webhooks {
    /// Hands what it receives to this inbox.
    pub fn new(inbox: Arc<Inbox>, secrets: Secrets, freshness: Duration, metrics: Metrics) -> Self {
        Self {
            inbox,
            secrets,
            freshness,
            metrics,
            tasks: TaskTracker::new(),
        }
    }

    /// The head of a webhook is there.
    pub fn incoming(&self, vendor: Vendor) -> Incoming {
        let receipt = self.metrics.webhooks.received(vendor, EventType::Unknown);
        Incoming { vendor, receipt }
    }

    /// The body is there as well. What is accepted is seen to its end, even if nobody waits for the
    /// answer.
    ///
    /// # Errors
    ///
    /// Where it is not taken; then none of its events is.
    pub async fn take<'a>(
        &self,
        incoming: Incoming,
        header: impl Fn(&str) -> Option<&'a str>,
        body: &[u8],
    ) -> Result<Taken, NotTaken> {
        let Incoming {
            vendor,
            mut receipt,
        } = incoming;
        receipt.payload(body.len() as u64);
        let message = match vendor.read(self.secrets.of(vendor), header, body) {
            Ok(message) => message,
            Err(fault) => {
                match fault {
                    Fault::Signature => receipt.bad_signature(),
                    Fault::Malformed(_) => receipt.malformed(),
                    Fault::UnknownKind => receipt.unknown_type(),
                }
                return Err(NotTaken::Fault(fault));
            }
        };
        if let Some(event) = message.events.first() {
            receipt.event_type(event.kind.into());
        }
        receipt.sent_at(system_time(message.sent_at));
        let age = now().saturating_sub(message.sent_at);
        if age > millis(self.freshness) || age < -millis(AHEAD) {
            receipt.stale();
            return Err(NotTaken::Stale);
        }
        let inbox = Arc::clone(&self.inbox);
        let accept = self.tasks.spawn(async move {
            let taken = inbox.accept(message.events).await;
            match &taken {
                Ok(Taken { accepted: 0, .. }) => receipt.duplicate(),
                Ok(_) => receipt.accepted(),
                Err(Refused::Full | Refused::Closed) => receipt.rejected(),
                Err(Refused::Journal(_)) => receipt.failed(),
            }
            taken
        });
        match accept.await {
            Ok(taken) => taken.map_err(NotTaken::Refused),
            Err(_) => Err(NotTaken::Lost),
        }
    }

    /// Waits until nothing is under way.
    pub async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
