//! HTTP/2, where a client leaves a request and not the connection.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer, rt};
use h203::client::{ResponseFuture, SendRequest};
use h203::{Reason, SendStream};
use tests::served::{assert_settled, wait_for, wait_for_request};
use tokio::net::TcpStream;
use tokio::sync::watch;
use vitalsigns::{Registry, testing};
use vitalsigns_actix::Metrics;

/// Chunks without end.
struct Endless;

impl MessageBody for Endless {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(Some(Ok(Bytes::from_static(b"chunk"))))
    }
}

/// Answers when it is let go.
async fn wait(released: web::Data<watch::Receiver<bool>>) -> &'static str {
    let mut released = watch::Receiver::clone(&released);
    released.wait_for(|released| *released).await.unwrap();
    "an answer"
}

async fn connected() -> (Registry, SendRequest<Bytes>, watch::Sender<bool>) {
    let (release, released) = watch::channel(false);
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    let server = HttpServer::new(move || {
        App::new()
            .wrap(metrics.middleware())
            .route("/users/{id}", web::to(async || "somebody"))
            .app_data(web::Data::new(released.clone()))
            .route("/wait", web::get().to(wait))
            .route(
                "/endless",
                web::get().to(async || HttpResponse::Ok().body(Endless)),
            )
            .route(
                "/shop.Orders/Place",
                web::post().to(async || {
                    let mut response = HttpResponse::Ok();
                    response.content_type("application/grpc");
                    response.insert_header(("grpc-status", "5")).finish()
                }),
            )
    });
    let server = server
        .workers(1)
        .disable_signals()
        .bind_auto_h2c(("127.0.0.1", 0))
        .unwrap();
    let address = server.addrs()[0];
    rt::spawn(server.run());
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) = h203::client::handshake(stream).await.unwrap();
    rt::spawn(connection);
    (registry, client, release)
}

fn send(
    client: &mut SendRequest<Bytes>,
    method: &str,
    path: &str,
    content_type: &str,
) -> (ResponseFuture, SendStream<Bytes>) {
    let request = http02::Request::builder()
        .method(method)
        .uri(format!("http://test{path}"))
        .header("content-type", content_type)
        .body(())
        .unwrap();
    client.send_request(request, true).unwrap()
}

#[actix_web::test]
async fn requests_of_one_connection_end_on_their_own() {
    let (registry, mut client, release) = connected().await;
    let (_answer, mut left) = send(&mut client, "GET", "/wait", "");
    let wait = [("method", "GET"), ("route", "/wait")];
    wait_for(&registry, "http_requests_in_flight", &wait, 1.0).await;

    let (response, _) = send(&mut client, "GET", "/users/7", "");
    let mut body = response.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "somebody");
    wait_for_request(&registry, "GET", "/users/{id}", "200", 1.0).await;
    let (response, _) = send(&mut client, "HEAD", "/users/7", "");
    assert!(response.await.unwrap().into_body().data().await.is_none());
    wait_for_request(&registry, "HEAD", "/users/{id}", "200", 1.0).await;

    let (response, mut stream) = send(&mut client, "GET", "/endless", "");
    let mut body = response.await.unwrap().into_body();
    assert!(body.data().await.is_some());
    stream.send_reset(Reason::CANCEL);
    let cut_off = |route| [("method", "GET"), ("route", route), ("cause", "cancelled")];
    let incomplete = "http_responses_incomplete_total";
    wait_for(&registry, incomplete, &cut_off("/endless"), 1.0).await;

    // actix asks a handler to its end, and finds out then that nobody is there.
    left.send_reset(Reason::CANCEL);
    let (response, _) = send(&mut client, "GET", "/users/8", "");
    response.await.unwrap();
    wait_for_request(&registry, "GET", "/users/{id}", "200", 2.0).await;
    assert_eq!(testing::total(&registry, "http_requests_in_flight"), 1.0);
    release.send(true).unwrap();
    wait_for(&registry, incomplete, &cut_off("/wait"), 1.0).await;
    wait_for_request(&registry, "GET", "/wait", "200", 1.0).await;
    assert_settled(&registry, 5.0);
}

#[actix_web::test]
async fn a_call_of_grpc_has_the_status_of_its_head() {
    let (registry, mut client, _release) = connected().await;
    let place = "/shop.Orders/Place";
    let (response, _) = send(&mut client, "POST", place, "application/grpc");
    assert_eq!(response.await.unwrap().status(), 200);
    let labels = [("route", place), ("code", "NOT_FOUND")];
    wait_for(&registry, "grpc_requests_total", &labels, 1.0).await;
    let (response, _) = send(&mut client, "POST", place, "application/json");
    assert_eq!(response.await.unwrap().status(), 200);
    wait_for_request(&registry, "POST", place, "200", 2.0).await;
    assert_eq!(testing::total(&registry, "grpc_requests_total"), 1.0);
}
