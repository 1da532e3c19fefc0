//! Webhook and Event Processing: what comes in, what goes out, and how far behind it is.

use super::rows::MaybeRow;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Dashboard, Visual};
use crate::query::QueryError;

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    let core = [
        "webhook_requests_total",
        "webhook_deliveries_total",
        "events_consumed_total",
        "events_produced_total",
    ];
    if !core.iter().any(|family| maker.has(family)) {
        return Ok(None);
    }
    maker.dashboard(
        "Webhook and Event Processing",
        "Webhooks that come in and go out, and events on topics: how many, how they end, how old \
         they are.",
        [
            received(maker)?,
            delivered(maker)?,
            consumed(maker)?,
            produced(maker)?,
        ],
    )
}

fn received(maker: &Maker<'_>) -> MaybeRow {
    let all = || maker.counter("webhook_requests_total");
    maker.row(
        "Webhooks received",
        [
            maker.rate(
                (
                    "Webhooks by source",
                    "Webhooks that were received, per second. Silence of one source is on its \
                     side, or its address or key was changed.",
                ),
                all(),
                &["source"],
            ),
            maker.rate(
                (
                    "Webhooks by outcome",
                    "How they ended. `bad_signature` is a wrong key or somebody else, `stale` a \
                     clock, `malformed` a new version of theirs.",
                ),
                all(),
                &["outcome"],
            ),
            maker
                .share(
                    (
                        "Webhooks that failed",
                        "Which share of the webhooks of each source we failed on. They will be \
                         sent again, for a while.",
                    ),
                    maker.counted("webhook_requests_total", "outcome", &["failed", "panicked"]),
                    all(),
                    &["source"],
                )
                .map(|panel| panel.limits(0.01, 0.05)),
            maker.quantiles(
                (
                    "Duration of webhooks",
                    "How long they took. Providers give up after some seconds and send again: \
                     answer first and work later.",
                ),
                maker.histogram("webhook_request_duration_seconds"),
            ),
            maker.slowest(
                (
                    "Age at receipt (p95)",
                    "How old the events of each source are when they arrive. A rise is a provider \
                     that is behind, or sends again what failed.",
                ),
                maker.histogram("webhook_event_age_seconds"),
                &["source"],
            ),
            maker.level(
                ("Webhooks in progress", "Webhooks that have no outcome yet."),
                maker.gauge("webhook_requests_in_progress"),
                &["source"],
            ),
            maker.heat(
                ("Payload", "How many webhooks have which size."),
                maker.histogram("webhook_payload_bytes"),
            ),
            maker.rate(
                (
                    "Webhooks by type",
                    "Webhooks that were received, by the type of their event.",
                ),
                all(),
                &["event_type"],
            ),
        ],
    )
}

fn delivered(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Webhooks sent",
        [
            maker.rate(
                (
                    "Deliveries by outcome",
                    "Deliveries that ended, by how. `dead_lettered` waits for somebody.",
                ),
                maker.counter("webhook_deliveries_total"),
                &["outcome"],
            ),
            maker.rate(
                (
                    "Attempts by outcome",
                    "Attempts at deliveries. Far more attempts than deliveries: receivers fail.",
                ),
                maker.counter("webhook_delivery_attempts_total"),
                &["outcome"],
            ),
            maker.level(
                ("Pending deliveries", "Deliveries that have no outcome yet."),
                maker.gauge("webhook_deliveries_pending"),
                &["sink"],
            ),
            maker.age(
                (
                    "Oldest pending delivery",
                    "How long the delivery that waits for longest has been waiting.",
                ),
                maker.gauge("webhook_deliveries_oldest_pending_timestamp_seconds"),
                &[],
            ),
            maker.slowest(
                (
                    "Attempts for a delivery (p95)",
                    "How many attempts 95 of 100 deliveries took at most.",
                ),
                maker.histogram("webhook_attempts_per_delivery"),
                &["sink"],
            ),
        ],
    )
}

fn consumed(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Events consumed",
        [
            maker.rate(
                ("Events by topic", "Events that were consumed, per second."),
                maker.counter("events_consumed_total"),
                &["topic"],
            ),
            maker.rate(
                (
                    "Events by outcome",
                    "How consuming ended. `malformed` is a producer that was changed; \
                     `dead_lettered` waits for somebody.",
                ),
                maker.counter("events_consumed_total"),
                &["outcome"],
            ),
            maker.greatest(
                (
                    "Lag",
                    "Events that are still to be consumed. A steady rise: add consumers, or find \
                     what makes them slow.",
                ),
                maker.gauge("events_consumer_lag"),
                &["topic"],
            ),
            time_lag(maker),
            maker.age(
                (
                    "Since the last event",
                    "How long ago an event was last consumed. Long silence with lag is a consumer \
                     that hangs; without lag, nothing is sent.",
                ),
                maker.gauge("events_last_consumed_timestamp_seconds"),
                &["topic"],
            ),
            maker.slowest(
                (
                    "Duration of consuming (p95)",
                    "How long 95 of 100 events took at most.",
                ),
                maker.histogram("events_consume_duration_seconds"),
                &["topic"],
            ),
            maker.rate(
                (
                    "Rebalances",
                    "Changes of who consumes which partitions. Many are consumers that come and \
                     go, or take longer for a poll than they may.",
                ),
                maker.counter("events_rebalances_total"),
                &["change"],
            ),
        ],
    )
}

/// How old the newest event was that has been consumed.
fn time_lag(maker: &Maker<'_>) -> Made {
    let age = maker.gauge("events_last_event_timestamp_seconds")?.age()?;
    let age = age.min_by(["topic"])?;
    maker.panel(
        Visual::TimeSeries,
        (
            "Time lag",
            "How long ago the event had happened that was consumed last: how far behind the \
             world the consumer is.",
        ),
        [maker.quality(&age, "{{topic}}")?],
    )
}

fn produced(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Events sent",
        [
            maker.rate(
                (
                    "Events sent by outcome",
                    "Events whose sending ended. `unavailable` and `timeout` are the broker.",
                ),
                maker.counter("events_produced_total"),
                &["outcome"],
            ),
            maker.slowest(
                (
                    "Duration of sending (p95)",
                    "How long the broker took to answer, for 95 of 100 sends at most.",
                ),
                maker.histogram("events_produce_duration_seconds"),
                &["topic"],
            ),
            maker.slowest(
                (
                    "Events in one send (p95)",
                    "How many events 95 of 100 sends have at most. Batches of 1 are slow.",
                ),
                maker.histogram("events_produce_batch_size"),
                &["topic"],
            ),
        ],
    )
}
