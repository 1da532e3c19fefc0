//! Webhooks, in and out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use vitalsigns::families::{WebhookReceiver, WebhookSender};
use vitalsigns::{LabelValue, Registry, testing};

use super::counts::counts;
use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Device {
    Oura,
    Whoop,
}

#[derive(LabelValue, Clone, Copy)]
enum Event {
    Unknown,
    Sleep,
    Recovery,
}

fn receiver() -> (Registry, WebhookReceiver<Device, Event>) {
    let registry = Registry::new();
    let webhooks = WebhookReceiver::register(&registry).unwrap();
    (registry, webhooks)
}

fn sender() -> (Registry, WebhookSender) {
    let registry = Registry::new();
    let webhooks = WebhookSender::register(&registry).unwrap();
    (registry, webhooks)
}

#[test]
fn a_typical_hour_inbound() {
    let registry = Registry::builder().namespace("auren").build().unwrap();
    let webhooks = WebhookReceiver::<Device, Event>::register(&registry).unwrap();
    let minute = Duration::from_secs(60);
    for night in 0..40 {
        let mut receipt = webhooks.received(Device::Oura, Event::Unknown);
        receipt.payload(2_000 + night);
        receipt.event_type(Event::Sleep);
        receipt.sent_at(SystemTime::now() - minute);
        match night {
            37 => receipt.duplicate(),
            38 => receipt.stale(),
            39 => receipt.failed(),
            _ => receipt.accepted(),
        }
    }
    for _ in 0..3 {
        webhooks
            .received(Device::Whoop, Event::Unknown)
            .bad_signature();
    }
    webhooks.received(Device::Whoop, Event::Unknown).malformed();
    webhooks
        .received(Device::Whoop, Event::Unknown)
        .unknown_type();
    webhooks.received(Device::Whoop, Event::Recovery).rejected();
    let going = webhooks.received(Device::Whoop, Event::Recovery);

    assert_eq!(
        nonzero(&registry, "auren_webhook_requests_total"),
        [
            r#"{source="oura",event_type="sleep",outcome="accepted"} 37"#,
            r#"{source="oura",event_type="sleep",outcome="duplicate"} 1"#,
            r#"{source="oura",event_type="sleep",outcome="stale"} 1"#,
            r#"{source="oura",event_type="sleep",outcome="failed"} 1"#,
            r#"{source="whoop",event_type="unknown",outcome="bad_signature"} 3"#,
            r#"{source="whoop",event_type="unknown",outcome="malformed"} 1"#,
            r#"{source="whoop",event_type="unknown",outcome="unknown_type"} 1"#,
            r#"{source="whoop",event_type="recovery",outcome="rejected"} 1"#,
        ]
    );
    testing::assert_family(
        &registry,
        "auren_webhook_requests_in_progress",
        "auren_webhook_requests_in_progress{source=\"oura\"} 0\n\
         auren_webhook_requests_in_progress{source=\"whoop\"} 1\n",
    );
    testing::assert_family(
        &registry,
        "auren_webhook_events_from_future_total",
        "auren_webhook_events_from_future_total{source=\"oura\"} 0\n\
         auren_webhook_events_from_future_total{source=\"whoop\"} 0\n",
    );
    assert_eq!(
        counts(&registry, "auren_webhook_request_duration_seconds"),
        [
            r#"{source="oura",event_type="sleep"} 40"#,
            r#"{source="whoop",event_type="unknown"} 5"#,
            r#"{source="whoop",event_type="recovery"} 1"#,
        ]
    );
    assert_eq!(
        counts(&registry, "auren_webhook_payload_bytes"),
        [r#"{source="oura"} 40"#]
    );
    assert_eq!(
        testing::histogram_sum(
            &registry,
            "auren_webhook_payload_bytes",
            &[("source", "oura")]
        ),
        Some(80_780.0)
    );
    let ages = testing::samples(&registry, "auren_webhook_event_age_seconds");
    // A minute and the time that the test took: beyond one bound, below the next.
    for line in [
        "{source=\"oura\",le=\"30.0\"} 0\n",
        "{source=\"oura\",le=\"300.0\"} 40\n",
    ] {
        assert!(ages.contains(line), "{line}--- is not in\n{ages}");
    }
    drop(going);
}

#[test]
fn a_typical_hour_outbound() {
    let (registry, webhooks) = sender();
    for number in 0..20 {
        let mut delivery = webhooks.deliver("crm");
        match number {
            17 => {
                for _ in 0..5 {
                    delivery.attempt().answered(503);
                }
                delivery.dead_lettered();
            }
            18 => {
                delivery.attempt().answered(410);
                delivery.rejected();
            }
            19 => delivery.dropped(),
            _ => {
                if number % 4 == 0 {
                    delivery.attempt().timed_out();
                }
                if number == 8 {
                    delivery.attempt().not_connected();
                }
                delivery.attempt().answered(200);
                delivery.delivered();
            }
        }
    }
    let pending = webhooks.deliver("billing");
    testing::assert_family(
        &registry,
        "webhook_deliveries_total",
        "webhook_deliveries_total{sink=\"billing\",outcome=\"delivered\"} 0\n\
         webhook_deliveries_total{sink=\"billing\",outcome=\"rejected\"} 0\n\
         webhook_deliveries_total{sink=\"billing\",outcome=\"dropped\"} 0\n\
         webhook_deliveries_total{sink=\"billing\",outcome=\"dead_lettered\"} 0\n\
         webhook_deliveries_total{sink=\"billing\",outcome=\"cancelled\"} 0\n\
         webhook_deliveries_total{sink=\"billing\",outcome=\"panicked\"} 0\n\
         webhook_deliveries_total{sink=\"crm\",outcome=\"delivered\"} 17\n\
         webhook_deliveries_total{sink=\"crm\",outcome=\"rejected\"} 1\n\
         webhook_deliveries_total{sink=\"crm\",outcome=\"dropped\"} 1\n\
         webhook_deliveries_total{sink=\"crm\",outcome=\"dead_lettered\"} 1\n\
         webhook_deliveries_total{sink=\"crm\",outcome=\"cancelled\"} 0\n\
         webhook_deliveries_total{sink=\"crm\",outcome=\"panicked\"} 0\n",
    );
    assert_eq!(
        nonzero(&registry, "webhook_delivery_attempts_total"),
        [
            r#"{sink="crm",outcome="ok"} 17"#,
            r#"{sink="crm",outcome="http_4xx"} 1"#,
            r#"{sink="crm",outcome="http_5xx"} 5"#,
            r#"{sink="crm",outcome="timeout"} 5"#,
            r#"{sink="crm",outcome="connect"} 1"#,
        ]
    );
    testing::assert_family(
        &registry,
        "webhook_deliveries_pending",
        "webhook_deliveries_pending{sink=\"billing\"} 1\nwebhook_deliveries_pending{sink=\"crm\"} 0\n",
    );
    let crm = [("sink", "crm")];
    assert_eq!(
        testing::value(&registry, "webhook_attempts_per_delivery", &crm),
        Some(20.0)
    );
    assert_eq!(
        testing::histogram_sum(&registry, "webhook_attempts_per_delivery", &crm),
        Some(29.0)
    );
    drop(pending);
}

#[test]
fn the_oldest_pending_delivery_shows_until_it_ends() {
    let (registry, webhooks) = sender();
    let name = "webhook_deliveries_oldest_pending_timestamp_seconds";
    let shown = || testing::value(&registry, name, &[]).unwrap();
    assert!(shown().is_nan());
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let first = webhooks.deliver("crm");
    let since = shown();
    assert!(since >= before.as_secs_f64());
    std::thread::sleep(Duration::from_millis(2));
    // Registered again, it is the same line.
    let second = WebhookSender::register(&registry)
        .unwrap()
        .deliver("billing");
    assert_eq!(shown(), since);
    first.delivered();
    assert!(shown() > since);
    second.delivered();
    assert!(shown().is_nan());
}

#[test]
fn what_is_dropped_is_cancelled_and_what_panics_is_panicked() {
    let (registry, webhooks) = receiver();
    let owner = vec![webhooks.received(Device::Oura, Event::Sleep)];
    drop(owner);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _receipt = webhooks.received(Device::Oura, Event::Sleep);
        panic!("the handler panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "webhook_requests_total"),
        [
            r#"{source="oura",event_type="sleep",outcome="cancelled"} 1"#,
            r#"{source="oura",event_type="sleep",outcome="panicked"} 1"#,
        ]
    );
    assert!(nonzero(&registry, "webhook_requests_in_progress").is_empty());

    let (registry, webhooks) = sender();
    let mut delivery = webhooks.deliver("crm");
    drop(delivery.attempt());
    drop(delivery);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut delivery = webhooks.deliver("crm");
        let _attempt = delivery.attempt();
        panic!("the client panics, as the test wants it");
    }));
    assert!(result.is_err());
    for name in [
        "webhook_deliveries_total",
        "webhook_delivery_attempts_total",
    ] {
        assert_eq!(
            nonzero(&registry, name),
            [
                r#"{sink="crm",outcome="cancelled"} 1"#,
                r#"{sink="crm",outcome="panicked"} 1"#,
            ]
        );
    }
    assert!(nonzero(&registry, "webhook_deliveries_pending").is_empty());
}

