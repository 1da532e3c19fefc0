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
#[cfg(feature = "health")]
use vitalsigns_health::{Group, Probes};

use crate::endpoint::MetricsEndpoint;
#[cfg(feature = "health")]
use crate::health::ProbeEndpoint;
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
    Instrument::new(registry)?.app(app)
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
    Instrument::with(layer, endpoint).app(app)
}

/// What [`instrument`] puts around an app, to be chosen: with the feature `health`, probes as well.
///
/// # Examples
///
/// ```
/// use axum::{Router, routing::get};
/// use vitalsigns::Registry;
/// use vitalsigns_tower::axum::Instrument;
///
/// let registry = Registry::new();
/// let app = Router::new().route("/hello/{name}", get(|| async { "hello" }));
/// let app = Instrument::new(&registry)?.app(app)?;
/// # Ok::<(), vitalsigns_tower::axum::InstrumentError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is instrumented before `app`"]
pub struct Instrument {
    layer: MetricsLayer,
    endpoint: Endpoint,
    #[cfg(feature = "health")]
    probes: Option<Probes>,
}

impl Instrument {
    /// The usual layer and endpoint.
    ///
    /// # Errors
    ///
    /// If the HTTP families clash with another group.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let http = HttpServer::register(registry)?;
        let endpoint = Endpoint::new(registry);
        Ok(Instrument::with(MetricsLayer::new(http), endpoint))
    }

    /// A layer and an endpoint that were made before, as for [`instrument_with`].
    ///
    /// # Examples
    ///
    /// See [`instrument_with`].
    pub fn with(layer: MetricsLayer, endpoint: Endpoint) -> Self {
        Instrument {
            layer,
            endpoint,
            #[cfg(feature = "health")]
            probes: None,
        }
    }

    /// Serves the probes as well, at `/livez`, `/readyz`, `/startupz` and `/healthz`, beside the
    /// routes of the app as `/metrics` is. Readiness waits for the self-test of the page, whose
    /// token shows the details of checks. Their requests are measured as those of any route;
    /// [`exclude`](vitalsigns::families::http::HttpServerBuilder::exclude) leaves them out.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::Router;
    /// use vitalsigns::Registry;
    /// use vitalsigns_health::{Check, Health};
    /// use vitalsigns_tower::axum::Instrument;
    ///
    /// let registry = Registry::new();
    /// let health = Health::builder(&registry).check(Check::new("cache", || async {})).build()?;
    /// let app = Instrument::new(&registry)?.health(&health).app(Router::new())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "health")]
    pub fn health(mut self, probes: impl Into<Probes>) -> Self {
        self.probes = Some(probes.into());
        self
    }

    /// Instruments the app.
    ///
    /// # Errors
    ///
    /// As for [`instrument`]; [`SelfTestError::Occupied`] if the app has a route where a probe
    /// would be, too.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn app(self, app: Router) -> Result<Router, InstrumentError> {
        let registry = self.endpoint.registry().clone();
        let app = free(app, Endpoint::PATH)?;
        #[cfg(feature = "health")]
        let app = match &self.probes {
            None => app,
            Some(probes) => {
                probes.expect_self_test(&self.endpoint);
                Group::ALL.into_iter().try_fold(app, |app, group| {
                    let probe = ProbeEndpoint::new(probes.clone(), group);
                    free(app, group.path()).map(|app| app.route_service(group.path(), probe))
                })?
            }
        };
        let app = app.route_service(Endpoint::PATH, MetricsEndpoint::from(self.endpoint));
        let app = if self.layer.http().measures_request_size() {
            app.layer(self.layer.counting_request_bodies())
        } else {
            app.layer(self.layer)
        };
        let found = at_once(self_test(app.clone(), &registry)).unwrap_or_else(|| Err(stalled()));
        #[cfg(feature = "health")]
        if let Some(probes) = &self.probes {
            probes.self_tested(&found);
        }
        found?;
        Ok(app)
    }
}

/// The app, if it has no route at this path; a wildcard does not count.
fn free(app: Router, path: &'static str) -> Result<Router, SelfTestError> {
    let mut probed = app
        .clone()
        .layer(tower_layer::layer_fn(move |_| Probe { path }));
    let answer = at_once(ask(
        &mut probed,
        http::Method::GET,
        path,
        Format::Text.into(),
    ));
    // The probe answers 200 in place of every handler; anything else never came to it.
    match answer {
        Some(Ok(answer)) if answer.status == 200 && answer.body == Probe::OCCUPIED => {
            let path = path.to_owned();
            Err(SelfTestError::Occupied { path })
        }
        _ => Ok(app),
    }
}

/// Answers in place of a handler whether the request matched a route at this path.
#[derive(Clone)]
struct Probe {
    path: &'static str,
}

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
        let occupied = matched.is_some_and(|matched| matched.as_str() == self.path);
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
