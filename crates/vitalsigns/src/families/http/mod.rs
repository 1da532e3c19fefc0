//! HTTP server requests: how many, how long, how many at once.
//!
//! A request starts when the middleware receives it and ends when its response body is complete,
//! fails or is dropped. Time in the accept queue is not seen here, nor is the time that the
//! client's network takes after the last byte was handed over.
//!
//! What a request *means* is decided here, for every framework alike:
//!
//! | what happens | `status` | besides |
//! |---|---|---|
//! | a response | its code | |
//! | the request is dropped before there was a response: the client left, a timeout outside of the middleware fired | `499` | |
//! | the handler panics before there was a response | `500` | `http_request_panics_total` |
//! | the inner service fails with an error in place of a response | `500`, or what the framework makes of the error | |
//! | the body is dropped before its end | as sent | `http_responses_incomplete_total{cause="cancelled"}` |
//! | the body fails, or ends before what the head promised | as sent | `…{cause="error"}` |
//! | the body panics | as sent | `…{cause="panic"}` and `http_request_panics_total` |
//! | the connection leaves HTTP: WebSocket, a tunnel | `101`, or `2xx` to `CONNECT` | `http_upgrades_total`; the request ends with its head, the connection is measured on its own |
//! | a gRPC call | `200`, as a rule | `grpc_requests_total{code}` from the trailers or the head; `CANCELLED` if the client left before, `UNKNOWN` if there is none |
//! | middleware within middleware, of the same server | once | where the route is not known outside, the innermost that knows it tells it |
//!
//! The labels are safe against whoever sends requests: a method that is not one of the nine of
//! RFC 9110 and RFC 5789 reads `_OTHER`, a request that no route matches has the route
//! [`UNMATCHED`], and a route is its pattern, never a path. A `404` that a route's own handler
//! answers keeps its route. Host and scheme are never labels.
//!
//! # Options
//!
//! [`HttpServer::builder`] chooses what is measured besides, and what it is called:
//!
//! | option | what it adds |
//! |---|---|
//! | [`first_byte`](HttpServerBuilder::first_byte) | `http_time_to_first_byte_seconds{method,route}` |
//! | [`request_size`](HttpServerBuilder::request_size), [`response_size`](HttpServerBuilder::response_size) | `http_request_size_bytes`, `http_response_size_bytes`, `{method,route}`: body bytes that really passed |
//! | [`streams`](HttpServerBuilder::streams) | `http_stream_duration_seconds{method,route}`, for responses that last as long as somebody listens |
//! | [`status_on_duration`](HttpServerBuilder::status_on_duration) | the status as a label of the duration |
//! | [`status`](HttpServerBuilder::status) | `4xx` in place of `404` |
//! | [`label`](HttpServerBuilder::label) | a closed label of the service's own |
//! | [`exclude`](HttpServerBuilder::exclude) | routes that are not measured |
//! | [`native_histograms`](HttpServerBuilder::native_histograms) | native histograms beside the buckets |
//! | [`exemplars`](HttpServerBuilder::exemplars) | a trace behind the counted requests and their durations |
//! | [`names`](HttpServerBuilder::names), [`opentelemetry`](HttpServerBuilder::opentelemetry), [`buckets`](HttpServerBuilder::buckets) | other names of labels and families, other bounds |

mod body;
mod cause;
mod grpc;
mod guard;
mod method;
mod metrics;
mod names;
mod nesting;
mod options;
mod route;
mod routes;
mod status;
mod upgrade;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use body::BodyGuard;
pub use grpc::GrpcCode;
pub use guard::{ReceivedBytes, RequestGuard};
pub use method::Method;
pub use names::HttpNames;
pub use options::HttpServerBuilder;
pub use status::StatusLabel;
pub use upgrade::{ConnectionGuard, Protocol, Upgrade};

use crate::group::GroupBuilder;
use crate::{MetricGroup, RegisterError, Registry};
use metrics::HttpMetrics;
use options::Options;
use route::{OutcomeKey, Route};
use routes::{Hub, Routes, Shared};

/// The route of a request that no route of the app matches.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::families::http::UNMATCHED, "unmatched");
/// ```
pub const UNMATCHED: &str = "unmatched";

/// The metrics of an HTTP server; middleware starts a [`RequestGuard`] for each request.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
///
/// let registry = Registry::new();
/// let http = HttpServer::register(&registry)?;
///
/// let mut request = http.start("GET", Some("/users/{id}"));
/// request.answered(200); // The head is sent, the body is on its way.
/// request.complete();
/// drop(request);
///
/// let gone = http.start("POST", Some("/orders"));
/// drop(gone); // The client left before there was a response: counts as 499.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct HttpServer {
    hub: Arc<Hub>,
    /// All of them, where it is registered.
    hubs: Option<Arc<[Arc<Hub>]>>,
}

impl HttpServer {
    const GROUP: &'static str = "HttpMetrics";

