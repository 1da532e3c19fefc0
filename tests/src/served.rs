//! What an app that is measured makes of rude clients: the same for every adapter.
//!
//! An adapter's tests serve the app; here are the clients, and what the registry must say in the
//! end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitalsigns::{Registry, testing};

/// Sends the head of a request without body and leaves the connection open.
pub async fn send(address: SocketAddr, method: &str, path: &str, extra: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n{extra}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Sends a request and reads until the server closes; gives head and body.
pub async fn fetch(address: SocketAddr, method: &str, path: &str, extra: &str) -> (String, String) {
    let extra = format!("{extra}connection: close\r\n");
    read(send(address, method, path, &extra).await).await
}

/// Reads until the server closes; gives head and body.
pub async fn read(mut stream: TcpStream) -> (String, String) {
    let mut answer = Vec::new();
    // A handler that panics ends the connection; what came until then is the answer.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) => (head.to_owned(), body.to_owned()),
        None => (answer, String::new()),
    }
}

/// Waits until the value of a series is `expected`: the server notices things when it notices.
pub async fn wait_for(registry: &Registry, name: &str, labels: &[(&str, &str)], expected: f64) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let value = testing::value(registry, name, labels);
        if value == Some(expected) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{name}{labels:?} is {value:?} and not {expected}\n{}",
            testing::samples(registry, name)
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until so many requests of a route have ended with a status.
pub async fn wait_for_request(
    registry: &Registry,
    method: &str,
    route: &str,
    status: &str,
    expected: f64,
) {
    let labels = [("method", method), ("route", route), ("status", status)];
    wait_for(registry, "http_requests_total", &labels, expected).await;
}

/// Waits until so many `GET` requests of a route are in flight.
pub async fn wait_for_flight(registry: &Registry, route: &str, expected: f64) {
    let labels = [("method", "GET"), ("route", route)];
    wait_for(registry, "http_requests_in_flight", &labels, expected).await;
}

/// Waits until a `GET` request of a route was not answered to its end, for this cause.
pub async fn wait_for_incomplete(registry: &Registry, route: &str, cause: &str) {
    let labels = [("method", "GET"), ("route", route), ("cause", cause)];
    wait_for(registry, "http_responses_incomplete_total", &labels, 1.0).await;
}

/// How many `GET` requests of a route have panicked.
pub fn panics(registry: &Registry, route: &str) -> Option<f64> {
    let labels = [("method", "GET"), ("route", route)];
    testing::value(registry, "http_request_panics_total", &labels)
}

/// No request is in flight, and each that started was counted once.
#[track_caller]
pub fn assert_settled(registry: &Registry, requests: f64) {
    assert_eq!(
        testing::total(registry, "http_requests_in_flight"),
        0.0,
        "{}",
        testing::samples(registry, "http_requests_in_flight")
    );
    let samples = testing::samples(registry, "http_requests_total");
    for family in ["http_requests_total", "http_request_duration_seconds"] {
        assert_eq!(testing::total(registry, family), requests, "{samples}");
    }
}

/// [`assert_settled`], and every answer was sent to its end.
#[track_caller]
pub fn assert_complete(registry: &Registry, requests: f64) {
    assert_settled(registry, requests);
    let incomplete = testing::samples(registry, "http_responses_incomplete_total");
    let cut_off = testing::total(registry, "http_responses_incomplete_total");
    assert_eq!(cut_off, 0.0, "{incomplete}");
}

/// The different values of one label of a family.
pub fn values(registry: &Registry, family: &str, label: &str) -> Vec<String> {
    let start = format!("{label}=\"");
    let mut values: Vec<String> = testing::samples(registry, family)
        .lines()
        .filter_map(|line| Some(line.split_once(&start)?.1.split_once('"')?.0.to_owned()))
        .collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// All requests had paths that no route matches, by `GET` or by methods that were invented.
#[track_caller]
pub fn assert_one_route_and_one_method(registry: &Registry) {
    for family in [
        "http_requests_total",
        "http_request_duration_seconds",
        "http_requests_in_flight",
    ] {
        assert_eq!(values(registry, family, "route"), ["unmatched"], "{family}");
        assert_eq!(
            values(registry, family, "method"),
            ["GET", "_OTHER"],
            "{family}"
        );
    }
}
