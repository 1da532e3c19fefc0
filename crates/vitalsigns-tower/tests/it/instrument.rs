//! An app whose endpoint does not do its work does not come to be.

use axum::Router;
use axum::routing::{any, get, post};
use tests::served::fetch;
use vitalsigns::{
    ContentType, Counter, Escaping, Format, Gauge, MetricGroup, Registry, SelfTestError, testing,
};
use vitalsigns_tower::axum::{InstrumentError, instrument};
use vitalsigns_tower::testing::assert_serves_metrics;
use vitalsigns_tower::{MetricsEndpoint, self_test};

use crate::support::serve;

#[derive(MetricGroup)]
#[allow(dead_code)]
struct Checkout {
    /// Orders placed.
    orders_total: Counter,
}

const PROMETHEUS_2_42: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3_5: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

#[tokio::test]
async fn the_endpoint_answers_every_client_with_the_right_type_and_page() {
    let registry = Registry::new();
    Checkout::register(&registry).unwrap();
    let address = serve(instrument(Router::new(), &registry).unwrap()).await;
    let text = ContentType::from(Format::Text);
    let open_metrics = ContentType::from(Format::OpenMetrics);
    for (accept, content_type) in [
        ("", text),
        ("accept: */*\r\n", text),
        (&format!("accept: {PROMETHEUS_2_42}\r\n"), open_metrics),
        (
            &format!("accept: {PROMETHEUS_3_5}\r\n"),
            open_metrics.escaped(Escaping::AllowUtf8),
        ),
        (
            "accept: text/plain\r\naccept: application/openmetrics-text;q=0.9\r\n",
            text,
        ),
        ("accept: \u{fe}\u{ff}garbage\r\n", text),
    ] {
        let (head, body) = fetch(address, "GET", "/metrics", accept).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let expected = format!("content-type: {content_type}\r\n");
        assert!(head.contains(&expected), "{accept}: {head}");
        assert!(head.contains("vary: accept"), "{head}");
        assert!(head.contains("cache-control: no-store"), "{head}");
        assert_eq!(body.ends_with("# EOF\n"), content_type != text);
        assert!(body.contains("orders_total 0\n"), "{body}");
    }
}

