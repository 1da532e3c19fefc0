//! What the middleware tells of the requests, beside what the services tell.

use visitor::client::Request;
use vitalsigns::testing;

use crate::support::{self, config, get, start};

async fn counted(server: &azora::Server, method: &str, route: &str, status: &str) {
    let labels = [("method", method), ("route", route), ("status", status)];
    let registry = server.service().registry();
    // The body of an answer may be here before the server has let go of it.
    let deadline = std::time::Instant::now() + support::DEADLINE;
    while testing::value(registry, "http_requests_total", &labels) != Some(1.0) {
        assert!(
            std::time::Instant::now() < deadline,
            "{method} {route} {status}:\n{}",
            testing::samples(registry, "http_requests_total")
        );
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn every_answer_is_counted_with_its_route_and_status() {
    let server = start(config()).await;
    for (method, path, route, status) in [
        ("GET", "/courses", "/courses", "200"),
        ("GET", "/courses/rust-from-zero", "/courses/{course}", "200"),
        ("GET", "/courses/no-such-course", "/courses/{course}", "404"),
        ("GET", "/no/such/path", "unmatched", "404"),
    ] {
        support::send(&server, Request::new(method, path)).await;
        counted(&server, method, route, status).await;
    }
    // What the gateway refuses has not been routed, but it is known where it was to go.
    get(&server, "/users/me", "no such token").await;
    counted(&server, "GET", "/users/me", "401").await;
    let registry = server.service().registry();
    assert_eq!(testing::total(registry, "http_requests_in_flight"), 0.0);
    server.shutdown().await;
}
