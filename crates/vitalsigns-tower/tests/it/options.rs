//! What is measured by option, through real bodies and extensions.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Extension;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{Method, Request, Version};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tests::served::assert_settled;
use tower::ServiceExt;
use vitalsigns::families::HttpServer;
use vitalsigns::families::http::HttpServerBuilder;
use vitalsigns::testing::{histogram_sum, total, value};
use vitalsigns::{Endpoint, LabelValue, Registry};
use vitalsigns_tower::axum::instrument_with;
use vitalsigns_tower::{MetricsLayer, Upgrade};

#[derive(LabelValue, Clone, Copy)]
enum Plan {
    Unknown,
    Free,
    Team,
}

fn instrumented(app: Router, options: HttpServerBuilder) -> (Registry, Router) {
    let registry = Registry::new();
    let layer = MetricsLayer::new(options.register(&registry).unwrap()).label::<Plan>();
    let app = instrument_with(app, layer, Endpoint::new(&registry)).unwrap();
    (registry, app)
}

async fn read(app: &Router, request: Request<Body>) {
    let response = app.clone().oneshot(request).await.unwrap();
    response.into_body().collect().await.unwrap();
}

fn chunks(sizes: &'static [usize]) -> Body {
    streamed(
        sizes
            .iter()
            .map(|size| Frame::data(Bytes::from(vec![b'x'; *size]))),
    )
}

/// A body of these frames, whose length nobody knows before.
fn streamed(frames: impl Iterator<Item = Frame<Bytes>> + Send + 'static) -> Body {
    let frames = frames.map(Ok::<_, std::io::Error>);
    Body::new(StreamBody::new(futures_util::stream::iter(frames)))
}

#[tokio::test]
async fn sizes_are_the_bytes_that_passed() {
    async fn take_half(body: Body) -> Body {
        let mut body = body;
        body.frame().await;
        chunks(&[10, 20, 30])
    }
    let app = Router::new().route("/files", post(take_half).get(|| async { chunks(&[5, 5]) }));
    let (registry, app) = instrumented(app, HttpServer::builder().request_size().response_size());
    let upload = Request::post("/files").body(chunks(&[100, 900])).unwrap();
    read(&app, upload).await;
    read(&app, Request::get("/files").body(Body::empty()).unwrap()).await;
    let post = [("method", "POST"), ("route", "/files")];
    let get = [("method", "GET"), ("route", "/files")];
    for (name, labels, expected) in [
        ("http_request_size_bytes", post, 100.0),
        ("http_response_size_bytes", post, 60.0),
        ("http_request_size_bytes", get, 0.0),
        ("http_response_size_bytes", get, 10.0),
    ] {
        assert_eq!(
            histogram_sum(&registry, name, &labels),
            Some(expected),
            "{name} {labels:?}"
        );
        assert_eq!(
            value(&registry, name, &labels),
            Some(1.0),
            "{name} {labels:?}"
        );
    }
    assert_settled(&registry, 2.0);
}

#[tokio::test]
async fn extra_labels_come_from_the_extensions_of_request_and_response() {
    let app = Router::new().route("/silent", get(|| async { "" })).route(
        "/spoken",
        get(|| async { (Extension(Plan::Team), "").into_response() }),
    );
    let (registry, app) = instrumented(app, HttpServer::builder().label("plan", Plan::Unknown));
    for (path, asked, plan) in [
        ("/silent", None, "unknown"),
        ("/silent", Some(Plan::Free), "free"),
        ("/spoken", None, "team"),
        ("/spoken", Some(Plan::Free), "team"),
    ] {
        let of = [
            ("method", "GET"),
            ("route", path),
            ("status", "200"),
            ("plan", plan),
        ];
        let before = value(&registry, "http_requests_total", &of).unwrap_or(0.0);
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        if let Some(plan) = asked {
            request.extensions_mut().insert(plan);
        }
        read(&app, request).await;
        assert_eq!(
            value(&registry, "http_requests_total", &of),
            Some(before + 1.0)
        );
    }
}

