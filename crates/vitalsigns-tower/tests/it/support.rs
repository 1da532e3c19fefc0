//! An app over a real socket, and raw clients that can be rude.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use vitalsigns::{Registry, testing};

/// Serves `app` until the test's runtime ends.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Sends the head of a request without body and leaves the connection open.
pub(crate) async fn send(address: SocketAddr, method: &str, path: &str, extra: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n{extra}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Sends a request and reads until the server closes; gives head and body.
pub(crate) async fn fetch(
    address: SocketAddr,
    method: &str,
    path: &str,
    extra: &str,
) -> (String, String) {
    let extra = format!("{extra}connection: close\r\n");
    let mut stream = send(address, method, path, &extra).await;
    let mut answer = Vec::new();
    // A handler that panics ends the connection; what came until then is the answer.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) => (head.to_owned(), body.to_owned()),
        None => (answer, String::new()),
    }
}

/// Waits until the value of a series is `expected`: the server notices things when it notices.
pub(crate) async fn wait_for(
    registry: &Registry,
    name: &str,
    labels: &[(&str, &str)],
    expected: f64,
) {
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

/// No request is in flight, and each that started was counted once.
pub(crate) fn assert_settled(registry: &Registry, requests: f64) {
    assert_eq!(
        testing::total(registry, "http_requests_in_flight"),
        0.0,
        "{}",
        testing::samples(registry, "http_requests_in_flight")
    );
    let samples = testing::samples(registry, "http_requests_total");
    assert_eq!(
        testing::total(registry, "http_requests_total"),
        requests,
        "{samples}"
    );
    assert_eq!(
        testing::total(registry, "http_request_duration_seconds"),
        requests,
        "{samples}"
    );
}
