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
//! | the inner service fails with an error in place of a response | `500` | |
//! | the body is dropped before its end | as sent | `http_responses_incomplete_total{cause="cancelled"}` |
//! | the body fails | as sent | `…{cause="error"}` |
//! | the body panics | as sent | `…{cause="panic"}` and `http_request_panics_total` |
//!
//! The labels are safe against whoever sends requests: a method that is not one of the nine of
//! RFC 9110 and RFC 5789 reads `_OTHER`, a request that no route matches has the route
//! [`UNMATCHED`], and a route is its pattern, never a path. Host and scheme are never labels.

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use hashbrown::HashMap;

use crate::{
    Counter, Family, Gauge, Histogram, LabelSet, LabelValue, MetricGroup, OpenLabelValue,
    RegisterError, Registry,
};

/// The route of a request that no route of the app matches.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns::families::http::UNMATCHED, "unmatched");
/// ```
pub const UNMATCHED: &str = "unmatched";

/// The most routes that are told apart; a route is written in the code, so this is generous.
const ROUTES: usize = 1000;

/// The status that counts for a client that left before there was a response, as nginx calls it.
const CLIENT_CLOSED_REQUEST: u16 = 499;
const INTERNAL_SERVER_ERROR: u16 = 500;

/// A request method, or that it is none that is known.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::http::Method};
///
/// assert_eq!(Method::of("GET"), Method::Get);
/// assert_eq!(Method::of("get"), Method::Other); // Methods are case-sensitive.
/// assert_eq!(Method::of("BREW").as_label(), "_OTHER");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    #[label(rename = "GET")]
    Get,
    /// `HEAD`
    #[label(rename = "HEAD")]
    Head,
    /// `POST`
    #[label(rename = "POST")]
    Post,
    /// `PUT`
    #[label(rename = "PUT")]
    Put,
    /// `PATCH`
    #[label(rename = "PATCH")]
    Patch,
    /// `DELETE`
    #[label(rename = "DELETE")]
    Delete,
    /// `OPTIONS`
    #[label(rename = "OPTIONS")]
    Options,
    /// `CONNECT`
    #[label(rename = "CONNECT")]
    Connect,
    /// `TRACE`
    #[label(rename = "TRACE")]
    Trace,
    /// Any other token, as the OpenTelemetry conventions write it.
    #[label(rename = "_OTHER")]
    Other,
}

impl Method {
    /// The method with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::http::Method;
    ///
    /// assert_eq!(Method::of("PATCH"), Method::Patch);
    /// ```
    pub fn of(name: &str) -> Self {
        match name {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "PATCH" => Method::Patch,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            "CONNECT" => Method::Connect,
            "TRACE" => Method::Trace,
            _ => Method::Other,
        }
    }
}

/// Why a response was not sent to its end.
#[derive(LabelValue, Clone, Copy)]
enum Cause {
    Cancelled,
    Error,
    Panic,
}

/// A status code as label text.
#[derive(Clone, Copy)]
struct Status([u8; 3]);

impl Status {
    /// Codes have three digits; anything else reads 000.
    fn of(code: u16) -> Self {
        let digit = |value: u16| b'0' + u8::try_from(value % 10).unwrap_or(0);
        if code > 999 {
            return Status(*b"000");
        }
        Status([digit(code / 100), digit(code / 10), digit(code)])
    }
}

impl OpenLabelValue for Status {
    fn as_label(&self) -> &str {
        // Digits are always UTF-8.
        std::str::from_utf8(&self.0).unwrap_or("000")
    }
}

#[derive(LabelSet)]
struct RequestLabels<'a> {
    method: Method,
    #[label(cap = 1000)]
    route: &'a str,
    #[label(cap = 100)]
    status: Status,
}

#[derive(LabelSet)]
struct RouteLabels<'a> {
    method: Method,
    #[label(cap = 1000)]
    route: &'a str,
}

#[derive(LabelSet)]
struct IncompleteLabels<'a> {
    method: Method,
    #[label(cap = 1000)]
    route: &'a str,
    cause: Cause,
}

#[derive(MetricGroup)]
#[metrics(prefix = "http")]
struct HttpMetrics {
    /// Requests that ended, by method, route and status.
    #[metric(max_series = 20_000)]
    requests_total: Family<RequestLabels<'static>, Counter>,
    /// Time from receiving a request to the end of its response body.
    #[metric(max_series = 10_000)]
    request_duration_seconds: Family<RouteLabels<'static>, Histogram>,
    /// Requests received whose response has not ended.
    #[metric(max_series = 10_000)]
    requests_in_flight: Family<RouteLabels<'static>, Gauge>,
    /// Requests whose handler or response body panicked.
    request_panics_total: Family<RouteLabels<'static>, Counter>,
    /// Responses that were not sent to their end, by cause.
    responses_incomplete_total: Family<IncompleteLabels<'static>, Counter>,
}

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
#[derive(Clone)]
pub struct HttpServer {
    inner: Arc<Inner>,
}

struct Inner {
    metrics: HttpMetrics,
    /// The handles of each method and route, so that a request looks up one thing.
    routes: RwLock<Routes>,
}

#[derive(Default)]
struct Routes {
    by_name:
        HashMap<Arc<str>, [Option<Arc<Route>>; Method::VALUES.len()], foldhash::fast::RandomState>,
}

/// What the requests of one method and route record into.
struct Route {
    method: Method,
    name: Arc<str>,
    duration: Histogram,
    in_flight: Gauge,
    /// Statuses in the order in which they first came up; a route rarely has more.
    statuses: [OnceLock<(u16, Counter)>; 8],
}

