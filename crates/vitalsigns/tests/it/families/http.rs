//! Requests to an HTTP server.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use vitalsigns::families::HttpServer;
use vitalsigns::families::http::{Method, RequestGuard};
use vitalsigns::testing::{total, value};
use vitalsigns::{LabelValue, Registry};

use super::counts::counts;
use super::nonzero;

fn http() -> (Registry, HttpServer) {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    (registry, http)
}

/// The samples of a family that are not 0, in the order of their text.
fn sorted(registry: &Registry, name: &str) -> Vec<String> {
    let mut lines = nonzero(registry, name);
    lines.sort();
    lines
}

fn complete(mut request: RequestGuard, status: u16) {
    request.answered(status);
    request.complete();
}

#[test]
fn a_typical_hour() {
    let (registry, http) = http();
    // A stream of events that outlives the hour.
    let mut stream = http.start("GET", Some("/events"));
    stream.answered(200);
    for minute in 0..60 {
        for number in 0..22 {
            let status = if number < 20 { 200 } else { 404 };
            complete(http.start("GET", Some("/users/{id}")), status);
        }
        for number in 0..3 {
            let mut order = http.start("POST", Some("/orders"));
            match (minute, number) {
                (20, 0) => order.panicked(),
                (21, 0) => order.failed(),
                // The client leaves.
                (30, 0) => drop(order),
                _ => complete(order, 201),
            }
        }
        let mut file = http.start("GET", Some("/files/{name}"));
        file.answered(200);
        match minute {
            5 => file.failed(),
            6 => file.panicked(),
            // The client leaves in the middle of the body.
            _ if minute % 10 == 0 => {}
            _ => file.complete(),
        }
        drop(file);
        complete(http.start("GET", None), 404);
    }
    complete(http.start("BREW", None), 405);
    assert_eq!(
        sorted(&registry, "http_requests_total"),
        [
            r#"{method="GET",route="/files/{name}",status="200"} 60"#,
            r#"{method="GET",route="/users/{id}",status="200"} 1200"#,
            r#"{method="GET",route="/users/{id}",status="404"} 120"#,
            r#"{method="GET",route="unmatched",status="404"} 60"#,
            r#"{method="POST",route="/orders",status="201"} 177"#,
            r#"{method="POST",route="/orders",status="499"} 1"#,
            r#"{method="POST",route="/orders",status="500"} 2"#,
            r#"{method="_OTHER",route="unmatched",status="405"} 1"#,
        ]
    );
    assert_eq!(
        sorted(&registry, "http_requests_in_flight"),
        [r#"{method="GET",route="/events"} 1"#]
    );
    assert_eq!(
        sorted(&registry, "http_request_panics_total"),
        [
            r#"{method="GET",route="/files/{name}"} 1"#,
            r#"{method="POST",route="/orders"} 1"#,
        ]
    );
    assert_eq!(
        sorted(&registry, "http_responses_incomplete_total"),
        [
            r#"{method="GET",route="/files/{name}",cause="cancelled"} 6"#,
            r#"{method="GET",route="/files/{name}",cause="error"} 1"#,
            r#"{method="GET",route="/files/{name}",cause="panic"} 1"#,
        ]
    );
    let mut durations = counts(&registry, "http_request_duration_seconds");
    durations.sort();
    assert_eq!(
        durations,
        [
            r#"{method="GET",route="/files/{name}"} 60"#,
            r#"{method="GET",route="/users/{id}"} 1320"#,
            r#"{method="GET",route="unmatched"} 60"#,
            r#"{method="POST",route="/orders"} 180"#,
            r#"{method="_OTHER",route="unmatched"} 1"#,
        ]
    );
    drop(stream);
    assert!(nonzero(&registry, "http_requests_in_flight").is_empty());
}

#[test]
fn a_request_that_is_dropped_is_499_before_its_head_and_cut_off_after_it() {
    let (registry, http) = http();
    drop(http.start("GET", Some("/")));
    let mut request = http.start("GET", Some("/"));
    request.answered(206);
    drop(request);
    assert_eq!(
        sorted(&registry, "http_requests_total"),
        [
            r#"{method="GET",route="/",status="206"} 1"#,
            r#"{method="GET",route="/",status="499"} 1"#,
        ]
    );
    assert_eq!(
        nonzero(&registry, "http_responses_incomplete_total"),
        [r#"{method="GET",route="/",cause="cancelled"} 1"#]
    );
    assert!(nonzero(&registry, "http_request_panics_total").is_empty());
}

#[test]
fn a_request_that_a_panic_drops_is_500_before_its_head_and_as_sent_after_it() {
    let (registry, http) = http();
    for status in [None, Some(200)] {
        let result = catch_unwind(AssertUnwindSafe(|| {
            let mut request = http.start("GET", Some("/"));
            if let Some(status) = status {
                request.answered(status);
            }
            panic!("the handler panics, as the test wants it");
        }));
        assert!(result.is_err());
    }
    assert_eq!(
        sorted(&registry, "http_requests_total"),
        [
            r#"{method="GET",route="/",status="200"} 1"#,
            r#"{method="GET",route="/",status="500"} 1"#,
        ]
    );
    assert_eq!(
        nonzero(&registry, "http_responses_incomplete_total"),
        [r#"{method="GET",route="/",cause="panic"} 1"#]
    );
    assert_eq!(total(&registry, "http_request_panics_total"), 2.0);
    assert!(nonzero(&registry, "http_requests_in_flight").is_empty());
}

#[test]
fn a_status_that_is_none_reads_000() {
    let (registry, http) = http();
    for status in [0, 7, 999, 1000, 65_535] {
        complete(http.start("GET", Some("/")), status);
    }
    assert_eq!(
        sorted(&registry, "http_requests_total"),
        [
            r#"{method="GET",route="/",status="000"} 3"#,
            r#"{method="GET",route="/",status="007"} 1"#,
            r#"{method="GET",route="/",status="999"} 1"#,
        ]
    );
    assert_eq!(total(&registry, "http_request_duration_seconds"), 5.0);
}

#[test]
fn a_route_or_method_of_any_text_is_counted() {
    let (registry, http) = http();
    let long = "x".repeat(10_000);
    for text in ["", "\"\\\n", "\0", "ä€", &long] {
        complete(http.start(text, Some(text)), 200);
    }
    assert_eq!(total(&registry, "http_requests_total"), 5.0);
    let labels = [("method", "_OTHER"), ("route", "ä€"), ("status", "200")];
    assert_eq!(value(&registry, "http_requests_total", &labels), Some(1.0));
}

proptest! {
    #[test]
    fn requests_started_are_counted_or_in_flight(
        steps in prop::collection::vec(
            (0..Method::VALUES.len(), 0_u8..4, any::<Option<u16>>(), 0_u8..6),
            0..60,
        )
    ) {
        let (registry, http) = http();
        let mut going = Vec::new();
        let (mut panics, mut incomplete) = (0.0, 0.0);
        for (attempt, (method, route, status, end)) in steps.into_iter().enumerate() {
            let route = [None, Some("/"), Some("/a"), Some("/b/{c}")][usize::from(route)];
            let mut request = http.start(Method::VALUES[method], route);
            if let Some(status) = status {
                request.answered(status);
            }
            match end {
                0 => request.complete(),
                1 => request.failed(),
                2 => request.panicked(),
                _ => {}
            }
            if end > 3 {
                going.push((request, status));
            } else {
                drop(request);
                panics += f64::from(u8::from(end == 2));
                incomplete += f64::from(u8::from(end != 0 && status.is_some()));
            }
            if end == 5 {
                let (_, status) = going.swap_remove(0);
                incomplete += f64::from(u8::from(status.is_some()));
            }
            let counted = total(&registry, "http_requests_total");
            let in_flight = total(&registry, "http_requests_in_flight");
            prop_assert_eq!(in_flight, going.len() as f64);
            prop_assert_eq!(counted + in_flight, (attempt + 1) as f64);
            prop_assert_eq!(total(&registry, "http_request_duration_seconds"), counted);
            prop_assert_eq!(total(&registry, "http_request_panics_total"), panics);
            prop_assert_eq!(total(&registry, "http_responses_incomplete_total"), incomplete);
        }
        going.clear();
        prop_assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
    }
}
