//! hyper: `MetricsLayer` around a service with a router of its own, which tells the routes.

use ::hyper::body::Incoming;
use ::tower::util::BoxCloneSyncService;
use ::tower::{Layer, ServiceExt as _, service_fn};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;
use vitalsigns::Registry;
use vitalsigns::families::HttpServer;
use vitalsigns_tower::{MetricsEndpoint, MetricsLayer, Route};

use super::tokio_server::{Signal, TokioServer};
use super::tower::{BoxBody, BoxError, boxed, handle, respond, trim_slash};
use super::{Around, Received, Running, TIMEOUT, With};
use crate::reply::{Content, Reply};
use crate::routes::{Behaviour, Place, ROUTES};

type App = BoxCloneSyncService<Request<Incoming>, Response<BoxBody>, BoxError>;

pub(super) fn start(with: &[With]) -> Running {
    let registry = Registry::new();
    let received = Received::default();
    let app = app(with, &registry, &received);
    let half_closed = with.iter().any(|with| matches!(with, With::HalfClosed));
    let (address, server) =
        TokioServer::start(move |listener, signal| serve(listener, signal, app, half_closed));
    Running {
        address,
        registry,
        received,
        server: Box::new(server),
    }
}

async fn serve(listener: TcpListener, signal: Signal, app: App, half_closed: bool) {
    let service = TowerToHyperService::new(app);
    let graceful = GracefulShutdown::new();
    let mut signal = std::pin::pin!(signal.given());
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.expect("there are files left").0,
            () = &mut signal => break,
        };
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().half_close(half_closed);
        builder.http2().enable_connect_protocol();
        let connection = builder
            .serve_connection_with_upgrades(TokioIo::new(stream), service.clone())
            .into_owned();
        // How a connection ends is the client's business, and the page's.
        tokio::spawn(graceful.watch(connection));
    }
    drop(listener);
    graceful.shutdown().await;
}

fn app(with: &[With], registry: &Registry, received: &Received) -> App {
    let fallback = with.iter().find_map(|with| match with {
        With::Fallback => Some("/"),
        With::NestedFallback => Some(Place::Nested.prefix()),
        With::Guarded => unreachable!("this one has no guards"),
        With::Inside(_) | With::Outside(_) | With::HalfClosed => None,
    });
    let mounted = wrap(
        handlers(Place::Mounted, None, registry),
        Around::Metrics,
        registry,
    );
    let mounted = telling(Place::Mounted, mounted);
    let app = handlers(Place::App, fallback, registry);
    let mut app = App::new(service_fn(move |request: Request<Incoming>| {
        let is_mounted = request.uri().path().starts_with(Place::Mounted.prefix());
        let service = if is_mounted { &mounted } else { &app };
        service.clone().oneshot(request)
    }));
    for with in with {
        if let With::Inside(around) = with {
            app = wrap(app, *around, registry);
        }
    }
    app = wrap(app, Around::Metrics, registry);
    let received = received.clone();
    app = App::new(app.map_request(move |request| {
        received.count();
        request
    }));
    for with in with {
        if let With::Outside(around) = with {
            app = wrap(app, *around, registry);
        }
    }
    telling(Place::App, app)
}

/// What tells the middleware inside the routes that this place knows.
fn telling(place: Place, app: App) -> App {
    App::new(app.map_request(move |mut request: Request<Incoming>| {
        if let Some((pattern, _)) = find(place, request.method().as_str(), request.uri().path()) {
            request.extensions_mut().insert(Route::new(pattern));
        }
        request
    }))
}

/// What answers the requests for this place; under the path of the fallback, nothing is missing.
fn handlers(place: Place, fallback: Option<&'static str>, registry: &Registry) -> App {
    let page = MetricsEndpoint::new(registry);
    App::new(service_fn(move |request: Request<Incoming>| {
        let page = page.clone();
        answer(place, fallback, page, request)
    }))
}

async fn answer(
    place: Place,
    fallback: Option<&str>,
    page: MetricsEndpoint,
    request: Request<Incoming>,
) -> Result<Response<BoxBody>, BoxError> {
    let path = request.uri().path();
    let found = find(place, request.method().as_str(), path);
    let has_fallback = fallback.is_some_and(|under| path.starts_with(under));
    Ok(match found {
        Some((_, Some(Behaviour::Page))) => page.oneshot(request).await?.map(boxed),
        Some((_, Some(behaviour))) => handle(behaviour, request).await,
        Some((_, None)) => respond(Reply::status(405)),
        None if has_fallback => respond(Reply::text("the fallback")),
        None => respond(Reply::new(404, Content::Text("nothing is here"))),
    })
}

/// The pattern that a path matches, and the behaviour if the method has one.
fn find(place: Place, method: &str, path: &str) -> Option<(String, Option<Behaviour>)> {
    let method = if method == "HEAD" { "GET" } else { method };
    let is_here = |of: Place| (of == Place::Mounted) == (place == Place::Mounted);
    let mut matching = ROUTES
        .iter()
        .filter(|route| is_here(route.place))
        .map(|route| (format!("{}{}", route.place.prefix(), route.pattern), route))
        .filter(|(pattern, _)| matches(pattern, path))
        .peekable();
    let pattern = matching.peek()?.0.clone();
    let of_method = matching.find(|(_, route)| route.method == method);
    Some((pattern, of_method.map(|(_, route)| route.behaviour)))
}

/// Segment by segment: `{name}` is any one, `{*name}` all the rest.
fn matches(pattern: &str, path: &str) -> bool {
    let mut path = path.split('/');
    for segment in pattern.split('/') {
        let found = path.next().unwrap_or_default();
        let is_open = segment.starts_with('{');
        if (is_open && found.is_empty()) || (!is_open && found != segment) {
            return false;
        }
        if segment.starts_with("{*") {
            return true;
        }
    }
    path.next().is_none()
}

fn wrap(app: App, around: Around, registry: &Registry) -> App {
    match around {
        Around::CatchPanic => erase(CatchPanicLayer::new().layer(app)),
        Around::Timeout => {
            let layer = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT);
            erase(layer.layer(app))
        }
        Around::Guard => App::new(service_fn(async |_| Ok(respond(Reply::status(403))))),
        Around::Error => App::new(service_fn(async |_| {
            Err("the layer fails, as the test wants it".into())
        })),
        Around::Refuse => unreachable!("an error says no status here"),
        // The path is another one, so the route is told again.
        Around::TrimSlash => App::new(telling(Place::App, app).map_request(trim_slash)),
        Around::Replace => App::new(app.map_response(|_| respond(Reply::status(503)))),
        Around::Compression => erase(CompressionLayer::new().layer(app)),
        Around::Metrics => {
            let http = HttpServer::register(registry).expect("registering it again is fine");
            erase(MetricsLayer::new(http).layer(app))
        }
    }
}

/// Forgets the types of a service and its bodies.
fn erase<S, B>(service: S) -> App
where
    S: ::tower::Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    App::new(
        service
            .map_response(|response: Response<B>| response.map(boxed))
            .map_err(Into::into),
    )
}
