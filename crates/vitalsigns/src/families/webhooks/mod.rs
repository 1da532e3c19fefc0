//! Webhooks, in and out.
//!
//! **Inbound** ([`WebhookReceiver`]): a request starts when its handler has the head
//! ([`WebhookReceiver::received`]) and ends when its [`Receipt`] says how, or is dropped. Retries of
//! the provider are requests of their own; what the provider never sent is not seen here, which is
//! why an alert on a source asks for `increase(webhook_requests_total[…]) == 0`.
//!
//! **Outbound** ([`WebhookSender`]): a delivery starts with [`WebhookSender::deliver`] and ends when
//! its [`Delivery`] says how, or is dropped; each try at it is an [`Attempt`]. What the receiver does
//! with a delivered webhook is not seen here.
//!
//! | family | labels |
//! |---|---|
//! | `webhook_requests_total` | `source`, `event_type`, `outcome` |
//! | `webhook_request_duration_seconds` | `source`, `event_type` |
//! | `webhook_requests_in_progress` | `source` |
//! | `webhook_payload_bytes` | `source` |
//! | `webhook_event_age_seconds` | `source` |
//! | `webhook_events_from_future_total` | `source` |
//! | `webhook_deliveries_total` | `sink` (100 at the most), `outcome` |
//! | `webhook_delivery_attempts_total` | `sink`, `outcome` |
//! | `webhook_attempts_per_delivery` | `sink` |
//! | `webhook_deliveries_pending` | `sink` |
//! | `webhook_deliveries_oldest_pending_timestamp_seconds` | |
//!
//! With the namespace `auren`, the names that are documented for that service become:
//!
//! | documented | here |
//! |---|---|
//! | `auren_webhook_requests_total{device_type,event_type,status}` | the same name; `source` is the device type, `outcome` the status |
//! | `auren_webhook_request_duration_seconds{device_type,method}` | the same name; a webhook is always a `POST`, so `event_type` in place of `method` |
//! | `auren_webhook_errors_total{device_type,error_type}` | outcomes of `auren_webhook_requests_total`, so that a share needs one family |
//! | `auren_webhook_active_requests` | `auren_webhook_requests_in_progress` |
//! | `payload_size_bytes` | `auren_webhook_payload_bytes` |
//!
//! An event whose time lies ahead of this clock has no age; it is counted in
//! `webhook_events_from_future_total` in place of an observation, so a clock that is wrong on either
//! side shows. Events that are far too old are observed, beyond the last bound.
//!
//! In `#[instrument_metrics(on = …)]` a function that handles a webhook names the
//! [`WebhookReceiver`], one that tries to deliver once the [`Delivery`]. A delivery as a whole is no
//! one call: its attempts are made, and counted, on the guard that the attribute would keep.

mod call;
mod inbound;
mod outbound;

pub use call::{CallLabels, NotTaken, Taken, Unanswered};
pub use inbound::{Outcome, Receipt, WebhookReceiver};
pub use outbound::{Attempt, AttemptOutcome, Delivery, DeliveryOutcome, WebhookSender};
