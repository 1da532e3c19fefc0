//! An app over a real socket, and raw clients that can be rude.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Response, ServiceFactory};
use actix_web::{Error, HttpServer, rt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitalsigns::{Registry, testing};

/// Serves what `app` makes on one worker, until the test's runtime ends.
pub(crate) fn serve<F, A, S, B>(app: F) -> SocketAddr
where
    F: Fn() -> A + Send + Clone + 'static,
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    serve_with(1, app)
}

/// Serves what `app` makes on so many workers; who closes the connection has left.
pub(crate) fn serve_with<F, A, S, B>(workers: usize, app: F) -> SocketAddr
where
    F: Fn() -> A + Send + Clone + 'static,
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    B: MessageBody + 'static,
{
    let server = HttpServer::new(app)
        .workers(workers)
        .disable_signals()
        .h1_allow_half_closed(false)
        .bind(("127.0.0.1", 0))
        .unwrap();
    let address = server.addrs()[0];
    rt::spawn(server.run());
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
    read(send(address, method, path, &extra).await).await
}

/// Reads until the server closes; gives head and body.
pub(crate) async fn read(mut stream: TcpStream) -> (String, String) {
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

/// Waits until so many requests of a route have ended with a status.
pub(crate) async fn wait_for_request(
    registry: &Registry,
    method: &str,
    route: &str,
    status: &str,
    expected: f64,
) {
    let labels = [("method", method), ("route", route), ("status", status)];
    wait_for(registry, "http_requests_total", &labels, expected).await;
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
    for family in ["http_requests_total", "http_request_duration_seconds"] {
        assert_eq!(testing::total(registry, family), requests, "{samples}");
    }
}
