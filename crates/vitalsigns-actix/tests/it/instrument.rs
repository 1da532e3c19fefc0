//! The endpoint and its self-test.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpResponse, rt};
use tests::served::{assert_settled, fetch, wait_for_request};
use vitalsigns::{Counter, Endpoint, Format, Gauge, MetricGroup, Registry, SelfTestError, testing};
use vitalsigns_actix::testing::assert_serves_metrics;
use vitalsigns_actix::{Metrics, MetricsEndpoint, self_test};

use crate::support::{serve, serve_with};

#[derive(MetricGroup)]
#[allow(dead_code)]
struct Checkout {
    /// Orders placed.
    orders_total: Counter,
}

fn metrics() -> (Registry, Metrics) {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    (registry, metrics)
}

#[actix_web::test]
async fn the_page_is_served_in_the_format_that_is_asked_for() {
    let (registry, metrics) = metrics();
    Checkout::register(&registry).unwrap();
    let address = serve(move || {
        let app = App::new().wrap(metrics.middleware());
        app.configure(|app| metrics.mount(app))
    });
    for (accept, format) in [
        ("", Format::Text),
        ("accept: */*\r\n", Format::Text),
        (
            "accept: application/openmetrics-text;version=1.0.0\r\n",
            Format::OpenMetrics,
        ),
        (
            "accept: text/plain\r\naccept: application/openmetrics-text;q=0.9\r\n",
            Format::Text,
        ),
        ("accept: \u{fe}\u{ff}garbage\r\n", Format::Text),
    ] {
        let (head, body) = fetch(address, "GET", "/metrics", accept).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let expected = format!("content-type: {}", format.content_type());
        assert!(head.contains(&expected), "{accept}: {head}");
        assert!(head.contains("vary: accept"), "{head}");
        assert!(head.contains("cache-control: no-store"), "{head}");
        assert_eq!(body.ends_with("# EOF\n"), format == Format::OpenMetrics);
        assert!(body.contains("orders_total 0\n"), "{body}");
    }
    wait_for_request(&registry, "GET", "/metrics", "200", 5.0).await;
}

