//! Layers around each other, and routers within services.

use axum::Router;
use axum::body::Body;
use axum::routing::{any_service, get};
use http::{Request, StatusCode};
use tests::served::assert_settled;
use tower::{ServiceBuilder, ServiceExt};
use vitalsigns::families::HttpServer;
use vitalsigns::{Registry, testing};
use vitalsigns_tower::axum::instrument;
use vitalsigns_tower::{MetricsLayer, Route};

async fn ask(app: &Router, path: &str) -> StatusCode {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    status
}

fn counted(registry: &Registry, route: &str, status: &str) -> Option<f64> {
    let labels = [("method", "GET"), ("route", route), ("status", status)];
    testing::value(registry, "http_requests_total", &labels)
}

fn users() -> Router {
    Router::new().route("/users/{id}", get(|| async { "somebody" }))
}

#[tokio::test]
async fn layers_of_one_server_count_once() {
    let registry = Registry::new();
    let layer = MetricsLayer::new(HttpServer::register(&registry).unwrap());
    let app = users().layer(layer.clone()).route_layer(layer);
    let app = instrument(app, &registry).unwrap();
    ask(&app, "/users/7").await;
    ask(&app, "/nothing").await;
    assert_eq!(counted(&registry, "/users/{id}", "200"), Some(1.0));
    assert_eq!(counted(&registry, "unmatched", "404"), Some(1.0));
    assert_settled(&registry, 2.0);
}

#[tokio::test]
async fn a_nested_service_with_a_layer_of_its_own_tells_its_routes() {
    let registry = Registry::new();
    let layer = MetricsLayer::new(HttpServer::register(&registry).unwrap());
    let app = Router::new()
        .nest_service("/told", users().layer(layer.clone()))
        .nest_service("/untold", users());
    let app = instrument(app, &registry).unwrap();
    ask(&app, "/told/users/7").await;
    ask(&app, "/told/nothing").await;
    ask(&app, "/untold/users/7").await;
    assert_eq!(counted(&registry, "/told/users/{id}", "200"), Some(1.0));
    assert_eq!(counted(&registry, "unmatched", "404"), Some(1.0));
    assert_eq!(counted(&registry, "unmatched", "200"), Some(1.0));
    assert_settled(&registry, 3.0);
}

#[tokio::test]
async fn a_layer_around_the_finished_router_learns_the_route_from_one_within() {
    let registry = Registry::new();
    let layer = MetricsLayer::new(HttpServer::register(&registry).unwrap());
    let inner = users().layer(layer.clone());
    let app = Router::new().fallback_service(any_service(
        ServiceBuilder::new().layer(layer).service(inner),
    ));
    ask(&app, "/users/7").await;
    assert_eq!(counted(&registry, "/users/{id}", "200"), Some(1.0));
    assert_settled(&registry, 1.0);
}

#[tokio::test]
async fn a_route_of_the_users_own_goes_before_what_the_router_says() {
    let registry = Registry::new();
    let app = instrument(users(), &registry).unwrap();
    let mut request = Request::builder()
        .uri("/users/7")
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(Route::new("/people/{id}"));
    drop(app.oneshot(request).await.unwrap());
    let labels = [("route", "/people/{id}"), ("method", "GET")];
    assert_eq!(
        testing::value(&registry, "http_request_duration_seconds", &labels),
        Some(1.0)
    );
}

#[tokio::test]
async fn layers_of_two_servers_count_each_for_itself() {
    let (registry, other) = (Registry::new(), Registry::new());
    let app = users().layer(MetricsLayer::new(HttpServer::register(&other).unwrap()));
    let app = instrument(app, &registry).unwrap();
    ask(&app, "/users/7").await;
    for registry in [&registry, &other] {
        assert_eq!(counted(registry, "/users/{id}", "200"), Some(1.0));
        assert_settled(registry, 1.0);
    }
}
