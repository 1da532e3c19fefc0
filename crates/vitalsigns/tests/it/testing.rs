//! The helpers for tests tell the truth, and fail when they should.

use vitalsigns::families::HttpServer;
use vitalsigns::{Registry, testing};

fn registry() -> Registry {
    let registry = Registry::builder()
        .constant_label("zone", "a")
        .build()
        .unwrap();
    let http = HttpServer::register(&registry).unwrap();
    drop(http.start("GET", Some("/users/{id}")));
    registry
}

#[test]
fn values_are_found_by_their_labels_in_any_order() {
    let registry = registry();
    let labels = [
        ("status", "499"),
        ("route", "/users/{id}"),
        ("method", "GET"),
    ];
    assert_eq!(
        testing::value(&registry, "http_requests_total", &labels),
        Some(1.0)
    );
    assert_eq!(
        testing::value(&registry, "http_requests_total", &labels[..2]),
        None
    );
    assert_eq!(testing::value(&registry, "http_requests", &labels), None);
    assert_eq!(
        testing::value(&registry, "http_request_duration_seconds", &labels[1..]),
        Some(1.0)
    );
    assert!(
        testing::histogram_sum(&registry, "http_request_duration_seconds", &labels[1..]).unwrap()
            >= 0.0
    );
    assert_eq!(
        testing::is_on(&registry, "http_requests_total", &labels, "x"),
        None
    );
}

#[test]
#[should_panic(
    expected = "--- found\nhttp_requests_in_flight{zone=\"a\",method=\"GET\",route=\"/users/{id}\"} 0\n"
)]
fn an_assertion_shows_both_sides() {
    testing::assert_family(&registry(), "http_requests_in_flight", "");
}

#[test]
#[should_panic(
    expected = "there is no family `http_request_total`; there are grpc_requests_total, http_request_duration_seconds"
)]
fn an_assertion_about_a_family_that_is_not_there_names_those_that_are() {
    testing::assert_family(&registry(), "http_request_total", "");
}