impl Route {
    fn count(&self, metrics: &HttpMetrics, status: u16) {
        let make = || {
            let labels = RequestLabels {
                method: self.method,
                route: &self.name,
                status: Status::of(status),
            };
            metrics.requests_total.with(&labels)
        };
        for slot in &self.statuses {
            let (known, counter) = slot.get_or_init(|| (status, make()));
            if *known == status {
                counter.inc();
                return;
            }
        }
        make().inc();
    }
}

impl HttpServer {
    /// Registers the families; registering them again gives the same ones.
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
        let metrics = HttpMetrics::register(registry)?;
        Ok(HttpServer {
            inner: Arc::new(Inner {
                metrics,
                routes: RwLock::default(),
            }),
        })
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
        let route = self.route(Method::of(method), route.unwrap_or(UNMATCHED));
        route.in_flight.inc();
        RequestGuard {
            http: self.clone(),
            route,
            started: Instant::now(),
            status: None,
            end: End::Dropped,
        }
    }

    fn route(&self, method: Method, name: &str) -> Arc<Route> {
        let routes = self
            .inner
            .routes
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(route)) = routes
            .by_name
            .get(name)
            .map(|methods| &methods[method.index()])
        {
            return Arc::clone(route);
        }
        drop(routes);
        self.resolve(method, name)
    }

    /// The handles of a method and route that come up for the first time.
    #[cold]
    fn resolve(&self, method: Method, name: &str) -> Arc<Route> {
        let mut routes = self
            .inner
            .routes
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let name: Arc<str> = name.into();
        let metrics = &self.inner.metrics;
        let make = |name: &Arc<str>| {
            let labels = RouteLabels {
                method,
                route: name,
            };
            Arc::new(Route {
                method,
                name: Arc::clone(name),
                duration: metrics.request_duration_seconds.with(&labels),
                in_flight: metrics.requests_in_flight.with(&labels),
                statuses: Default::default(),
            })
        };
        if routes.by_name.len() >= ROUTES && !routes.by_name.contains_key(&name) {
            // Beyond the cap the families fold it into `other`; it is not worth remembering.
            return make(&name);
        }
        let methods = routes.by_name.entry(Arc::clone(&name)).or_default();
        Arc::clone(methods[method.index()].get_or_insert_with(|| make(&name)))
    }
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer").finish_non_exhaustive()
    }
}

/// One request on its way. It is owned by whatever of the middleware is alive (service, future,
/// body), so that it ends when they end, in whatever way.
///
/// # Examples
///
/// ```
/// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
/// let mut request = http.start("GET", Some("/videos/{id}"));
/// request.answered(200);
/// drop(request); // The body was cut off: 200, and `http_responses_incomplete_total`.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a request that is dropped at once counts as 499"]
pub struct RequestGuard {
    http: HttpServer,
    route: Arc<Route>,
    started: Instant,
    /// The status of the head, once there is one.
    status: Option<u16>,
    end: End,
}

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// Nothing else was said.
    Dropped,
    Complete,
    Failed,
    Panicked,
}

impl RequestGuard {
    /// The head of the response is there; the body is still to come.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// request.answered(404);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn answered(&mut self, status: u16) {
        self.status = Some(status);
    }

    /// Whether the response ends with its head, whatever its body holds: to `HEAD`, and with a
    /// status that has no body. Servers drop such a body without reading it.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// let mut request = http.start("HEAD", None);
    /// request.answered(200);
    /// assert!(request.ends_with_head());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn ends_with_head(&self) -> bool {
        match (self.route.method, self.status) {
            (Method::Head, _) | (_, Some(100..=199 | 204 | 304)) => true,
            // What follows is a tunnel and no body.
            (Method::Connect, Some(200..=299)) => true,
            _ => false,
        }
    }

    /// The body was sent to its end.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// request.answered(204);
    /// request.complete();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn complete(&mut self) {
        self.end = End::Complete;
    }

    /// There is an error in place of a response, or in the middle of the body.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// request.failed(); // Counts as 500, for there was no head.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn failed(&mut self) {
        self.end = End::Failed;
    }

    /// The handler or the body panicked. A guard that is dropped by the panic itself need not be
    /// told; one that outlives it, because a layer outside catches panics, must be.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// request.panicked();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn panicked(&mut self) {
        self.end = End::Panicked;
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let metrics = &self.http.inner.metrics;
        let route = &*self.route;
        if self.end == End::Dropped && std::thread::panicking() {
            self.end = End::Panicked;
        }
        let status = self.status.unwrap_or(match self.end {
            End::Failed | End::Panicked => INTERNAL_SERVER_ERROR,
            End::Dropped | End::Complete => CLIENT_CLOSED_REQUEST,
        });
        route.count(metrics, status);
        route.duration.observe(self.started.elapsed());
        if self.end == End::Panicked {
            let labels = RouteLabels {
                method: route.method,
                route: &route.name,
            };
            metrics.request_panics_total.with(&labels).inc();
        }
        let cause = match self.end {
            End::Complete => None,
            End::Dropped => Some(Cause::Cancelled),
            End::Failed => Some(Cause::Error),
            End::Panicked => Some(Cause::Panic),
        };
        if let (Some(cause), Some(_)) = (cause, self.status) {
            let labels = IncompleteLabels {
                method: route.method,
                route: &route.name,
                cause,
            };
            metrics.responses_incomplete_total.with(&labels).inc();
        }
        // Last, so that who sees no request in flight sees all of them counted.
        route.in_flight.dec();
    }
}

impl fmt::Debug for RequestGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestGuard")
            .field("method", &self.route.method)
            .field("route", &self.route.name)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
