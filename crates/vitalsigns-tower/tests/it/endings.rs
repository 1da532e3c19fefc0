//! Every way in which a request can end.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use tests::served::{
    assert_complete, assert_settled, fetch, panics, send, wait_for_flight, wait_for_incomplete,
    wait_for_request,
};
use tokio::io::AsyncReadExt;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use vitalsigns::families::HttpServer;
use vitalsigns::{Registry, testing};
use vitalsigns_tower::axum::instrument;
use vitalsigns_tower::{MetricsLayer, Route};

use crate::support::serve;

/// A body that gives one chunk and then behaves as it is told.
struct Stubborn {
    first: Option<Bytes>,
    then: Then,
}

#[derive(Clone, Copy)]
enum Then {
    Hang,
    Fail,
    Panic,
}

impl http_body::Body for Stubborn {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match (self.first.take(), self.then) {
            (Some(chunk), _) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            (None, Then::Hang) => Poll::Pending,
            (None, Then::Fail) => Poll::Ready(Some(Err(std::io::Error::other("disk is gone")))),
            (None, Then::Panic) => panic!("the body panics, as the test wants it"),
        }
    }
}

fn stubborn(then: Then) -> Body {
    Body::new(Stubborn {
        first: Some(Bytes::from_static(b"the first chunk")),
        then,
    })
}

/// A body that says how long it is, and at its end only when it is asked again.
struct Exact(Option<Bytes>);

impl http_body::Body for Exact {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0.as_ref().map_or(0, |data| data.len() as u64))
    }
}

/// A body that ends before the head's promise is kept.
fn short() -> Response {
    let mut response = Response::new(Body::new(Streamed(Some(Bytes::from_static(b"12345")))));
    response
        .headers_mut()
        .insert(http::header::CONTENT_LENGTH, 10.into());
    response
}

/// A body of unknown length.
struct Streamed(Option<Bytes>);

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
    }
}

/// A body with trailers behind it, as gRPC has.
fn with_trailers() -> Body {
    let trailers = async {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("grpc-status", 0.into());
        Some(Ok::<_, std::io::Error>(trailers))
    };
    Body::new(Streamed(Some(Bytes::from_static(b"data"))).with_trailers(trailers))
}

/// A stream that does not know its end, under a head that promises a length.
fn sized(length: usize) -> Response {
    let mut response = Response::new(stubborn(Then::Hang));
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_LENGTH, length.into());
    response
}

