//! Labels that nobody outside can blow up.

use axum::Router;
use axum::routing::{get, post};
use http::{Request, Response};
use tests::served::{
    assert_one_route_and_one_method, assert_settled, fetch, values, wait_for_request,
};
use tower::{Service, ServiceBuilder, service_fn};
use vitalsigns::families::HttpServer;
use vitalsigns::{Registry, testing};
use vitalsigns_tower::MetricsLayer;
use vitalsigns_tower::axum::instrument;

use crate::support::serve;

#[tokio::test]
async fn ten_thousand_paths_and_fifty_methods_add_one_route_and_one_method() {
    let registry = Registry::new();
    let app = Router::new().route("/users/{id}", get(|| async { "somebody" }));
    let mut app = instrument(app, &registry).unwrap();
    for number in 0..10_000 {
        let method = match number % 200 {
            rest if rest < 50 => format!("BREW{rest}"),
            _ => String::from("GET"),
        };
        let path = format!("/wp-admin/{number}.php?probe={number}");
        let request = Request::builder().method(method.as_str()).uri(path);
        let request = request.body(axum::body::Body::empty()).unwrap();
        let response = Service::<Request<_>>::call(&mut app, request)
            .await
            .unwrap();
        assert_eq!(response.status(), 404);
    }
    assert_settled(&registry, 10_000.0);
    assert_one_route_and_one_method(&registry);
}

#[tokio::test]
async fn the_route_is_the_pattern_also_for_errors_and_in_nested_routers() {
    let registry = Registry::new();
    let api = Router::new().route("/orders/{id}", post(|| async { "placed" }));
    let app = Router::new()
        .route("/users/{id}", get(|| async { http::StatusCode::NOT_FOUND }))
        .nest("/api", api);
    let address = serve(instrument(app, &registry).unwrap()).await;
    for (method, path, route, status, number) in [
        ("GET", "/users/7", "/users/{id}", "404", 1.0),
        ("GET", "/users/a%2Fb", "/users/{id}", "404", 2.0),
        ("POST", "/api/orders/9", "/api/orders/{id}", "200", 1.0),
        ("DELETE", "/api/orders/9", "/api/orders/{id}", "405", 1.0),
        ("GET", "/api/nothing", "unmatched", "404", 1.0),
        ("GET", "/users/7/", "unmatched", "404", 2.0),
    ] {
        fetch(address, method, path, "").await;
        wait_for_request(&registry, method, route, status, number).await;
    }
    assert_settled(&registry, 6.0);
}

#[tokio::test]
async fn routes_beyond_the_cap_are_folded_and_the_sum_is_kept() {
    let registry = Registry::new();
    let http = HttpServer::register(&registry).unwrap();
    let answer = |_: Request<()>| async { Ok::<_, std::io::Error>(Response::new(String::new())) };
    let mut service = ServiceBuilder::new()
        .layer(MetricsLayer::new(http))
        .service(service_fn(answer));
    for number in 0..1_500 {
        // A hook that names paths in place of patterns: a mistake that must stay bounded.
        let mut request = Request::new(());
        let route = vitalsigns_tower::Route::new(format!("/users/{number}"));
        request.extensions_mut().insert(route);
        drop(service.call(request).await.unwrap());
    }
    assert_settled(&registry, 1_500.0);
    assert_eq!(
        values(&registry, "http_requests_total", "route").len(),
        1_001
    );
    let other = [("method", "GET"), ("route", "other"), ("status", "200")];
    assert_eq!(
        testing::value(&registry, "http_requests_total", &other),
        Some(500.0)
    );
    let overflow = [("metric", "http_requests_total")];
    assert_eq!(
        testing::value(&registry, "vitalsigns_series_overflow_total", &overflow),
        Some(500.0)
    );
}
