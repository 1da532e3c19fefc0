//! What the endpoint reports of itself.

use std::time::SystemTime;

use vitalsigns::{Endpoint, EndpointRequest, Format, Gauge, MetricGroup};

use super::{get, shop, text, value};

#[derive(MetricGroup)]
struct Store {
    /// Items.
    store_items: Gauge,
}

#[test]
fn every_answer_is_counted_by_its_status_and_shows_up_on_the_next_page() {
    let (registry, plain) = shop();
    let endpoint = Endpoint::builder(&registry)
        .bearer_token("token")
        .build()
        .unwrap();
    let read = |name: &str| value(&registry.render(Format::Text), name);
    let code = |code: u16| read(&format!("vitalsigns_scrapes_total{{code=\"{code}\"}}"));
    // There from the start.
    for known in [200, 204, 401, 405, 500, 503] {
        assert_eq!(code(known), 0.0, "{known}");
    }
    assert_eq!(read("vitalsigns_scrape_duration_seconds_count"), 0.0);
    assert_eq!(read("vitalsigns_page_bytes"), 0.0);

    let answer = plain.answer(&get());
    assert_eq!(
        value(text(&answer), "vitalsigns_scrapes_total{code=\"200\"}"),
        0.0
    );
    assert_eq!(read("vitalsigns_page_bytes"), answer.body.len() as f64);
    assert_eq!(endpoint.answer(&get()).status, 401);
    assert_eq!(endpoint.answer(&EndpointRequest::new("POST")).status, 405);
    assert_eq!(
        endpoint.answer(&EndpointRequest::new("OPTIONS")).status,
        204
    );
    assert_eq!(plain.answer(&get().query("name[]=orders")).status, 200);
    for (status, times) in [
        (200, 2.0),
        (204, 1.0),
        (401, 1.0),
        (405, 1.0),
        (500, 0.0),
        (503, 0.0),
    ] {
        assert_eq!(code(status), times, "{status}");
    }
    assert_eq!(read("vitalsigns_scrape_duration_seconds_count"), 5.0);
    // Some families are not the page.
    assert!(read("vitalsigns_page_bytes") > 500.0);
}

#[test]
fn what_the_process_asks_itself_is_not_counted_and_needs_no_token() {
    let (registry, _) = shop();
    let endpoint = Endpoint::builder(&registry)
        .bearer_token("token")
        .build()
        .unwrap();
    for _ in 0..3 {
        assert_eq!(endpoint.answer(&get().internal()).status, 200);
        assert_eq!(endpoint.check(), Ok(()));
    }
    let page = registry.render(Format::Text);
    assert_eq!(value(&page, "vitalsigns_scrapes_total{code=\"200\"}"), 0.0);
    assert_eq!(
        value(&page, "vitalsigns_scrape_duration_seconds_count"),
        0.0
    );
    assert_eq!(value(&page, "vitalsigns_page_bytes"), 0.0);
}

#[test]
fn the_page_says_when_a_collector_was_last_read() {
    let (registry, endpoint) = shop();
    let fails = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let told = fails.clone();
    registry
        .collect_with(move |store: &Store| {
            store.store_items.set(1);
            match told.load(std::sync::atomic::Ordering::SeqCst) {
                true => Err("gone"),
                false => Ok(()),
            }
        })
        .unwrap();
    let last = || {
        let answer = endpoint.answer(&get());
        let name = "vitalsigns_collector_last_success_timestamp_seconds{collector=\"Store\"}";
        value(text(&answer), name)
    };
    assert_eq!(last(), 0.0);
    fails.store(false, std::sync::atomic::Ordering::SeqCst);
    let now = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    let before = now();
    let read = last();
    assert!(
        (before - 0.001..=now() + 0.001).contains(&read),
        "{before}, {read}"
    );
    fails.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(last(), read);
    // It does not stop a service from starting.
    assert_eq!(endpoint.check(), Ok(()));
}

#[test]
fn the_check_finds_buckets_that_nobody_uses() {
    let registry = vitalsigns::Registry::builder()
        .buckets("typo_seconds", [1.0])
        .build()
        .unwrap();
    let error = Endpoint::new(&registry).check().unwrap_err();
    assert!(error.to_string().contains("typo_seconds"), "{error}");
}