/// The handlers that a rude world needs.
fn app() -> Router {
    async fn panics() -> &'static str {
        panic!("the handler panics, as the test wants it")
    }
    Router::new()
        .route("/ok", get(|| async { "fine" }))
        .route("/slow", get(std::future::pending::<&'static str>))
        .route("/panic", get(panics))
        .route("/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route("/hang", get(|| async { stubborn(Then::Hang) }))
        .route("/sized", get(|| async { sized("the first chunk".len()) }))
        .route("/sized-wrongly", get(|| async { sized(1000) }))
        .route("/short", get(|| async { short() }))
        .route(
            "/exact",
            get(|| async { Body::new(Exact(Some(Bytes::from_static(b"exact")))) }),
        )
        .route("/trailers", get(|| async { with_trailers() }))
        .route("/fail", get(|| async { stubborn(Then::Fail) }))
        .route("/body-panic", get(|| async { stubborn(Then::Panic) }))
}

async fn served() -> (Registry, std::net::SocketAddr) {
    let registry = Registry::new();
    let address = serve(instrument(app(), &registry).unwrap()).await;
    (registry, address)
}

fn labels<'a>(route: &'a str, status: &'a str) -> [(&'static str, &'a str); 3] {
    [("method", "GET"), ("route", route), ("status", status)]
}

#[tokio::test]
async fn a_complete_response_is_counted_with_its_status() {
    let (registry, address) = served().await;
    let (head, body) = fetch(address, "GET", "/ok", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(
        head.contains("content-length: 4"),
        "the framing is unchanged: {head}"
    );
    assert_eq!(body, "fine");
    wait_for_request(&registry, "GET", "/ok", "200", 1.0).await;
    assert_complete(&registry, 1.0);
}

#[tokio::test]
async fn a_response_without_body_ends_with_its_head() {
    let (registry, address) = served().await;
    fetch(address, "GET", "/empty", "").await;
    wait_for_request(&registry, "GET", "/empty", "204", 1.0).await;
    let (head, body) = fetch(address, "HEAD", "/ok", "").await;
    assert!(head.contains("content-length: 4"), "{head}");
    assert_eq!(body, "");
    wait_for_request(&registry, "HEAD", "/ok", "200", 1.0).await;
    assert_complete(&registry, 2.0);
}

#[tokio::test]
async fn a_client_that_leaves_before_the_head_counts_as_499() {
    let (registry, address) = served().await;
    let client = send(address, "GET", "/slow", "").await;
    // The handler is running.
    wait_for_flight(&registry, "/slow", 1.0).await;
    drop(client);
    wait_for_request(&registry, "GET", "/slow", "499", 1.0).await;
    assert_settled(&registry, 1.0);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_body_counts_as_cut_off() {
    let (registry, address) = served().await;
    let mut client = send(address, "GET", "/hang", "").await;
    let mut chunk = [0; 64];
    // The head and the first chunk are here, the rest never comes.
    assert!(client.read(&mut chunk).await.unwrap() > 0);
    wait_for_flight(&registry, "/hang", 1.0).await;
    drop(client);
    wait_for_incomplete(&registry, "/hang", "cancelled").await;
    assert_settled(&registry, 1.0);
    wait_for_request(&registry, "GET", "/hang", "200", 1.0).await;
}

#[tokio::test]
async fn a_stream_is_complete_when_it_has_given_what_the_head_promises() {
    let (registry, address) = served().await;
    let (_, body) = fetch(address, "GET", "/sized", "").await;
    assert_eq!(body, "the first chunk");
    wait_for_request(&registry, "GET", "/sized", "200", 1.0).await;
    assert_complete(&registry, 1.0);

    let mut client = send(address, "GET", "/sized-wrongly", "").await;
    assert!(client.read(&mut [0; 256]).await.unwrap() > 0);
    drop(client);
    wait_for_incomplete(&registry, "/sized-wrongly", "cancelled").await;
    assert_settled(&registry, 2.0);
}

#[tokio::test]
async fn a_body_that_says_its_length_or_ends_in_trailers_is_complete() {
    let (registry, address) = served().await;
    let (head, body) = fetch(address, "GET", "/exact", "").await;
    assert!(head.contains("content-length: 5"), "{head}");
    assert_eq!(body, "exact");
    wait_for_request(&registry, "GET", "/exact", "200", 1.0).await;
    let (_, body) = fetch(address, "GET", "/trailers", "te: trailers\r\n").await;
    assert!(body.contains("data"), "{body}");
    wait_for_request(&registry, "GET", "/trailers", "200", 1.0).await;
    assert_complete(&registry, 2.0);
}

#[tokio::test]
async fn a_body_that_ends_before_its_promise_is_kept_has_failed() {
    let (registry, address) = served().await;
    fetch(address, "GET", "/short", "").await;
    wait_for_incomplete(&registry, "/short", "error").await;
    assert_settled(&registry, 1.0);
}

#[tokio::test]
async fn a_body_that_fails_is_counted_with_the_status_that_was_sent() {
    let (registry, address) = served().await;
    fetch(address, "GET", "/fail", "").await;
    wait_for_incomplete(&registry, "/fail", "error").await;
    assert_settled(&registry, 1.0);
}

#[tokio::test]
async fn a_handler_that_panics_counts_as_500() {
    let (registry, address) = served().await;
    fetch(address, "GET", "/panic", "").await;
    wait_for_request(&registry, "GET", "/panic", "500", 1.0).await;
    assert_settled(&registry, 1.0);
    assert_eq!(panics(&registry, "/panic"), Some(1.0));
}

#[tokio::test]
async fn a_body_that_panics_counts_as_a_panic_with_the_status_that_was_sent() {
    let (registry, address) = served().await;
    fetch(address, "GET", "/body-panic", "").await;
    wait_for_incomplete(&registry, "/body-panic", "panic").await;
    assert_settled(&registry, 1.0);
    assert_eq!(panics(&registry, "/body-panic"), Some(1.0));
}

#[tokio::test]
async fn a_panic_that_a_layer_outside_catches_is_still_a_panic() {
    let registry = Registry::new();
    let app = instrument(app(), &registry)
        .unwrap()
        .layer(CatchPanicLayer::new());
    let address = serve(app).await;
    let (head, _) = fetch(address, "GET", "/panic", "").await;
    assert!(head.starts_with("HTTP/1.1 500"), "{head}");
    wait_for_request(&registry, "GET", "/panic", "500", 1.0).await;
    assert_settled(&registry, 1.0);
    assert_eq!(testing::total(&registry, "http_request_panics_total"), 1.0);
}

#[tokio::test]
async fn a_panic_that_a_layer_inside_catches_is_the_response_that_it_makes() {
    let registry = Registry::new();
    let address = serve(instrument(app().layer(CatchPanicLayer::new()), &registry).unwrap()).await;
    fetch(address, "GET", "/panic", "").await;
    wait_for_request(&registry, "GET", "/panic", "500", 1.0).await;
    assert_settled(&registry, 1.0);
    assert_eq!(testing::total(&registry, "http_request_panics_total"), 0.0);
}

#[tokio::test]
async fn a_timeout_inside_is_a_status_and_one_outside_is_a_499() {
    let timeout =
        || TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(20));
    let registry = Registry::new();
    let address = serve(instrument(app().layer(timeout()), &registry).unwrap()).await;
    fetch(address, "GET", "/slow", "").await;
    wait_for_request(&registry, "GET", "/slow", "504", 1.0).await;
    assert_settled(&registry, 1.0);

    let registry = Registry::new();
    let address = serve(instrument(app(), &registry).unwrap().layer(timeout())).await;
    fetch(address, "GET", "/slow", "").await;
    wait_for_request(&registry, "GET", "/slow", "499", 1.0).await;
    assert_settled(&registry, 1.0);
}

#[tokio::test]
async fn an_error_of_the_inner_service_counts_as_500() {
    let registry = Registry::new();
    let layer = MetricsLayer::new(HttpServer::register(&registry).unwrap());
    let fails = |_: Request<()>| async { Err::<Response<String>, _>(std::io::Error::other("no")) };
    let service = ServiceBuilder::new()
        .layer(layer)
        .service(service_fn(fails));
    let mut request = Request::new(());
    request.extensions_mut().insert(Route::new("/orders/{id}"));
    assert!(service.oneshot(request).await.is_err());
    let labels = labels("/orders/{id}", "500");
    assert_eq!(
        testing::value(&registry, "http_requests_total", &labels),
        Some(1.0)
    );
    assert_settled(&registry, 1.0);
}

#[tokio::test]
async fn a_service_that_panics_when_it_is_called_counts_as_500() {
    struct PanicsInCall;

    impl Service<Request<()>> for PanicsInCall {
        type Response = Response<String>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<String>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            panic!("the service panics when it is called, as the test wants it")
        }
    }

    let registry = Registry::new();
    let layer = MetricsLayer::new(HttpServer::register(&registry).unwrap());
    let service = ServiceBuilder::new().layer(layer).service(PanicsInCall);
    let task = tokio::spawn(service.oneshot(Request::new(())));
    assert!(task.await.unwrap_err().is_panic());
    let labels = labels("unmatched", "500");
    assert_eq!(
        testing::value(&registry, "http_requests_total", &labels),
        Some(1.0)
    );
    assert_settled(&registry, 1.0);
}

#[tokio::test]
async fn a_thousand_requests_cancelled_at_random_points_leave_nothing_behind() {
    let (registry, address) = served().await;
    let paths = [
        "/ok", "/slow", "/hang", "/panic", "/fail", "/empty", "/nowhere",
    ];
    for wave in 0..20 {
        let clients = (0..50).map(|number| {
            let path = paths[(wave * 7 + number) % paths.len()];
            async move {
                let mut client = send(address, "GET", path, "").await;
                // Between not at all and long enough for the fast ones to answer.
                let patience = Duration::from_micros((number as u64 * 137) % 4000);
                let _ = tokio::time::timeout(patience, client.read(&mut [0; 256])).await;
            }
        });
        futures_join(clients).await;
    }
    // A connection that was dropped before its request was read is no request: what was started is
    // what was counted, and that is what must be settled.
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while testing::total(&registry, "http_requests_in_flight") != 0.0 {
        assert!(
            std::time::Instant::now() < deadline,
            "{}",
            testing::samples(&registry, "http_requests_in_flight")
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let counted = testing::total(&registry, "http_requests_total");
    assert!(counted > 100.0, "only {counted} of 1000 requests were read");
    assert_settled(&registry, counted);
}

async fn futures_join(futures: impl Iterator<Item = impl Future<Output = ()> + Send + 'static>) {
    let tasks: Vec<_> = futures.map(tokio::spawn).collect();
    for task in tasks {
        task.await.unwrap();
    }
}