#[tokio::test]
async fn other_methods_are_told_what_is_allowed() {
    let registry = Registry::new();
    let address = serve(instrument(Router::new(), &registry).unwrap()).await;
    let (head, body) = fetch(address, "HEAD", "/metrics", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-length: "), "{head}");
    assert_eq!(body, "");
    let (head, _) = fetch(address, "OPTIONS", "/metrics", "").await;
    assert!(head.starts_with("HTTP/1.1 204"), "{head}");
    assert!(head.contains("allow: GET, HEAD, OPTIONS"), "{head}");
    let (head, body) = fetch(address, "POST", "/metrics", "content-length: 0\r\n").await;
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    assert!(head.contains("allow: GET, HEAD, OPTIONS"), "{head}");
    assert_eq!(body, "metrics are read with GET\n");
}

#[tokio::test(flavor = "current_thread")]
async fn a_page_that_waits_for_a_collector_holds_nothing_else_up() {
    let registry = Registry::new();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let first = std::sync::atomic::AtomicBool::new(true);
    registry
        .collect_with(move |_: &Checkout| {
            // The self-test at start is let through.
            if !first.swap(false, std::sync::atomic::Ordering::SeqCst) {
                let wait = std::time::Duration::from_secs(20);
                released
                    .lock()
                    .unwrap()
                    .recv_timeout(wait)
                    .map_err(|error| error.to_string())?;
            }
            Ok::<(), String>(())
        })
        .unwrap();
    let app = instrument(
        Router::new().route("/", get(|| async { "here" })),
        &registry,
    )
    .unwrap();
    let address = serve(app).await;
    let page = tokio::spawn(fetch(address, "GET", "/metrics", ""));
    // While the page waits, the one thread of this runtime answers others.
    let (_, body) = fetch(address, "GET", "/", "").await;
    assert_eq!(body, "here");
    assert!(!page.is_finished());
    release.send(()).unwrap();
    let (head, _) = page.await.unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[tokio::test]
async fn the_self_test_is_no_traffic() {
    let registry = Registry::new();
    let app = instrument(Router::new(), &registry).unwrap();
    assert_serves_metrics(app, &registry).await;
    assert_eq!(testing::total(&registry, "http_requests_total"), 0.0);
}

#[test]
fn an_app_with_a_placeholder_does_not_start() {
    let occupied = InstrumentError::SelfTest(SelfTestError::Occupied {
        path: "/metrics".into(),
    });
    let nested = Router::new().route("/", get(|| async { "todo" }));
    for app in [
        Router::new().route("/metrics", get(|| async { "{\"detail\":\"Not Found\"}" })),
        Router::new().route("/metrics", post(|| async { "pushed" })),
        Router::new().route("/metrics", any(|| async { "todo" })),
        Router::new().nest("/metrics", nested.clone()),
        Router::new().nest_service("/metrics", MetricsEndpoint::new(&Registry::new())),
        Router::new().route_service("/metrics", MetricsEndpoint::new(&Registry::new())),
    ] {
        assert_eq!(instrument(app, &Registry::new()).unwrap_err(), occupied);
    }
}

#[test]
fn fallbacks_and_wildcards_do_not_occupy_the_endpoint() {
    for app in [
        Router::new().fallback(|| async { "the single page" }),
        Router::new().route("/{*path}", get(|| async { "files" })),
        Router::new().route("/{page}", get(|| async { "a page" })),
    ] {
        assert!(instrument(app, &Registry::new()).is_ok());
    }
}

#[tokio::test]
async fn the_self_test_of_the_final_app_says_what_is_wrong() {
    let registry = Registry::new();
    Checkout::register(&registry).unwrap();

    let nothing = Router::new();
    assert_eq!(
        self_test(nothing, &registry).await,
        Err(SelfTestError::Status { status: 404 })
    );

    let placeholder = Router::new().route("/metrics", get(|| async { axum::Json("Not Found") }));
    assert_eq!(
        self_test(placeholder, &registry).await,
        Err(SelfTestError::ContentType {
            found: "application/json".into()
        })
    );

    let empty_page = Router::new().route("/metrics", get(|| async { "" }));
    assert_eq!(
        self_test(empty_page, &registry).await,
        Err(SelfTestError::ContentType {
            found: "text/plain; charset=utf-8".into()
        })
    );

    // The very fault of a service that records into one registry and serves another.
    let other = instrument(Router::new(), &Registry::new()).unwrap();
    let error = self_test(other, &registry).await.unwrap_err();
    assert_eq!(
        error,
        SelfTestError::Missing {
            families: vec!["orders_total".into()]
        }
    );
    assert_eq!(
        error.to_string(),
        "the metrics page lacks 1 of the registered families: orders_total"
    );
}

#[tokio::test]
async fn buckets_for_a_name_that_nothing_has_are_told_at_the_start() {
    let registry = Registry::builder()
        .buckets("http_request_duratoin_seconds", [1.0])
        .build()
        .unwrap();
    let error = instrument(Router::new(), &registry).unwrap_err();
    assert_eq!(
        error.to_string(),
        "buckets were set for http_request_duratoin_seconds, which is the name of no registered \
         histogram"
    );
}

#[tokio::test]
#[should_panic(expected = "lacks 1 of the registered families: orders_total")]
async fn the_assertion_for_users_fails_on_a_missing_family() {
    let registry = Registry::new();
    let app = instrument(Router::new(), &Registry::new()).unwrap();
    drop(registry.clone());
    Checkout::register(&registry).unwrap();
    let _http = vitalsigns::families::HttpServer::register(&registry).unwrap();
    assert_serves_metrics(app, &registry).await;
}

#[test]
fn families_that_clash_with_the_http_ones_are_named() {
    #[derive(MetricGroup)]
    #[allow(dead_code)]
    struct Mine {
        /// Requests, counted by hand.
        http_requests_in_flight: Gauge,
    }
    let registry = Registry::new();
    Mine::register(&registry).unwrap();
    let error = instrument(Router::new(), &registry).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric `http_requests_in_flight` of `HttpMetrics` clashes with metric \
         `http_requests_in_flight` of `Mine`; give one of the groups a prefix"
    );
}
