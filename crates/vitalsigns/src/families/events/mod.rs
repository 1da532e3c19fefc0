//! Events on topics, as with Kafka: sent, consumed, and how far behind.
//!
//! **Sending** ([`EventProducer`]): a send is of one event or a batch of them; it starts with
//! [`EventProducer::send`] and ends when the broker has answered, as its [`Batch`] says, or when that
//! is dropped. Whether anybody reads the event is not seen here.
//!
//! **Consuming** ([`EventConsumer`]): an event starts when it is looked at
//! ([`EventConsumer::consume`]) and ends when its [`Event`] says how, or is dropped. How long it lay
//! in the broker is the age that the timestamps give; what was never polled is only seen as lag.
//!
//! | family | labels |
//! |---|---|
//! | `events_produced_total` | `topic`, `outcome` |
//! | `events_produce_duration_seconds`, `events_produce_batch_size`, `events_produce_in_progress` | `topic` |
//! | `events_consumed_total` | `topic`, `event_type`, `outcome` |
//! | `events_consume_duration_seconds` | `topic`, `event_type` |
//! | `events_consume_in_progress`, `events_consume_batch_size` | `topic` |
//! | `events_consumer_lag` | `topic` |
//! | `events_last_consumed_timestamp_seconds`, `events_last_event_timestamp_seconds` | `topic` |
//! | `events_from_future_total` | `topic` |
//! | `events_rebalances_total` | `change` |
//!
//! Both timestamps are 0 until there was an event. The lag in time is
//! `time() - events_last_event_timestamp_seconds`, while `events_consumer_lag > 0`: a topic that is
//! read to its end is not behind, however old its last event is. That a source fell silent shows as
//! `time() - events_last_consumed_timestamp_seconds`. The lag is that of all partitions of a topic
//! together; partitions are no label.
//!
//! With the namespace `auren`, the names that are documented for that service become:
//!
//! | documented | here |
//! |---|---|
//! | `auren_biometric_events_processed_total{…,user_id_hash}` | `auren_events_consumed_total{topic="biometric",event_type="heart_rate",outcome="success"}`; nobody's id is a label |
//! | `auren_biometric_event_values` | none: the readings of a person are data of the service, not of its operation |
//! | `auren_kafka_messages_sent_total{topic}` | `auren_events_produced_total{outcome="success"}` |
//! | `auren_kafka_send_errors_total` | the other outcomes of `auren_events_produced_total` |
//! | send duration, batch size | `auren_events_produce_duration_seconds`, `auren_events_produce_batch_size` |
//!
//! In `#[instrument_metrics(on = …)]` a function that consumes an event names the [`EventConsumer`],
//! one that sends events the [`EventProducer`].

mod call;
mod consumer;
mod producer;

pub use call::{CallLabels, Consumed, NotConsumed, SendLabels};
pub use consumer::{Event, EventConsumer, Outcome, Rebalance};
pub use producer::{Batch, EventProducer, SendError, SendOutcome};

/// Events in a batch: brokers are set to hundreds, and bulk jobs to many thousands.
const BATCH_BUCKETS: &[f64] = &[
    1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 5000.0, 10000.0,
];