    /// Registers the families, or gives those that are registered, with whatever options they have.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        <Self as MetricGroup>::register(registry)
    }

    /// Chooses options before the families are registered.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let http = HttpServer::builder().first_byte().register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn builder() -> HttpServerBuilder {
        HttpServerBuilder::default()
    }

    /// A request was received. `route` is the pattern of the route that it matched, if it matched
    /// one.
    ///
    /// For a method and route that were seen before, this allocates nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// let request = http.start("GET", Some("/users/{id}"));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn start(&self, method: &str, route: Option<&str>) -> RequestGuard {
        RequestGuard::start(&self.hub, Method::of(method), route)
    }

    /// A request has ended of which everything is known at once: it counts with this status, and
    /// took this long. For traffic that no guard can watch, such as a log that is read afterwards.
    ///
    /// It was never in flight, and neither its first byte nor its sizes are known. For a method,
    /// route and status that were seen before this is one look-up, which takes no lock, allocates
    /// nothing and writes to nothing but the series.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use vitalsigns::{Format, Registry, families::HttpServer};
    ///
    /// let registry = Registry::new();
    /// let http = HttpServer::register(&registry)?;
    /// http.record("GET", Some("/users/{id}"), 200, Duration::from_millis(12));
    /// let one = r#"http_requests_total{method="GET",route="/users/{id}",status="200"} 1"#;
    /// assert!(registry.render(Format::Text).contains(one));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn record(&self, method: &str, route: Option<&str>, status: u16, elapsed: Duration) {
        let (method, name) = (Method::of(method), route.unwrap_or(UNMATCHED));
        match self.hub.routes.known(method, name) {
            Some(route) => self.record_at(route, status, elapsed),
            None => self.record_first(method, name, status, elapsed),
        }
    }

    #[cold]
    fn record_first(&self, method: Method, name: &str, status: u16, elapsed: Duration) {
        self.record_at(&self.hub.resolve(method, name), status, elapsed);
    }

    // Once where it is hot: calls between its parts would be a tenth of it.
    #[inline(always)]
    fn record_at(&self, route: &Route, status: u16, elapsed: Duration) {
        if route.is_excluded {
            return;
        }
        let shared = self.shared();
        let extras = shared.unsaid;
        route.record(shared, OutcomeKey { status, extras }, |outcome| {
            outcome.requests.inc();
            outcome.duration.observe_elapsed(elapsed);
        });
    }

    /// Puts the series of a route on the page at 0, before its first request, so that a rate over
    /// them sees the first one: with these statuses, and with the values of extra labels that
    /// nobody says.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Format, Registry, families::HttpServer};
    ///
    /// let registry = Registry::new();
    /// let http = HttpServer::register(&registry)?;
    /// http.expect("GET", "/users/{id}", &[200, 404, 500]);
    /// let zero = r#"http_requests_total{method="GET",route="/users/{id}",status="404"} 0"#;
    /// assert!(registry.render(Format::Text).contains(zero));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn expect(&self, method: &str, route: &str, statuses: &[u16]) {
        let route = self.hub.route(Method::of(method), route);
        if route.is_excluded {
            return;
        }
        let shared = self.shared();
        route.handles(shared);
        for &status in statuses {
            let extras = shared.unsaid;
            route.record(shared, OutcomeKey { status, extras }, |_| {});
        }
    }

    /// Whether the bytes of request bodies are measured, so that a middleware has to see them.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// assert!(!http.measures_request_size());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn measures_request_size(&self) -> bool {
        self.options().request_size
    }

    /// Whether requests point to traces, so that a middleware has to hand `traceparent` headers on.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// assert!(!http.keeps_exemplars());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn keeps_exemplars(&self) -> bool {
        self.options().exemplars.is_some()
    }

    fn options(&self) -> &Options {
        &self.shared().options
    }

    fn shared(&self) -> &Shared {
        &self.hub.routes.shared
    }

    fn build(group: &mut GroupBuilder<'_>, options: Options) -> Result<Self, RegisterError> {
        let metrics = HttpMetrics::make(group, &options)?;
        let hubs = Routes::hubs(metrics, options);
        Ok(HttpServer {
            hub: Arc::clone(&hubs[0]),
            hubs: Some(hubs),
        })
    }
}

impl Clone for HttpServer {
    /// Counted with the thread: middleware is cloned for each request.
    fn clone(&self) -> Self {
        HttpServer {
            hub: self.hub.nearest(),
            hubs: None,
        }
    }
}

impl MetricGroup for HttpServer {
    const NAME: &'static str = HttpServer::GROUP;
    const PREFIX: &'static str = "http";

    fn build(group: &mut GroupBuilder<'_>) -> Result<Self, RegisterError> {
        HttpServer::build(group, Options::default())
    }

    fn share(&self) -> Self {
        HttpServer {
            hub: self.hub.nearest(),
            hubs: self.hubs.clone(),
        }
    }
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer").finish_non_exhaustive()
    }
}