#[test]
fn bad_input_is_kept_and_shows() {
    let (registry, webhooks) = receiver();
    let mut receipt = webhooks.received(Device::Whoop, Event::Unknown);
    receipt.sent_at(SystemTime::now() + Duration::from_secs(3600));
    receipt.sent_at(UNIX_EPOCH);
    receipt.payload(u64::MAX);
    receipt.event_type(Event::Recovery);
    receipt.accepted();
    let whoop = [("source", "whoop")];
    let value = |name| testing::value(&registry, name, &whoop);
    assert_eq!(value("webhook_events_from_future_total"), Some(1.0));
    assert_eq!(value("webhook_event_age_seconds"), Some(1.0));
    assert_eq!(value("webhook_payload_bytes"), Some(1.0));

    let (registry, webhooks) = sender();
    for status in [0, 100, 302, 600, u16::MAX] {
        webhooks
            .deliver("a \"quoted\"\nsink")
            .attempt()
            .answered(status);
    }
    assert_eq!(
        nonzero(&registry, "webhook_delivery_attempts_total"),
        [r#"{sink="a \"quoted\"\nsink",outcome="http_other"} 5"#]
    );
    for number in 0..150 {
        webhooks.deliver(&format!("sink {number:03}")).delivered();
    }
    let delivered = |sink| {
        let labels = [("sink", sink), ("outcome", "delivered")];
        testing::value(&registry, "webhook_deliveries_total", &labels)
    };
    assert_eq!(delivered("sink 098"), Some(1.0));
    assert_eq!(delivered("sink 099"), None);
    assert_eq!(delivered("other"), Some(51.0));
}

proptest! {
    #[test]
    fn deliveries_are_outcomes_plus_what_is_pending(
        steps in prop::collection::vec((0..130usize, 0..6usize, 0..4u64), 0..60),
    ) {
        let (registry, webhooks) = sender();
        let total = |name| testing::total(&registry, name) as u64;
        let (mut begun, mut tried, mut open) = (0, 0, Vec::new());
        for (sink, end, attempts) in steps {
            let mut delivery = webhooks.deliver(&format!("sink {sink}"));
            begun += 1;
            for attempt in 0..attempts {
                tried += 1;
                match attempt {
                    0 => delivery.attempt().answered(500),
                    1 => delivery.attempt().timed_out(),
                    _ => drop(delivery.attempt()),
                }
            }
            match end {
                0 => delivery.delivered(),
                1 => delivery.rejected(),
                2 => delivery.dropped(),
                3 => delivery.dead_lettered(),
                4 => drop(delivery),
                _ => open.push(delivery),
            }
            let ended = total("webhook_deliveries_total");
            prop_assert_eq!(total("webhook_deliveries_pending"), open.len() as u64);
            prop_assert_eq!(ended + open.len() as u64, begun);
            prop_assert_eq!(total("webhook_attempts_per_delivery"), ended);
            prop_assert_eq!(total("webhook_delivery_attempts_total"), tried);
        }
    }
}
