//! axum: the layer, the endpoint and its self-test in one call.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use tower_service::Service;
use vitalsigns::families::HttpServer;
use vitalsigns::{Endpoint, Format, RegisterError, Registry, SelfTestError};

use crate::endpoint::MetricsEndpoint;
use crate::middleware::MetricsLayer;
use crate::self_test::{ask, self_test};

/// Measures every request of `app` and serves the page of `registry` at `/metrics`.
///
/// Call it on the finished app: routes that are added later are not measured, and two routers that
/// are to be merged are merged before. `/metrics` stands beside the routes of the app, so the
/// layers that the app has by then are not around it: an app that asks for a password does not ask
/// a scraper for one. The page shows its own request as one in flight. The new app is asked
/// for its page once before it is returned, so an app whose endpoint does not serve every
/// registered family does not come to be. If layers are put around the result, [`self_test`] asks
/// the app as it will be served.
///
/// # Errors
///
/// [`InstrumentError::SelfTest`] with [`SelfTestError::Occupied`] if the app has a handler at
/// `/metrics` already, a placeholder for instance, or with another [`SelfTestError`] if the page is
/// not as it should be; [`InstrumentError::Register`] if the HTTP families clash with another
/// group.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use vitalsigns::Registry;
/// use vitalsigns_tower::axum::instrument;
///
/// let registry = Registry::new();
/// let app = Router::new().route("/hello/{name}", get(|| async { "hello" }));
/// let app = instrument(app, &registry)?;
/// # Ok::<(), vitalsigns_tower::axum::InstrumentError>(())
/// ```
pub fn instrument(app: Router, registry: &Registry) -> Result<Router, InstrumentError> {
    let http = HttpServer::register(registry)?;
    instrument_with(app, MetricsLayer::new(http), Endpoint::new(registry))
}

/// The same with a layer and an endpoint that were made before: for families with [options], for
/// [labels](MetricsLayer::label) from extensions, for an endpoint that wants a
/// [token](vitalsigns::EndpointBuilder::bearer_token).
///
/// [options]: vitalsigns::families::HttpServer::builder
///
/// # Errors
///
/// As for [`instrument`].
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use vitalsigns::{Endpoint, Registry, families::HttpServer};
/// use vitalsigns_tower::{MetricsLayer, axum::instrument_with};
///
/// let registry = Registry::new();
/// let http = HttpServer::builder().response_size().exclude(["/metrics"]).register(&registry)?;
/// let app = Router::new().route("/hello/{name}", get(|| async { "hello" }));
/// let app = instrument_with(app, MetricsLayer::new(http), Endpoint::new(&registry))?;
/// # Ok::<(), vitalsigns_tower::axum::InstrumentError>(())
/// ```
pub fn instrument_with(
    app: Router,
    layer: MetricsLayer,
    endpoint: Endpoint,
) -> Result<Router, InstrumentError> {
    if is_occupied(&app) {
        return Err(SelfTestError::Occupied {
            path: Endpoint::PATH.to_owned(),
        }
        .into());
    }
    let registry = endpoint.registry().clone();
    let app = app.route_service(Endpoint::PATH, MetricsEndpoint::from(endpoint));
    let app = if layer.http().measures_request_size() {
        app.layer(layer.counting_request_bodies())
    } else {
        app.layer(layer)
    };
    at_once(self_test(app.clone(), &registry)).unwrap_or_else(|| Err(stalled()))?;
    Ok(app)
}

/// Whether the app has a route at the path of the endpoint; a wildcard does not count.
fn is_occupied(app: &Router) -> bool {
    let probe = tower_layer::layer_fn(|_| Probe);
    let mut app = app.clone().layer(probe);
    let answer = at_once(ask(&mut app, http::Method::GET, Format::Text.into()));
    // The probe answers 200 in place of every handler; anything else never came to it.
    matches!(answer, Some(Ok(answer)) if answer.status == 200 && answer.body == Probe::OCCUPIED)
}

/// Answers in place of a handler whether the request matched a route at the endpoint's path.
#[derive(Clone)]
struct Probe;

impl Probe {
    const OCCUPIED: &'static str = "occupied";
}

impl Service<Request> for Probe {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let matched = request.extensions().get::<MatchedPath>();
        let occupied = matched.is_some_and(|matched| matched.as_str() == Endpoint::PATH);
        ready(Ok(Response::new(Body::from(if occupied {
            Probe::OCCUPIED
        } else {
            ""
        }))))
    }
}

/// The output of a future that does not wait for anything.
fn at_once<F: Future>(future: F) -> Option<F::Output> {
    let mut cx = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn stalled() -> SelfTestError {
    SelfTestError::NoAnswer {
        reason: String::from("something in front of it waits"),
    }
}

/// An app could not be instrumented.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use vitalsigns::Registry;
/// use vitalsigns_tower::axum::instrument;
///
/// let app = Router::new().route("/metrics", get(|| async { "not implemented yet" }));
/// let error = instrument(app, &Registry::new()).unwrap_err();
/// assert!(error.to_string().starts_with("the app has a handler of its own at `/metrics`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstrumentError {
    /// The HTTP families could not be registered.
    Register(RegisterError),
    /// The endpoint does not serve what it should.
    SelfTest(SelfTestError),
}

impl From<RegisterError> for InstrumentError {
    fn from(error: RegisterError) -> Self {
        InstrumentError::Register(error)
    }
}

impl From<SelfTestError> for InstrumentError {
    fn from(error: SelfTestError) -> Self {
        InstrumentError::SelfTest(error)
    }
}

impl fmt::Display for InstrumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstrumentError::Register(error) => error.fmt(f),
            InstrumentError::SelfTest(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InstrumentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message is that of the inner error; its source would be the next one.
        match self {
            InstrumentError::Register(error) => std::error::Error::source(error),
            InstrumentError::SelfTest(error) => std::error::Error::source(error),
        }
    }
}