#[tokio::test]
async fn streams_and_excluded_routes_are_told_by_the_app() {
    let app = Router::new()
        .route(
            "/events",
            get(|| async { ([("content-type", "text/event-stream")], "data: 1\n\n") }),
        )
        .route("/livez", get(|| async { "" }))
        .route("/page", get(|| async { "" }));
    let options = HttpServer::builder()
        .streams(["text/event-stream"])
        .exclude(["/livez", "/metrics"]);
    let (registry, app) = instrumented(app, options);
    for path in ["/events", "/livez", "/page", "/metrics"] {
        read(&app, Request::get(path).body(Body::empty()).unwrap()).await;
    }
    assert_eq!(total(&registry, "http_requests_total"), 2.0);
    assert_eq!(total(&registry, "http_stream_duration_seconds"), 1.0);
    assert_eq!(total(&registry, "http_request_duration_seconds"), 1.0);
    assert_eq!(total(&registry, "http_requests_in_flight"), 0.0);
}

#[tokio::test]
async fn who_asks_to_leave_http_finds_an_upgrade() {
    async fn leave(Extension(upgrade): Extension<Upgrade>) -> http::StatusCode {
        let connection = upgrade.open();
        tokio::spawn(async move {
            let _connection = connection;
            std::future::pending::<()>().await
        });
        http::StatusCode::SWITCHING_PROTOCOLS
    }
    let app = Router::new().route("/live", get(leave));
    let (registry, app) = instrumented(app, HttpServer::builder());
    let request = Request::get("/live").header("upgrade", "websocket");
    read(&app, request.body(Body::empty()).unwrap()).await;
    let of = [("route", "/live"), ("protocol", "websocket")];
    assert_eq!(value(&registry, "http_upgrades_total", &of), Some(1.0));
    assert_eq!(
        value(&registry, "http_upgraded_connections", &of),
        Some(1.0)
    );
    assert_settled(&registry, 1.0);
    // Without the header there is nothing to leave with.
    read(&app, Request::get("/live").body(Body::empty()).unwrap()).await;
    assert_eq!(total(&registry, "http_upgrades_total"), 1.0);
}

#[tokio::test]
async fn a_grpc_status_is_found_in_trailers_and_in_the_head() {
    let trailers = || {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("grpc-status", http::HeaderValue::from_static("5"));
        let message = Frame::data(Bytes::from_static(b"\0\0\0\0\0"));
        let body = streamed([message, Frame::trailers(trailers)].into_iter());
        ([("content-type", "application/grpc")], body)
    };
    let head = || [("content-type", "application/grpc"), ("grpc-status", "16")];
    let app = Router::new()
        .route("/shop.Orders/Find", post(move || async move { trailers() }))
        .route("/shop.Orders/Place", post(move || async move { head() }));
    let (registry, app) = instrumented(app, HttpServer::builder());
    let call = |path: &str| {
        Request::builder()
            .method(Method::POST)
            .version(Version::HTTP_2)
            .uri(path)
            .header("content-type", "application/grpc")
            .body(Body::empty())
            .unwrap()
    };
    read(&app, call("/shop.Orders/Find")).await;
    read(&app, call("/shop.Orders/Place")).await;
    read(&app, call("/shop.Orders/Nothing")).await;
    for (route, code) in [
        ("/shop.Orders/Find", "NOT_FOUND"),
        ("/shop.Orders/Place", "UNAUTHENTICATED"),
        ("unmatched", "UNIMPLEMENTED"),
    ] {
        let of = [("route", route), ("code", code)];
        assert_eq!(
            value(&registry, "grpc_requests_total", &of),
            Some(1.0),
            "{route}"
        );
    }
    assert_eq!(total(&registry, "grpc_requests_total"), 3.0);
    assert_settled(&registry, 3.0);
}
