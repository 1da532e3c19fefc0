//! Probes beside the page.

use axum::Router;
use axum::routing::get;
use tests::served::{fetch, wait_for_request};
use vitalsigns::families::HttpServer;
use vitalsigns::{Endpoint, Registry, SelfTestError, testing};
use vitalsigns_health::{Check, Group, Health};
use vitalsigns_tower::MetricsLayer;
use vitalsigns_tower::axum::{Instrument, InstrumentError};

use crate::support::serve;

const PATHS: [&str; 4] = ["/livez", "/readyz", "/startupz", "/healthz"];

#[tokio::test]
async fn one_call_serves_the_page_and_four_probes() {
    let registry = Registry::new();
    let health = Health::builder(&registry).build().unwrap();
    let app = Router::new().route("/{page}", get(|| async { "a page" }));
    let app = Instrument::new(&registry)
        .unwrap()
        .health(&health)
        .app(app)
        .unwrap();
    let address = serve(app).await;
    for path in PATHS {
        let (head, body) = fetch(address, "GET", path, "").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        assert!(
            head.contains("content-type: application/health+json\r\n"),
            "{head}"
        );
        assert!(head.contains("cache-control: no-store"), "{head}");
        assert!(body.contains(r#""status":"pass""#), "{body}");
        let (head, body) = fetch(address, "GET", path, "accept: application/json\r\n").await;
        assert!(
            head.contains("content-type: application/json\r\n"),
            "{head}"
        );
        assert!(body.contains(r#""status":"UP""#), "{body}");
        let (head, body) = fetch(address, "HEAD", path, "").await;
        assert!(
            head.starts_with("HTTP/1.1 200") && body.is_empty(),
            "{head}{body}"
        );
        for method in ["POST", "DELETE", "OPTIONS"] {
            let (head, _) = fetch(address, method, path, "").await;
            assert!(head.starts_with("HTTP/1.1 405"), "{head}");
            assert!(head.contains("allow: GET, HEAD\r\n"), "{head}");
        }
    }
    // They are routes like any other.
    wait_for_request(&registry, "GET", "/livez", "200", 2.0).await;
    drop(health);
    assert!(
        fetch(address, "GET", "/readyz", "")
            .await
            .0
            .starts_with("HTTP/1.1 503")
    );
    assert!(
        fetch(address, "GET", "/livez", "")
            .await
            .0
            .starts_with("HTTP/1.1 200")
    );
    assert!(
        fetch(address, "GET", "/metrics", "")
            .await
            .0
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn the_token_of_the_page_shows_details() {
    let registry = Registry::new();
    let health = Health::builder(&registry)
        .check(Check::not_implemented("search"))
        .version("1.4.2")
        .build()
        .unwrap();
    let endpoint = Endpoint::builder(&registry)
        .bearer_token("a long secret")
        .build()
        .unwrap();
    let http = HttpServer::builder()
        .exclude(PATHS)
        .register(&registry)
        .unwrap();
    let instrument = Instrument::with(MetricsLayer::new(http), endpoint).health(&health);
    let address = serve(instrument.app(Router::new()).unwrap()).await;
    let (_, body) = fetch(address, "GET", "/healthz", "").await;
    assert!(body.contains("search") && !body.contains("1.4.2"), "{body}");
    let token = "authorization: Bearer a long secret\r\n";
    let (_, body) = fetch(address, "GET", "/healthz", token).await;
    assert!(
        body.contains("1.4.2") && body.contains("metrics_endpoint"),
        "{body}"
    );
    let route = [("method", "GET"), ("route", "/healthz"), ("status", "200")];
    assert_eq!(
        testing::value(&registry, "http_requests_total", &route),
        None
    );
}

#[test]
fn a_page_that_is_not_served_is_not_ready() {
    let registry = Registry::new();
    let health = Health::builder(&registry).build().unwrap();
    let instrument = || Instrument::new(&registry).unwrap().health(&health);
    let taken = Router::new().route("/metrics", get(|| async { "todo" }));
    instrument().app(taken).unwrap_err();
    let taken = Router::new().route("/readyz", get(|| async { "ok" }));
    let error = instrument().app(taken).unwrap_err();
    let path = "/readyz".to_owned();
    assert_eq!(
        error,
        InstrumentError::SelfTest(SelfTestError::Occupied { path })
    );
    assert!(!health.probes().group(Group::Ready).is_passing);
    let _app = instrument().app(Router::new()).unwrap();
    assert!(health.probes().group(Group::Ready).is_passing);
}
