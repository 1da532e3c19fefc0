//! Webhooks: what is taken, what is refused, and that nothing is lost in between.

use std::{sync::Arc, sync::atomic::Ordering};

use auren::{
    Config, Server,
    events::{Event, Kind},
    memory::{Stores, now},
    webhooks::Vendor,
};
use serde_json::json;
use visitor::client::{Request, Response, hang_up};
use vitalsigns::LabelValue;

use crate::{
    faulty::Faulty,
    law,
    support::{config, error, get, page, quiet, secrets, send, start, start_with, until},
};

fn event(vendor: Vendor, id: &str) -> Event {
    Event {
        vendor,
        id: id.to_owned(),
        kind: Kind::HeartRate,
        value: 60.0,
        at: now(),
    }
}

fn webhook(key: &[u8], events: &[Event], sent_at: i64) -> Request {
    let vendor = events[0].vendor;
    let (headers, body) = vendor.write(key, events, sent_at);
    let path = format!("/webhooks/{}", vendor.as_label());
    let headers = headers.iter();
    let request = headers.fold(Request::new("POST", &path), |request, (name, value)| {
        request.header(name, value)
    });
    request.body(body)
}

async fn deliver(server: &Server, events: &[Event]) -> Response {
    let secrets = secrets();
    send(server, webhook(secrets.of(events[0].vendor), events, now())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_vendor_is_understood_and_each_event_is_taken_once() {
    let server = start(config()).await;
    for vendor in Vendor::ALL {
        let event = [event(vendor, "e-1")];
        let taken = deliver(&server, &event).await;
        assert_eq!(
            (taken.status, &taken.json()["accepted"]),
            (202, &json!(1)),
            "{vendor:?}"
        );
        let again = deliver(&server, &event).await;
        assert_eq!(
            (again.status, &again.json()["duplicates"]),
            (200, &json!(1)),
            "{vendor:?}"
        );
    }
    quiet(&server).await;
    for vendor in ["ring", "strap", "watch"] {
        let item = get(&server, &format!("/memory/event.{vendor}.e-1"))
            .await
            .json();
        assert_eq!(item["value"]["kind"], json!("heart_rate"));
    }
    let page = law::holds(&server).await;
    for outcome in ["accepted", "duplicate"] {
        assert_eq!(
            page.sum("webhook_requests_total", &[("outcome", outcome)]),
            3.0
        );
    }
    assert_eq!(
        page.sum("events_consumed_total", &[("outcome", "success")]),
        3.0
    );
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_stale_or_garbage_is_refused_and_counted() {
    let server = start(config()).await;
    let (secrets, vendor) = (secrets(), Vendor::Watch);
    let (key, one) = (secrets.of(vendor), [event(vendor, "e")]);
    let mut too_fast = event(vendor, "e");
    too_fast.value = 1e300;
    let hour = 3_600_000;
    for (request, status, code, outcome) in [
        (
            webhook(b"guessed", &one, now()),
            401,
            "bad_signature",
            "bad_signature",
        ),
        (webhook(key, &one, now() - hour), 400, "stale", "stale"),
        (webhook(key, &one, now() + hour), 400, "stale", "stale"),
        (
            webhook(key, &[too_fast], now()),
            422,
            "malformed",
            "malformed",
        ),
        (
            Request::new("POST", "/webhooks/watch"),
            401,
            "bad_signature",
            "bad_signature",
        ),
        (
            Request::new("POST", "/webhooks/watch").body(vec![0xff; 70_000]),
            413,
            "body_too_large",
            "malformed",
        ),
    ] {
        let before = page(&server)
            .await
            .sum("webhook_requests_total", &[("outcome", outcome)]);
        assert_eq!(
            error(&send(&server, request).await),
            (status, code.to_owned())
        );
        let after = page(&server)
            .await
            .sum("webhook_requests_total", &[("outcome", outcome)]);
        assert_eq!(after, before + 1.0, "{code}");
    }
    let no_vendor = send(
        &server,
        Request::new("POST", "/webhooks/toaster").body("{}"),
    )
    .await;
    assert_eq!(no_vendor.status, 404);
    let page = law::holds(&server).await;
    assert_eq!(page.sum("memory_tier_items", &[]), 0.0);
    assert_eq!(page.sum("webhook_requests_in_progress", &[]), 0.0);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_can_be_kept_events_wait_and_then_are_refused_and_none_is_lost() {
    let mut faults = Vec::new();
    let config = Config {
        queue: 10,
        ..config()
    };
    let server = start_with(config, |stores| {
        let mut wrap = |store, seed| {
            let faulty = Faulty::new(store, seed);
            faulty.faults.is_down.store(true, Ordering::SeqCst);
            faults.push(Arc::clone(&faulty.faults));
            Arc::new(faulty)
        };
        Stores {
            hot: wrap(stores.hot, 1),
            warm: wrap(stores.warm, 2),
            cold: wrap(stores.cold, 3),
        }
    })
    .await;
    let mut accepted = 0;
    for number in 0..15 {
        let taken = deliver(&server, &[event(Vendor::Ring, &format!("e-{number}"))]).await;
        if taken.status == 202 {
            accepted += 1;
        } else {
            assert_eq!(error(&taken), (503, "not_accepted".into()));
            assert_eq!(taken.header("retry-after"), Some("1"));
        }
    }
    assert_eq!(accepted, 10);
    let during = page(&server).await;
    assert_eq!(
        during.sum("webhook_requests_total", &[("outcome", "rejected")]),
        5.0
    );
    assert_eq!(
        during.sum("queue_tasks_total", &[("outcome", "success")]),
        0.0
    );
    for faults in &faults {
        faults.is_down.store(false, Ordering::SeqCst);
    }
    quiet(&server).await;
    let page = law::holds(&server).await;
    assert!(page.sum("events_consumed_total", &[("outcome", "retried")]) > 0.0);
    law::events_are_kept(&server, accepted).await;
    // What was refused can be sent again.
    let again = deliver(&server, &[event(Vendor::Ring, "e-12")]).await;
    assert_eq!(again.status, 202);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_leaves_no_half_of_an_event() {
    let server = start(config()).await;
    let secrets = secrets();
    for number in 0..40 {
        let event = event(Vendor::Strap, &format!("e-{number}"));
        let bytes = webhook(secrets.of(Vendor::Strap), &[event], now()).bytes();
        let cut = bytes.len() - number % 20;
        hang_up(server.addr(), &bytes[..cut], 0)
            .await
            .expect("it is sent");
    }
    let registry = server.service().registry().clone();
    until("all are answered", || {
        let total = |name| vitalsigns::testing::total(&registry, name);
        total("webhook_requests_total") >= 38.0 && total("webhook_requests_in_progress") == 0.0
    })
    .await;
    quiet(&server).await;
    law::holds(&server).await;
    law::events_are_kept(&server, 0).await;
    server.shutdown().await;
}
