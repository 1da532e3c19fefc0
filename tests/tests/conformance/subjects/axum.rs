//! axum: `instrument` around a router, served by `axum::serve`.

use std::convert::Infallible;

use ::axum::body::Body;
use ::axum::error_handling::HandleErrorLayer;
use ::axum::extract::{FromRequestParts, Request};
use ::axum::middleware::{from_fn, map_response};
use ::axum::response::Response;
use ::axum::routing::{MethodFilter, on};
use ::axum::{Router, serve};
use ::tower::layer::layer_fn;
use ::tower::util::MapRequestLayer;
use ::tower::{Layer as _, ServiceBuilder, service_fn};
use http::request::Parts;
use http::{Method, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;
use vitalsigns::Registry;
use vitalsigns::families::HttpServer;
use vitalsigns_tower::MetricsLayer;
use vitalsigns_tower::axum::instrument;

use super::tokio_server::TokioServer;
use super::tower::{BoxError, handle, trim_slash};
use super::{Around, Received, Running, TIMEOUT, With};
use crate::routes::{Behaviour, Place, ROUTES, Route};

pub(super) fn start(with: &[With]) -> Running {
    let registry = Registry::new();
    let received = Received::default();
    let app = app(with, &registry, &received);
    let (address, server) = TokioServer::start(|listener, signal| async {
        let serving = serve(listener, app).with_graceful_shutdown(signal.given());
        serving.await.expect("axum serves");
    });
    Running {
        address,
        registry,
        received,
        server: Box::new(server),
    }
}

fn app(with: &[With], registry: &Registry, received: &Received) -> Router {
    let deeper = Place::Deeper.prefix().strip_prefix(Place::Nested.prefix());
    let deeper = deeper.expect("it is in the nested one");
    let mut nested = routes(Place::Nested).nest(deeper, routes(Place::Deeper));
    if with.iter().any(|with| matches!(with, With::NestedFallback)) {
        nested = nested.fallback(async || "the fallback");
    }
    let mut app = routes(Place::App)
        .merge(routes(Place::Merged))
        .nest(Place::Nested.prefix(), nested)
        .nest_service(
            Place::Mounted.prefix(),
            routes(Place::Mounted).layer(metrics(registry)),
        );
    for with in with {
        app = match with {
            With::Inside(around) => wrap(app, *around, registry),
            With::Fallback => app.fallback(|| async { "the fallback" }),
            With::Outside(_) | With::NestedFallback => app,
            With::Guarded => unreachable!("axum has no guards"),
            With::HalfClosed => unreachable!("`axum::serve` has no such option"),
        };
    }
    app = instrument(app, registry).expect("the app can be instrumented");
    let received = received.clone();
    app = app.layer(MapRequestLayer::new(move |request: Request| {
        received.count();
        request
    }));
    for with in with {
        if let With::Outside(around) = with {
            app = wrap(app, *around, registry);
        }
    }
    app
}

fn metrics(registry: &Registry) -> MetricsLayer {
    MetricsLayer::new(HttpServer::register(registry).expect("registering it again is fine"))
}

fn routes(place: Place) -> Router {
    let routes = ROUTES.iter().filter(|route| route.place == place);
    // The page is what `instrument` adds.
    let routes = routes.filter(|route| !matches!(route.behaviour, Behaviour::Page));
    routes.fold(Router::new(), |router, route| {
        let Route {
            method, behaviour, ..
        } = *route;
        let method = Method::from_bytes(method.as_bytes()).expect("it is a method");
        let filter = MethodFilter::try_from(method).expect("axum knows the method");
        let handler = match behaviour {
            Behaviour::PanicInExtractor => on(filter, |_: Explosive| async {}),
            Behaviour::MissInExtractor => on(filter, |_: Empty| async {}),
            _ => on(filter, async move |request: Request| {
                handle(behaviour, request).await.map(Body::new)
            }),
        };
        router.route(route.pattern, handler)
    })
}

/// An extractor that panics.
struct Explosive;

impl<S: Sync> FromRequestParts<S> for Explosive {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        panic!("the extractor panics, as the test wants it")
    }
}

/// An extractor that finds nothing.
struct Empty;

impl<S: Sync> FromRequestParts<S> for Empty {
    type Rejection = StatusCode;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        Err(StatusCode::NOT_FOUND)
    }
}

fn wrap(app: Router, around: Around, registry: &Registry) -> Router {
    match around {
        Around::CatchPanic => app.layer(CatchPanicLayer::new()),
        Around::Timeout => app.layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            TIMEOUT,
        )),
        Around::Guard => app.layer(from_fn(async |_: Request, _| StatusCode::FORBIDDEN)),
        Around::Error => app.layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(async |_: BoxError| {
                    StatusCode::INTERNAL_SERVER_ERROR
                }))
                .layer(layer_fn(|_| service_fn(fail))),
        ),
        Around::Refuse => app.layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(async |_: BoxError| {
                    StatusCode::UNAUTHORIZED
                }))
                .layer(layer_fn(|_| service_fn(fail))),
        ),
        Around::Replace => app.layer(map_response(async |_: Response| {
            StatusCode::SERVICE_UNAVAILABLE
        })),
        Around::Compression => app.layer(CompressionLayer::new()),
        Around::Metrics => app.layer(metrics(registry)),
        // What a router wraps is routed already, so another one is put around.
        Around::TrimSlash => {
            Router::new().fallback_service(MapRequestLayer::new(trim_slash).layer(app))
        }
    }
}

async fn fail(_: Request) -> Result<Response, BoxError> {
    Err("the layer fails, as the test wants it".into())
}
