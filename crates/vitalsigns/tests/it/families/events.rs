//! Events on topics: sent, consumed, and how far behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use vitalsigns::families::events::{Rebalance, SendError};
use vitalsigns::families::{EventConsumer, EventProducer};
use vitalsigns::{LabelValue, Registry, testing};

use super::counts::counts;
use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Topic {
    Biometric,
    Alerts,
}

#[derive(LabelValue, Clone, Copy)]
enum Reading {
    HeartRate,
    Sleep,
}

fn consumer() -> (Registry, EventConsumer<Topic, Reading>) {
    let registry = Registry::new();
    let events = EventConsumer::register(&registry).unwrap();
    (registry, events)
}

fn producer() -> (Registry, EventProducer<Topic>) {
    let registry = Registry::new();
    let events = EventProducer::register(&registry).unwrap();
    (registry, events)
}

#[test]
fn a_typical_hour() {
    let registry = Registry::builder().namespace("auren").build().unwrap();
    let producer = EventProducer::<Topic>::register(&registry).unwrap();
    let consumer = EventConsumer::<Topic, Reading>::register(&registry).unwrap();
    consumer.rebalanced(Rebalance::Assigned);
    let hour = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    for minute in 0..60u32 {
        let send = producer.send(Topic::Biometric, 100);
        match minute {
            20 => send.failed(SendError::Timeout),
            21 => send.sent_some(60, SendError::Unavailable),
            _ => send.sent(),
        }
        if minute == 0 {
            producer.send(Topic::Alerts, 1).sent();
        }
        consumer.polled(Topic::Biometric, 50);
        for number in 0..50 {
            let reading = if number % 5 == 0 {
                Reading::Sleep
            } else {
                Reading::HeartRate
            };
            let mut event = consumer.consume(Topic::Biometric, reading);
            event.happened_at(hour + Duration::from_secs(u64::from(minute) * 60));
            match (minute, number) {
                (10, 0) => event.malformed(),
                (11, 1) => event.retried(),
                (12, 1) => event.dead_lettered(),
                (13, 1) => event.failed(),
                (_, 2) => event.skipped(),
                _ => event.done(),
            }
        }
        consumer.polled(Topic::Alerts, 0);
        consumer.lag(Topic::Biometric, u64::from(minute) * 50);
    }
    testing::assert_family(
        &registry,
        "auren_events_produced_total",
        "auren_events_produced_total{topic=\"biometric\",outcome=\"success\"} 5860\n\
         auren_events_produced_total{topic=\"biometric\",outcome=\"timeout\"} 100\n\
         auren_events_produced_total{topic=\"biometric\",outcome=\"unavailable\"} 40\n\
         auren_events_produced_total{topic=\"biometric\",outcome=\"rejected\"} 0\n\
         auren_events_produced_total{topic=\"biometric\",outcome=\"too_large\"} 0\n\
         auren_events_produced_total{topic=\"biometric\",outcome=\"failed\"} 0\n\
         auren_events_produced_total{topic=\"biometric\",outcome=\"cancelled\"} 0\n\
         auren_events_produced_total{topic=\"biometric\",outcome=\"panicked\"} 0\n\
         auren_events_produced_total{topic=\"alerts\",outcome=\"success\"} 1\n\
         auren_events_produced_total{topic=\"alerts\",outcome=\"timeout\"} 0\n\
         auren_events_produced_total{topic=\"alerts\",outcome=\"unavailable\"} 0\n\
         auren_events_produced_total{topic=\"alerts\",outcome=\"rejected\"} 0\n\
         auren_events_produced_total{topic=\"alerts\",outcome=\"too_large\"} 0\n\
         auren_events_produced_total{topic=\"alerts\",outcome=\"failed\"} 0\n\
         auren_events_produced_total{topic=\"alerts\",outcome=\"cancelled\"} 0\n\
         auren_events_produced_total{topic=\"alerts\",outcome=\"panicked\"} 0\n",
    );
    assert_eq!(
        nonzero(&registry, "auren_events_consumed_total"),
        [
            r#"{topic="biometric",event_type="heart_rate",outcome="success"} 2337"#,
            r#"{topic="biometric",event_type="heart_rate",outcome="skipped"} 60"#,
            r#"{topic="biometric",event_type="heart_rate",outcome="failed"} 1"#,
            r#"{topic="biometric",event_type="heart_rate",outcome="dead_lettered"} 1"#,
            r#"{topic="biometric",event_type="heart_rate",outcome="retried"} 1"#,
            r#"{topic="biometric",event_type="sleep",outcome="success"} 599"#,
            r#"{topic="biometric",event_type="sleep",outcome="malformed"} 1"#,
        ]
    );
    for (name, expected) in [
        ("auren_events_consumer_lag", "{topic=\"biometric\"} 2950"),
        ("auren_events_rebalances_total", "{change=\"assigned\"} 1"),
    ] {
        assert_eq!(nonzero(&registry, name), [expected]);
    }
    for name in [
        "auren_events_consume_in_progress",
        "auren_events_produce_in_progress",
        "auren_events_from_future_total",
    ] {
        assert!(nonzero(&registry, name).is_empty(), "{name}");
    }
    testing::assert_family(
        &registry,
        "auren_events_last_event_timestamp_seconds",
        "auren_events_last_event_timestamp_seconds{topic=\"biometric\"} 1767229140.0\n\
         auren_events_last_event_timestamp_seconds{topic=\"alerts\"} 0.0\n",
    );
    assert_eq!(
        counts(&registry, "auren_events_produce_duration_seconds"),
        ["{topic=\"biometric\"} 60", "{topic=\"alerts\"} 1"]
    );
    assert_eq!(
        counts(&registry, "auren_events_consume_batch_size"),
        ["{topic=\"biometric\"} 60"]
    );
    assert_eq!(
        counts(&registry, "auren_events_consume_duration_seconds"),
        [
            r#"{topic="biometric",event_type="heart_rate"} 2400"#,
            r#"{topic="biometric",event_type="sleep"} 600"#,
        ]
    );
}