#[actix_web::test]
async fn other_methods_are_told_what_is_allowed() {
    let (_registry, metrics) = metrics();
    let address = serve(move || App::new().configure(|app| metrics.mount(app)));
    let (head, body) = fetch(address, "HEAD", "/metrics", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-length: "), "{head}");
    assert!(!head.contains("content-length: 0"), "{head}");
    assert_eq!(body, "");
    let (head, _) = fetch(address, "OPTIONS", "/metrics", "").await;
    assert!(head.starts_with("HTTP/1.1 204"), "{head}");
    assert!(head.contains("allow: GET, HEAD, OPTIONS"), "{head}");
    let (head, body) = fetch(address, "POST", "/metrics", "content-length: 0\r\n").await;
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    assert!(head.contains("allow: GET, HEAD, OPTIONS"), "{head}");
    assert_eq!(body, "metrics are read with GET\n");
}

#[actix_web::test]
async fn all_workers_record_into_one_registry() {
    let (registry, metrics) = metrics();
    let makes = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let made = makes.clone();
    let address = serve_with(3, move || {
        made.fetch_add(1, Ordering::SeqCst);
        App::new()
            .wrap(metrics.middleware())
            .configure(|app| metrics.mount(app))
            .route("/users/{id}", web::get().to(async || "somebody"))
    });
    for number in 0..30 {
        fetch(address, "GET", &format!("/users/{number}"), "").await;
    }
    wait_for_request(&registry, "GET", "/users/{id}", "200", 30.0).await;
    assert_settled(&registry, 30.0);
    let (_, page) = fetch(address, "GET", "/metrics", "").await;
    let line = r#"http_requests_total{method="GET",route="/users/{id}",status="200"} 30"#;
    assert!(page.contains(line), "{page}");
    assert!(makes.load(Ordering::SeqCst) >= 3);
}

#[actix_web::test]
async fn the_endpoint_goes_elsewhere_and_twice() {
    let (registry, metrics) = metrics();
    let address = serve(move || {
        App::new()
            .route("/internal/metrics", web::get().to(metrics.endpoint()))
            .service(web::scope("/admin").configure(|app| metrics.mount(app)))
    });
    for path in ["/internal/metrics", "/admin/metrics"] {
        let (head, body) = fetch(address, "GET", path, "").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(
            body.contains("# TYPE http_requests_total counter"),
            "{body}"
        );
    }
    let (head, _) = fetch(address, "GET", "/metrics", "").await;
    assert!(
        head.starts_with("HTTP/1.1 404"),
        "nothing is taken from the app: {head}"
    );
    assert_eq!(testing::total(&registry, "http_requests_total"), 0.0);
}

#[actix_web::test]
async fn a_page_that_waits_for_a_collector_holds_nothing_else_up() {
    let (registry, metrics) = metrics();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let first = AtomicBool::new(true);
    registry
        .collect_with(move |_: &Checkout| {
            // The first is let through.
            if !first.swap(false, Ordering::SeqCst) {
                let released = released.lock().unwrap();
                let wait = released.recv_timeout(Duration::from_secs(20));
                wait.map_err(|error| error.to_string())?;
            }
            Ok::<(), String>(())
        })
        .unwrap();
    let app = {
        let metrics = metrics.clone();
        move || {
            App::new()
                .configure(|app| metrics.mount(app))
                .route("/", web::get().to(async || "here"))
        }
    };
    for _ in &Endpoint::SELF_TEST[1..] {
        release.send(()).unwrap();
    }
    metrics.self_test(app()).await.unwrap();
    let address = serve(app);
    let page = rt::spawn(fetch(address, "GET", "/metrics", ""));
    // While the page waits, the one worker answers others.
    let (_, body) = fetch(address, "GET", "/", "").await;
    assert_eq!(body, "here");
    assert!(!page.is_finished());
    release.send(()).unwrap();
    let (head, _) = page.await.unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[actix_web::test]
async fn the_self_test_is_no_traffic() {
    let (registry, metrics) = metrics();
    let app = || {
        App::new()
            .wrap(metrics.middleware())
            .configure(|app| metrics.mount(app))
    };
    metrics.self_test(app()).await.unwrap();
    assert_serves_metrics(app(), &registry).await;
    assert_eq!(testing::total(&registry, "http_requests_total"), 0.0);
    assert_eq!(testing::total(&registry, "http_requests_in_flight"), 0.0);
}

#[actix_web::test]
async fn an_app_with_a_placeholder_does_not_start() {
    let content_type = |found: &str| SelfTestError::ContentType {
        found: found.into(),
    };
    let status = |status| SelfTestError::Status { status };
    type Case = (fn(&mut ServiceConfig), SelfTestError);
    let cases: [Case; 4] = [
        (
            |app| {
                let todo = async || web::Json("Not Found");
                app.route("/metrics", web::get().to(todo));
            },
            content_type("application/json"),
        ),
        (
            |app| {
                app.route("/{page}", web::get().to(async || "a page"));
            },
            content_type("text/plain; charset=utf-8"),
        ),
        (
            |app| {
                app.service(web::scope("/metrics"));
            },
            status(404),
        ),
        (
            |app| {
                app.service(web::resource("/metrics").to(MetricsEndpoint::new(&Registry::new())));
            },
            SelfTestError::Missing {
                families: vec!["orders_total".into()],
            },
        ),
    ];
    for (in_front, expected) in cases {
        let registry = Registry::new();
        Checkout::register(&registry).unwrap();
        let metrics = Metrics::new(&registry).unwrap();
        let app = App::new()
            .configure(in_front)
            .configure(|app| metrics.mount(app));
        let error = metrics.self_test(app).await.unwrap_err();
        match (error, expected) {
            (SelfTestError::Missing { families }, SelfTestError::Missing { families: some }) => {
                assert!(
                    some.iter().all(|family| families.contains(family)),
                    "{families:?}"
                );
            }
            (error, expected) => assert_eq!(error, expected),
        }
    }
}

#[actix_web::test]
async fn what_stands_beside_the_endpoint_is_not_in_its_way() {
    let (registry, metrics) = metrics();
    let app = App::new()
        // The method is a guard of the resource, so it takes nothing but that.
        .route("/metrics", web::post().to(HttpResponse::MethodNotAllowed))
        .configure(|app| metrics.mount(app))
        .route("/{page}", web::get().to(async || "a page"))
        .default_service(web::to(async || "the single page"));
    assert_serves_metrics(app, &registry).await;
}

#[actix_web::test]
async fn an_app_without_the_page_and_one_whose_middleware_refuses_it_are_told() {
    let (registry, metrics) = metrics();
    let nothing = self_test(App::new().wrap(metrics.middleware()), &registry).await;
    assert_eq!(nothing, Err(SelfTestError::Status { status: 404 }));

    let refuses = App::new()
        .configure(|app| metrics.mount(app))
        .wrap_fn(|_, _| async {
            Err::<actix_web::dev::ServiceResponse, _>(actix_web::error::ErrorUnauthorized("no"))
        });
    let refused = self_test(refuses, &registry).await;
    assert_eq!(refused, Err(SelfTestError::Status { status: 401 }));
    assert_eq!(testing::total(&registry, "http_requests_total"), 0.0);
}

#[actix_web::test]
async fn buckets_for_a_name_that_nothing_has_are_told_at_the_start() {
    let registry = Registry::builder()
        .buckets("http_request_duratoin_seconds", [1.0])
        .build()
        .unwrap();
    let metrics = Metrics::new(&registry).unwrap();
    let app = App::new().configure(|app| metrics.mount(app));
    let error = metrics.self_test(app).await.unwrap_err();
    assert!(
        matches!(error, SelfTestError::UnusedBuckets { .. }),
        "{error}"
    );
}

#[actix_web::test]
#[should_panic(expected = "lacks 1 of the registered families: orders_total")]
async fn the_assertion_for_users_fails_on_a_missing_family() {
    let (_, other) = metrics();
    let (registry, _metrics) = metrics();
    Checkout::register(&registry).unwrap();
    assert_serves_metrics(App::new().configure(|app| other.mount(app)), &registry).await;
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
    let error = Metrics::new(&registry).unwrap_err();
    assert!(
        error.to_string().contains("http_requests_in_flight"),
        "{error}"
    );
    assert_eq!(Endpoint::PATH, "/metrics");
}
