//! What lasts longer than a request: WebSocket and server-sent events.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{self, Bytes, Payload};
use actix_web::{App, HttpRequest, HttpResponse};
use tests::served::{assert_settled, send, wait_for, wait_for_request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitalsigns::families::HttpServer;
use vitalsigns::{Registry, testing};
use vitalsigns_actix::Metrics;

use crate::support::serve;

const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A frame of a client, masked with zeros.
fn frame(kind: u8, text: &str) -> Vec<u8> {
    let mut frame = vec![
        0x80 | kind,
        0x80 | u8::try_from(text.len()).unwrap(),
        0,
        0,
        0,
        0,
    ];
    frame.extend_from_slice(text.as_bytes());
    frame
}

async fn live(request: HttpRequest, body: Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = messages.recv().await {
            match message {
                actix_ws::Message::Text(text) => session.text(text).await.unwrap(),
                actix_ws::Message::Close(reason) => {
                    let _ = session.close(reason).await;
                    return;
                }
                _ => {}
            }
        }
    });
    Ok(response)
}

async fn until(client: &mut TcpStream, end: &[u8]) {
    let mut answer = Vec::new();
    while !answer.ends_with(end) {
        let mut part = [0; 512];
        let length = client.read(&mut part).await.unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..length]);
    }
}

#[actix_web::test]
async fn a_websocket_ends_as_a_request_with_its_head_and_goes_on_as_a_connection() {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    let address = serve(move || {
        let app = App::new().wrap(metrics.middleware());
        app.route("/live/{room}", web::get().to(live))
    });
    let labels = [("route", "/live/{room}"), ("protocol", "websocket")];
    for (number, closes) in [(1.0, true), (2.0, false)] {
        let mut client = send(address, "GET", "/live/kitchen", UPGRADE).await;
        until(&mut client, b"\r\n\r\n").await;
        wait_for_request(&registry, "GET", "/live/{room}", "101", number).await;
        assert_settled(&registry, number);
        wait_for(&registry, "http_upgraded_connections", &labels, 1.0).await;
        client.write_all(&frame(1, "hello")).await.unwrap();
        until(&mut client, b"hello").await;
        wait_for(&registry, "http_upgraded_connections", &labels, 1.0).await;
        if closes {
            client.write_all(&frame(8, "")).await.unwrap();
            let _ = client.read_to_end(&mut Vec::new()).await;
        }
        drop(client);
        wait_for(&registry, "http_upgraded_connections", &labels, 0.0).await;
        let durations = "http_upgraded_connection_duration_seconds";
        assert_eq!(testing::total(&registry, durations), number);
        wait_for(&registry, "http_upgrades_total", &labels, number).await;
    }
    assert_eq!(
        testing::total(&registry, "http_responses_incomplete_total"),
        0.0
    );
}

#[actix_web::test]
async fn an_upgrade_that_is_refused_is_a_request() {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    let address = serve(move || {
        let app = App::new().wrap(metrics.middleware());
        app.route("/plain", web::get().to(async || "no socket here"))
    });
    let mut client = send(address, "GET", "/plain", UPGRADE).await;
    until(&mut client, b"no socket here").await;
    wait_for_request(&registry, "GET", "/plain", "200", 1.0).await;
    assert_settled(&registry, 1.0);
    assert_eq!(testing::total(&registry, "http_upgrades_total"), 0.0);
    assert_eq!(testing::total(&registry, "http_upgraded_connections"), 0.0);
}

/// Events for as long as somebody listens.
struct Events(u8);

impl MessageBody for Events {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.0 == 0 {
            return Poll::Pending;
        }
        self.0 -= 1;
        Poll::Ready(Some(Ok(Bytes::from_static(b"data: tick\n\n"))))
    }
}

#[actix_web::test]
async fn a_stream_of_events_has_a_duration_of_its_own() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .streams(["text/event-stream"])
        .register(&registry)
        .unwrap();
    let metrics = Metrics::with(http, vitalsigns::Endpoint::new(&registry));
    let address = serve(move || {
        let events = async || {
            let mut response = HttpResponse::Ok();
            response.content_type("text/event-stream").body(Events(3))
        };
        let app = App::new().wrap(metrics.middleware());
        app.route("/events", web::get().to(events))
    });
    let mut client = send(address, "GET", "/events", "").await;
    until(&mut client, b"data: tick\n\n\r\n").await;
    let route = [("method", "GET"), ("route", "/events")];
    wait_for(&registry, "http_requests_in_flight", &route, 1.0).await;
    drop(client);
    wait_for_request(&registry, "GET", "/events", "200", 1.0).await;
    assert_eq!(
        testing::total(&registry, "http_request_duration_seconds"),
        0.0
    );
    assert_eq!(
        testing::total(&registry, "http_stream_duration_seconds"),
        1.0
    );
}

#[actix_web::test]
async fn a_tunnel_is_a_connection() {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    let address = serve(move || {
        let tunnel = async || HttpResponse::Ok().body(Events(1));
        App::new()
            .wrap(metrics.middleware())
            .default_service(web::to(tunnel))
    });
    let client = send(address, "CONNECT", "example.org:443", "").await;
    wait_for_request(&registry, "CONNECT", "unmatched", "200", 1.0).await;
    let labels = [("route", "unmatched"), ("protocol", "connect")];
    wait_for(&registry, "http_upgraded_connections", &labels, 1.0).await;
    drop(client);
    wait_for(&registry, "http_upgraded_connections", &labels, 0.0).await;
    assert_settled(&registry, 1.0);
}