#[test]
fn what_is_dropped_is_cancelled_and_what_panics_is_panicked() {
    let (registry, events) = consumer();
    let owner = vec![events.consume(Topic::Alerts, Reading::Sleep)];
    drop(owner);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut event = events.consume(Topic::Alerts, Reading::Sleep);
        event.happened_at(SystemTime::now());
        panic!("the work panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "events_consumed_total"),
        [
            r#"{topic="alerts",event_type="sleep",outcome="cancelled"} 1"#,
            r#"{topic="alerts",event_type="sleep",outcome="panicked"} 1"#,
        ]
    );
    assert!(nonzero(&registry, "events_consume_in_progress").is_empty());
    // The consumer is not past them.
    let alerts = [("topic", "alerts")];
    let name = "events_last_consumed_timestamp_seconds";
    assert_eq!(testing::value(&registry, name, &alerts), Some(0.0));

    let (registry, events) = producer();
    let send = events.send(Topic::Alerts, 7);
    assert_eq!(
        nonzero(&registry, "events_produce_in_progress"),
        ["{topic=\"alerts\"} 7"]
    );
    drop(send);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _send = events.send(Topic::Alerts, 3);
        panic!("the client panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "events_produced_total"),
        [
            r#"{topic="alerts",outcome="cancelled"} 7"#,
            r#"{topic="alerts",outcome="panicked"} 3"#,
        ]
    );
    assert!(nonzero(&registry, "events_produce_in_progress").is_empty());
}

#[test]
fn bad_input_is_kept_and_shows() {
    let (registry, events) = consumer();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let alerts = [("topic", "alerts")];
    let value = |name| testing::value(&registry, name, &alerts).unwrap();
    let mut event = events.consume(Topic::Alerts, Reading::Sleep);
    event.happened_at(SystemTime::now() + Duration::from_secs(86_400));
    event.done();
    assert_eq!(value("events_from_future_total"), 1.0);
    assert!(value("events_last_event_timestamp_seconds") <= now().as_secs_f64());
    // Before 1970 is as early as it gets.
    let mut event = events.consume(Topic::Alerts, Reading::Sleep);
    event.happened_at(UNIX_EPOCH - Duration::from_secs(5));
    event.done();
    assert_eq!(value("events_last_event_timestamp_seconds"), 0.0);
    events.lag(Topic::Alerts, u64::MAX);
    assert_eq!(value("events_consumer_lag"), i64::MAX as f64);

    let (registry, events) = producer();
    events
        .send(Topic::Alerts, 3)
        .sent_some(9, SendError::Failed);
    events.send(Topic::Alerts, 0).failed(SendError::Failed);
    events.send(Topic::Alerts, u32::MAX).sent();
    assert_eq!(
        nonzero(&registry, "events_produced_total"),
        [r#"{topic="alerts",outcome="success"} 4294967298"#]
    );
}

proptest! {
    #[test]
    fn events_sent_are_outcomes_plus_what_is_in_progress(
        steps in prop::collection::vec((any::<bool>(), 0..1000u32, 0..1200u32, 0..5usize), 0..60),
    ) {
        let (registry, events) = producer();
        let total = |name| testing::total(&registry, name) as u64;
        let (mut begun, mut open) = (0, Vec::new());
        for (is_alert, size, some, end) in steps {
            let topic = if is_alert { Topic::Alerts } else { Topic::Biometric };
            let send = events.send(topic, size);
            begun += u64::from(size);
            match end {
                0 => send.sent(),
                1 => send.sent_some(some, SendError::TooLarge),
                2 => send.failed(SendError::Rejected),
                3 => drop(send),
                _ => open.push((send, u64::from(size))),
            }
            let in_progress: u64 = open.iter().map(|(_, size)| size).sum();
            prop_assert_eq!(total("events_produce_in_progress"), in_progress);
            prop_assert_eq!(total("events_produced_total") + in_progress, begun);
        }
    }

    #[test]
    fn events_consumed_are_outcomes_plus_what_is_in_progress(
        ends in prop::collection::vec(0..8usize, 0..100),
    ) {
        let (registry, events) = consumer();
        let total = |name| testing::total(&registry, name) as usize;
        let mut open = Vec::new();
        for (begun, end) in ends.into_iter().enumerate() {
            let event = events.consume(Topic::Biometric, Reading::HeartRate);
            match end {
                0 => event.done(),
                1 => event.skipped(),
                2 => event.malformed(),
                3 => event.failed(),
                4 => event.dead_lettered(),
                5 => event.retried(),
                6 => drop(event),
                _ => open.push(event),
            }
            prop_assert_eq!(total("events_consume_in_progress"), open.len());
            prop_assert_eq!(total("events_consumed_total") + open.len(), begun + 1);
            prop_assert_eq!(total("events_consume_duration_seconds"), begun + 1 - open.len());
        }
    }
}
