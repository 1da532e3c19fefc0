//! Every way in which a request can end.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::{Compress, Condition, ErrorHandlers, Logger, from_fn};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, Error, HttpResponse, error};
use tests::served::{
    assert_complete, assert_settled, fetch, panics, read, send, wait_for_flight,
    wait_for_incomplete, wait_for_request,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vitalsigns::families::HttpServer;
use vitalsigns::{Registry, testing};
use vitalsigns_actix::Metrics;

use crate::support::serve;

/// A body that gives one chunk and then behaves as it is told.
struct Stubborn {
    first: Option<Bytes>,
    then: Then,
    size: BodySize,
}

#[derive(Clone, Copy)]
enum Then {
    End,
    Hang,
    Fail,
    Panic,
}

impl MessageBody for Stubborn {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, std::io::Error>>> {
        match (self.first.take(), self.then) {
            (Some(chunk), _) => Poll::Ready(Some(Ok(chunk))),
            (None, Then::End) => Poll::Ready(None),
            (None, Then::Hang) => Poll::Pending,
            (None, Then::Fail) => Poll::Ready(Some(Err(std::io::Error::other("disk is gone")))),
            (None, Then::Panic) => panic!("the body panics, as the test wants it"),
        }
    }
}

const CHUNK: &str = "the first chunk";

fn stubborn(size: BodySize, then: Then) -> HttpResponse {
    HttpResponse::Ok().body(Stubborn {
        first: Some(Bytes::from_static(CHUNK.as_bytes())),
        then,
        size,
    })
}

/// A stream under a head that promises a length.
fn promised(length: u64) -> HttpResponse {
    HttpResponse::Ok().no_chunking(length).body(Stubborn {
        first: Some(Bytes::from_static(CHUNK.as_bytes())),
        then: Then::Hang,
        size: BodySize::Stream,
    })
}

/// The handlers that a rude world needs.
fn rude(app: &mut ServiceConfig) {
    async fn panics() -> &'static str {
        panic!("the handler panics, as the test wants it")
    }
    app.route("/ok", web::to(async || "fine"))
        .route("/slow", web::get().to(std::future::pending::<&'static str>))
        .route("/panic", web::get().to(panics))
        .route("/empty", web::get().to(HttpResponse::NoContent))
        .route("/nothing", web::get().to(HttpResponse::Ok))
        .route("/unchanged", web::get().to(HttpResponse::NotModified))
        .route(
            "/unfit",
            web::get().to(async || HttpResponse::NoContent().body("what nobody reads")),
        )
        .route(
            "/error",
            web::get().to(async || Err::<&str, _>(error::ErrorConflict("twice"))),
        )
        .route(
            "/extract/{number}",
            web::get().to(async |_: web::Path<u32>| "a number"),
        )
        .route(
            "/hang",
            web::get().to(async || stubborn(BodySize::Stream, Then::Hang)),
        )
        .route(
            "/end",
            web::get().to(async || stubborn(BodySize::Stream, Then::End)),
        )
        .route(
            "/fail",
            web::get().to(async || stubborn(BodySize::Stream, Then::Fail)),
        )
        .route(
            "/body-panic",
            web::get().to(async || stubborn(BodySize::Stream, Then::Panic)),
        )
        .route(
            "/sized",
            web::get().to(async || stubborn(BodySize::Sized(CHUNK.len() as u64), Then::Hang)),
        )
        .route(
            "/promised",
            web::get().to(async || promised(CHUNK.len() as u64)),
        )
        .route(
            "/sized-wrongly",
            web::get().to(async || stubborn(BodySize::Sized(1000), Then::Hang)),
        )
        .route(
            "/short",
            web::get().to(async || stubborn(BodySize::Sized(1000), Then::End)),
        );
}

fn metrics() -> (Registry, Metrics) {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    (registry, metrics)
}

fn served() -> (Registry, SocketAddr) {
    let (registry, metrics) = metrics();
    let address = serve(move || App::new().wrap(metrics.middleware()).configure(rude));
    (registry, address)
}

#[actix_web::test]
async fn a_complete_response_is_counted_with_its_status() {
    let (registry, address) = served();
    let (head, body) = fetch(address, "GET", "/ok", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(
        head.contains("content-length: 4"),
        "the framing is unchanged: {head}"
    );
    assert_eq!(body, "fine");
    wait_for_request(&registry, "GET", "/ok", "200", 1.0).await;
    let (head, body) = fetch(address, "GET", "/end", "").await;
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(body.contains(CHUNK), "{body}");
    wait_for_request(&registry, "GET", "/end", "200", 1.0).await;
    assert_complete(&registry, 2.0);
}

#[actix_web::test]
async fn a_response_without_body_ends_with_its_head() {
    let (registry, address) = served();
    for (path, status) in [
        ("/empty", "204"),
        ("/nothing", "200"),
        ("/unchanged", "304"),
        ("/unfit", "204"),
    ] {
        fetch(address, "GET", path, "").await;
        wait_for_request(&registry, "GET", path, status, 1.0).await;
    }
    let (head, body) = fetch(address, "HEAD", "/ok", "").await;
    assert!(head.contains("content-length: 4"), "{head}");
    assert_eq!(body, "");
    wait_for_request(&registry, "HEAD", "/ok", "200", 1.0).await;
    assert_complete(&registry, 5.0);
}

#[actix_web::test]
async fn methods_that_are_rare_or_invented_are_counted_as_what_they_are() {
    let (registry, address) = served();
    for (method, label) in [
        ("OPTIONS", "OPTIONS"),
        ("TRACE", "TRACE"),
        ("BREW", "_OTHER"),
        ("get", "_OTHER"),
    ] {
        let before = testing::value(
            &registry,
            "http_requests_total",
            &[("method", label), ("route", "/ok"), ("status", "200")],
        );
        fetch(address, method, "/ok", "").await;
        let expected = before.unwrap_or(0.0) + 1.0;
        wait_for_request(&registry, label, "/ok", "200", expected).await;
    }
    assert_settled(&registry, 4.0);
}

#[actix_web::test]
async fn errors_of_handlers_and_extractors_are_responses() {
    let (registry, address) = served();
    fetch(address, "GET", "/error", "").await;
    wait_for_request(&registry, "GET", "/error", "409", 1.0).await;
    fetch(address, "GET", "/extract/seven", "").await;
    wait_for_request(&registry, "GET", "/extract/{number}", "404", 1.0).await;
    assert_settled(&registry, 2.0);
}

#[actix_web::test]
async fn an_error_of_middleware_counts_with_the_status_that_the_client_gets() {
    let (registry, metrics) = metrics();
    let address = serve(move || {
        App::new()
            .wrap_fn(|_, _| async {
                Err::<ServiceResponse, _>(error::ErrorTooManyRequests("slow down"))
            })
            .wrap(metrics.middleware())
            .configure(rude)
    });
    let (head, body) = fetch(address, "GET", "/extract/7", "").await;
    assert!(head.starts_with("HTTP/1.1 429"), "{head}");
    assert_eq!(body, "slow down", "the error passes unchanged");
    wait_for_request(&registry, "GET", "/extract/{number}", "429", 1.0).await;
    assert_complete(&registry, 1.0);
}

#[actix_web::test]
async fn an_error_that_holds_a_response_still_holds_it_for_the_client() {
    let (registry, metrics) = metrics();
    let address = serve(move || {
        App::new()
            .wrap_fn(|_, _| async {
                let response = HttpResponse::ImATeapot().body("short and stout");
                Err::<ServiceResponse, _>(
                    error::InternalError::from_response("tea", response).into(),
                )
            })
            .wrap(metrics.middleware())
            .configure(rude)
    });
    let (head, body) = fetch(address, "GET", "/ok", "").await;
    assert!(head.starts_with("HTTP/1.1 418"), "{head}");
    assert_eq!(body, "short and stout");
    wait_for_request(&registry, "GET", "/ok", "418", 1.0).await;
    assert_settled(&registry, 1.0);
}

#[actix_web::test]
async fn a_client_that_leaves_before_the_head_counts_as_499() {
    let (registry, address) = served();
    let client = send(address, "GET", "/slow", "").await;
    // The handler is running.
    wait_for_flight(&registry, "/slow", 1.0).await;
    drop(client);
    wait_for_request(&registry, "GET", "/slow", "499", 1.0).await;
    assert_settled(&registry, 1.0);
}

#[actix_web::test]
async fn a_client_that_may_half_close_is_missed_when_something_is_sent_to_it() {
    let (registry, metrics) = metrics();
    let (release, mut released) = tokio::sync::watch::channel(false);
    released.mark_unchanged();
    let server = actix_web::HttpServer::new(move || {
        let released = released.clone();
        App::new()
            .wrap(metrics.middleware())
            .app_data(web::Data::new(released))
            .route("/wait", web::get().to(wait))
            .route("/slow", web::get().to(std::future::pending::<&'static str>))
    });
    async fn wait(released: web::Data<tokio::sync::watch::Receiver<bool>>) -> &'static str {
        let mut released = tokio::sync::watch::Receiver::clone(&released);
        released.wait_for(|released| *released).await.unwrap();
        "an answer"
    }
    // The default of actix.
    let server = server
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
    let address = server.addrs()[0];
    actix_web::rt::spawn(server.run());

    let client = send(address, "GET", "/wait", "").await;
    wait_for_flight(&registry, "/wait", 1.0).await;
    drop(client);
    // It may still read, for all that actix knows: the handler goes on, and is counted as it ends.
    release.send(true).unwrap();
    wait_for_request(&registry, "GET", "/wait", "200", 1.0).await;

    let client = send(address, "GET", "/slow", "").await;
    wait_for_flight(&registry, "/slow", 1.0).await;
    // A connection that is reset is gone.
    client.set_zero_linger().unwrap();
    drop(client);
    wait_for_request(&registry, "GET", "/slow", "499", 1.0).await;
    assert_settled(&registry, 2.0);
}

#[actix_web::test]
async fn a_client_that_leaves_in_the_body_counts_as_cut_off() {
    let (registry, address) = served();
    let mut client = send(address, "GET", "/hang", "").await;
    // The head and the first chunk are here, the rest never comes.
    assert!(client.read(&mut [0; 64]).await.unwrap() > 0);
    wait_for_flight(&registry, "/hang", 1.0).await;
    drop(client);
    wait_for_incomplete(&registry, "/hang", "cancelled").await;
    assert_settled(&registry, 1.0);
    wait_for_request(&registry, "GET", "/hang", "200", 1.0).await;
}

#[actix_web::test]
async fn a_body_is_complete_when_it_has_given_what_was_promised() {
    let (registry, address) = served();
    for (route, number) in [("/sized", 1.0), ("/promised", 2.0)] {
        let mut client = send(address, "GET", route, "").await;
        let mut answer = String::new();
        while !answer.ends_with(CHUNK) {
            let mut part = [0; 256];
            let length = client.read(&mut part).await.unwrap();
            assert!(length > 0, "{answer}");
            answer.push_str(std::str::from_utf8(&part[..length]).unwrap());
        }
        assert!(answer.contains("content-length: 15"), "{answer}");
        wait_for_request(&registry, "GET", route, "200", 1.0).await;
        assert_settled(&registry, number);
    }
    assert_eq!(
        testing::total(&registry, "http_responses_incomplete_total"),
        0.0
    );

    let mut client = send(address, "GET", "/sized-wrongly", "").await;
    assert!(client.read(&mut [0; 256]).await.unwrap() > 0);
    drop(client);
    wait_for_incomplete(&registry, "/sized-wrongly", "cancelled").await;
    assert_settled(&registry, 3.0);
}

#[actix_web::test]
async fn a_body_that_ends_before_its_promise_is_kept_has_failed() {
    let (registry, address) = served();
    fetch(address, "GET", "/short", "").await;
    wait_for_incomplete(&registry, "/short", "error").await;
    assert_settled(&registry, 1.0);
}

#[actix_web::test]
async fn a_body_that_fails_is_counted_with_the_status_that_was_sent() {
    let (registry, address) = served();
    fetch(address, "GET", "/fail", "").await;
    wait_for_incomplete(&registry, "/fail", "error").await;
    assert_settled(&registry, 1.0);
}

#[actix_web::test]
async fn a_handler_that_panics_counts_as_500_and_the_worker_goes_on() {
    let (registry, address) = served();
    for number in [1.0, 2.0] {
        let (head, _) = fetch(address, "GET", "/panic", "").await;
        assert_eq!(head, "", "actix closes the connection");
        wait_for_request(&registry, "GET", "/panic", "500", number).await;
    }
    fetch(address, "GET", "/ok", "").await;
    wait_for_request(&registry, "GET", "/ok", "200", 1.0).await;
    assert_settled(&registry, 3.0);
    assert_eq!(panics(&registry, "/panic"), Some(2.0));
}

#[actix_web::test]
async fn a_body_that_panics_counts_as_a_panic_with_the_status_that_was_sent() {
    let (registry, address) = served();
    fetch(address, "GET", "/body-panic", "").await;
    wait_for_incomplete(&registry, "/body-panic", "panic").await;
    fetch(address, "GET", "/ok", "").await;
    wait_for_request(&registry, "GET", "/ok", "200", 1.0).await;
    assert_settled(&registry, 2.0);
    assert_eq!(panics(&registry, "/body-panic"), Some(1.0));
}

#[actix_web::test]
async fn middleware_that_panics_when_it_is_called_counts_as_500() {
    let (registry, metrics) = metrics();
    let address = serve(move || {
        App::new()
            .wrap_fn(|request, inner| {
                assert_ne!(request.path(), "/extract/1", "as the test wants it");
                inner.call(request)
            })
            .wrap(metrics.middleware())
            .configure(rude)
    });
    fetch(address, "GET", "/extract/1", "").await;
    wait_for_request(&registry, "GET", "/extract/{number}", "500", 1.0).await;
    assert_settled(&registry, 1.0);
    assert_eq!(testing::total(&registry, "http_request_panics_total"), 1.0);
}

#[actix_web::test]
async fn a_timeout_inside_is_a_status_and_one_outside_is_a_499() {
    async fn timeout(
        request: actix_web::dev::ServiceRequest,
        next: actix_web::middleware::Next<impl MessageBody>,
    ) -> Result<ServiceResponse<impl MessageBody>, Error> {
        match tokio::time::timeout(Duration::from_millis(20), next.call(request)).await {
            Ok(response) => response,
            Err(_) => Err(error::ErrorGatewayTimeout("too slow")),
        }
    }

    let (registry, inside) = metrics();
    let address = serve(move || {
        let app = App::new().wrap(from_fn(timeout));
        app.wrap(inside.middleware()).configure(rude)
    });
    fetch(address, "GET", "/slow", "").await;
    wait_for_request(&registry, "GET", "/slow", "504", 1.0).await;
    assert_settled(&registry, 1.0);

    let (registry, outside) = metrics();
    let address = serve(move || {
        let app = App::new().wrap(outside.middleware());
        app.wrap(from_fn(timeout)).configure(rude)
    });
    fetch(address, "GET", "/slow", "").await;
    wait_for_request(&registry, "GET", "/slow", "499", 1.0).await;
    assert_settled(&registry, 1.0);
}

#[actix_web::test]
async fn it_goes_between_the_middleware_of_actix() {
    fn marked<B>(
        mut response: ServiceResponse<B>,
    ) -> actix_web::Result<actix_web::middleware::ErrorHandlerResponse<B>> {
        let value = header::HeaderValue::from_static("marked");
        response.headers_mut().insert(header::WARNING, value);
        let response = response.map_into_left_body();
        Ok(actix_web::middleware::ErrorHandlerResponse::Response(
            response,
        ))
    }

    let registry = Registry::new();
    let http = HttpServer::builder()
        .response_size()
        .register(&registry)
        .unwrap();
    let metrics = Metrics::with(http, vitalsigns::Endpoint::new(&registry));
    let address = serve(move || {
        App::new()
            .wrap(Condition::new(true, metrics.middleware()))
            .wrap(ErrorHandlers::new().handler(StatusCode::CONFLICT, marked))
            .wrap(Compress::default())
            .wrap(Logger::default())
            .wrap(metrics.middleware())
            .wrap(Logger::default())
            .wrap(Compress::default())
            .configure(rude)
            .route("/long", web::get().to(async || "long ".repeat(1000)))
    });
    let gzip = "accept-encoding: gzip\r\n";
    let (head, body) = fetch(address, "GET", "/long", gzip).await;
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(body.len() < 1000, "{}", body.len());
    wait_for_request(&registry, "GET", "/long", "200", 1.0).await;
    let (head, _) = fetch(address, "GET", "/error", gzip).await;
    assert!(head.contains("warning: marked"), "{head}");
    wait_for_request(&registry, "GET", "/error", "409", 1.0).await;
    fetch(address, "HEAD", "/ok", gzip).await;
    wait_for_request(&registry, "HEAD", "/ok", "200", 1.0).await;
    assert_complete(&registry, 3.0);
}

#[actix_web::test]
async fn bytes_of_bodies_are_those_that_passed() {
    let registry = Registry::new();
    let http = HttpServer::builder()
        .request_size()
        .response_size()
        .register(&registry)
        .unwrap();
    let metrics = Metrics::with(http, vitalsigns::Endpoint::new(&registry));
    let address = serve(move || {
        App::new()
            .wrap(metrics.middleware())
            .configure(rude)
            .route("/echo", web::post().to(async |body: Bytes| body))
            .route("/deaf", web::post().to(async || "what?"))
    });
    let sum = |family: &str, route: &str, bytes: &str| {
        let line = format!("{family}_sum{{method=\"POST\",route=\"{route}\"}} {bytes}.0\n");
        let samples = testing::samples(&registry, family);
        assert!(samples.contains(&line), "{line}{samples}");
    };
    let mut client = send(
        address,
        "POST",
        "/echo",
        "content-length: 10\r\nconnection: close\r\n",
    )
    .await;
    client.write_all(b"0123").await.unwrap();
    client.write_all(b"456789").await.unwrap();
    assert_eq!(read(client).await.1, "0123456789");
    wait_for_request(&registry, "POST", "/echo", "200", 1.0).await;
    sum("http_request_size_bytes", "/echo", "10");
    sum("http_response_size_bytes", "/echo", "10");

    fetch(address, "POST", "/deaf", "content-length: 0\r\n").await;
    wait_for_request(&registry, "POST", "/deaf", "200", 1.0).await;
    sum("http_request_size_bytes", "/deaf", "0");
    assert_settled(&registry, 2.0);
}
