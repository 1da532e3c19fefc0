//! One request on its way.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::cause::Cause;
use super::grpc::{self, GrpcCode};
use super::method::Method;
use super::nesting;
use super::options::EXTRAS;
use super::route::{OutcomeKey, Route, Routes};
use super::upgrade::{Protocol, Upgrade};
use super::{BodyGuard, UNMATCHED};
use crate::exemplar::KeptLabels;
use crate::label::Chosen;
use crate::{Exemplar, Label, LabelValue, Observation, TraceContext};

/// The status that counts for a client that left before there was a response, as nginx calls it.
const CLIENT_CLOSED_REQUEST: u16 = 499;
const INTERNAL_SERVER_ERROR: u16 = 500;

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
    route: Arc<Route>,
    presence: Presence,
    started: Instant,
    /// The status of the head, once there is one.
    status: Option<u16>,
    end: End,
    extras: [u16; EXTRAS],
    /// Bytes of the response body so far.
    sent: u64,
    received: Received,
    is_stream: bool,
    grpc: Option<Grpc>,
    upgrade: Option<Upgrade>,
    /// What the numbers of this request point to.
    exemplar: Option<KeptLabels>,
}

/// Whether a request is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Presence {
    Measured,
    /// Its route is not.
    Excluded,
    /// Middleware further out measures it.
    Nested,
}

/// What is known of the bytes of the request body.
enum Received {
    /// Nobody counts them.
    Unknown,
    /// There are none.
    Nothing,
    Counted(ReceivedBytes),
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

/// What is known of the status of a gRPC call.
#[derive(Clone, Copy)]
enum Grpc {
    /// Nothing yet.
    Called,
    /// The response is not one of gRPC.
    Foreign,
    Said(GrpcCode),
}

/// Counts the bytes of a request body, for as long as somebody reads it.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
///
/// let registry = Registry::new();
/// let http = HttpServer::builder().request_size().register(&registry)?;
/// let mut request = http.start("POST", Some("/orders"));
/// let received = request.receiving();
/// received.add(512);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReceivedBytes(Arc<AtomicU64>);

impl ReceivedBytes {
    /// So many more were read.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl RequestGuard {
    pub(super) fn start(routes: &Arc<Routes>, method: Method, route: Option<&str>) -> Self {
        let server = routes.identity();
        let is_nested = nesting::is_inside(server);
        let known = routes.route(method, route.unwrap_or(UNMATCHED));
        if is_nested && route.is_some() {
            nesting::tell(server, Arc::clone(&known));
        }
        let mut extras = [0; EXTRAS];
        for (index, extra) in extras.iter_mut().zip(&known.shared.options.extras) {
            *index = extra.unsaid;
        }
        let mut guard = RequestGuard {
            route: known,
            presence: Presence::Nested,
            started: Instant::now(),
            status: None,
            end: End::Dropped,
            extras,
            sent: 0,
            received: Received::Unknown,
            is_stream: false,
            grpc: None,
            upgrade: None,
            exemplar: None,
        };
        if !is_nested {
            guard.enter();
        }
        guard
    }

    /// The request is one of its route from now on.
    fn enter(&mut self) {
        if self.route.is_excluded {
            self.presence = Presence::Excluded;
        } else {
            self.presence = Presence::Measured;
            self.route.handles().in_flight.inc();
        }
    }

    fn move_to(&mut self, route: Arc<Route>) {
        if Arc::ptr_eq(&route, &self.route) || route.name == self.route.name {
            return;
        }
        // What was further in may have had another method; it tells the route alone.
        let route = match route.method == self.route.method {
            true => Some(route),
            false => self.route.sibling(&route.name),
        };
        let Some(route) = route else { return };
        let before = std::mem::replace(&mut self.route, route);
        let was = self.presence;
        self.enter();
        if was == Presence::Measured {
            before.handles().in_flight.dec();
        }
        if let Some(upgrade) = &self.upgrade {
            upgrade.moved(&self.route);
        }
    }

    /// The pattern of the route that the request matched, which was not known when it started, or
    /// not exactly.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// let mut request = http.start("GET", None);
    /// request.matched(Some("/users/{id}")); // A router further in said so.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn matched(&mut self, route: Option<&str>) {
        let name = route.unwrap_or(UNMATCHED);
        if *name == *self.route.name {
            return;
        }
        let Some(route) = self.route.sibling(name) else {
            return;
        };
        match self.presence {
            Presence::Nested => nesting::tell(route.server(), route),
            Presence::Measured | Presence::Excluded => self.move_to(route),
        }
    }

    /// Calls or polls what is inside of the middleware.
    ///
    /// A panic in there is seen, also if a layer further out catches it and drops the guard in
    /// peace later on. Middleware of the same server in there does not count the request again, but
    /// tells the route if it is not known out here. A request that a handler makes itself, of the
    /// same app and without a network in between, is part of the one that it handles.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// let mut request = http.start("GET", None);
    /// let status = request.watch(|| {
    ///     let inner = http.start("GET", Some("/users/{id}")); // Counts nothing.
    ///     200
    /// });
    /// request.answered(status); // As `/users/{id}`.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn watch<T>(&mut self, inner: impl FnOnce() -> T) -> T {
        struct Watch<'a>(&'a mut RequestGuard);

        impl Drop for Watch<'_> {
            fn drop(&mut self) {
                if let Some(route) = nesting::leave()
                    && *self.0.route.name == *UNMATCHED
                {
                    self.0.move_to(route);
                }
                if std::thread::panicking() {
                    self.0.panicked();
                }
            }
        }

        if self.presence == Presence::Nested {
            return inner();
        }
        nesting::enter(self.route.server());
        let _watch = Watch(self);
        inner()
    }

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
        self.answered_as(status, || None);
    }

    /// The head of the response is there, and says what the body is, if that is asked for.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// request.answered_as(200, || Some("text/event-stream"));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn answered_as<'a>(&mut self, status: u16, content_type: impl FnOnce() -> Option<&'a str>) {
        self.status = Some(status);
        if self.presence != Presence::Measured {
            return;
        }
        let options = &self.route.shared.options;
        if let Some(first_byte) = &self.route.handles().first_byte {
            first_byte.observe(self.started.elapsed());
        }
        if let Some(trace) = options.exemplars.and_then(|exemplars| exemplars.current()) {
            self.exemplar = Some(KeptLabels::Trace(trace));
        }
        if self.grpc.is_some() || !options.streams.is_empty() {
            let content_type = content_type().unwrap_or_default();
            self.is_stream = options.is_stream(content_type);
            if self.grpc.is_some() && !grpc::is_grpc(content_type) {
                self.grpc = Some(Grpc::Foreign);
            }
        }
        if let Some(upgrade) = &self.upgrade
            && self.is_upgraded()
        {
            upgrade.count();
        }
    }

    /// The request has this content type: if it is gRPC's, the call has a gRPC status.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// let mut call = http.start("POST", Some("/shop.Orders/Place"));
    /// call.asked_as("application/grpc");
    /// call.answered_as(200, || Some("application/grpc"));
    /// call.grpc_status("5"); // `grpc_requests_total{code="NOT_FOUND"}`.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn asked_as(&mut self, content_type: &str) {
        if grpc::is_grpc(content_type) {
            self.grpc = Some(Grpc::Called);
        }
    }

    /// The `grpc-status` of the head or of the trailers.
    ///
    /// # Examples
    ///
    /// See [`asked_as`](Self::asked_as).
    pub fn grpc_status(&mut self, text: &str) {
        if let Some(grpc @ (Grpc::Called | Grpc::Said(_))) = &mut self.grpc {
            *grpc = Grpc::Said(GrpcCode::of(text));
        }
    }

    /// Whether the request is a gRPC call, so that its trailers are worth a look.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// assert!(!http.start("POST", None).is_grpc());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn is_grpc(&self) -> bool {
        self.grpc.is_some()
    }

    /// The value of an extra label of this request; without effect if the options have no label of
    /// this type. The last word counts.
    ///
    /// # Examples
    ///
    /// See [`HttpServerBuilder::label`](super::HttpServerBuilder::label).
    pub fn label<T: LabelValue + 'static>(&mut self, value: &T) {
        let extras = &self.route.shared.options.extras;
        let of = TypeId::of::<T>();
        if let Some(index) = extras.iter().position(|extra| extra.of == of) {
            self.extras[index] = u16::try_from(value.index()).unwrap_or(u16::MAX);
        }
    }

    /// The request has this `traceparent` header. Without effect if the options ask for no
    /// exemplars, if the header is not as it should be, or if the trace is not sampled.
    ///
    /// # Examples
    ///
    /// See [`HttpServerBuilder::exemplars`](super::HttpServerBuilder::exemplars).
    pub fn traced(&mut self, traceparent: &str) {
        if let Some(exemplars) = &self.route.shared.options.exemplars
            && let Some(trace) = exemplars.admit(TraceContext::parse(traceparent))
        {
            self.exemplar = Some(KeptLabels::Trace(trace));
        }
    }

    /// What the count and the duration of this request point to, if the options ask for exemplars
    /// and it [fits](Exemplar::fits). The last word counts.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, families::HttpServer};
    ///
    /// let http = HttpServer::builder().exemplars().register(&Registry::new())?;
    /// let mut request = http.start("POST", Some("/orders"));
    /// request.exemplar(&[("request", "8f3a")]);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn exemplar<'e>(&mut self, exemplar: impl Into<Exemplar<'e>>) {
        if self.route.shared.options.exemplars.is_some()
            && let Some(labels) = KeptLabels::of(&exemplar.into())
        {
            self.exemplar = Some(labels);
        }
    }

    /// The bytes of the request body are counted here. Only the option `request_size` makes
    /// something of it, and only of requests of which it is known.
    ///
    /// # Examples
    ///
    /// See [`ReceivedBytes`].
    pub fn receiving(&mut self) -> ReceivedBytes {
        let bytes = ReceivedBytes::default();
        self.received = Received::Counted(bytes.clone());
        bytes
    }

    /// The request has no body.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// let mut request = http.start("GET", None);
    /// request.receives_nothing();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn receives_nothing(&mut self) {
        self.received = Received::Nothing;
    }

    /// So many bytes of the response body were handed over.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// request.sent(8192);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn sent(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes as u64);
    }

    /// The request asks to leave HTTP. It counts as an upgrade when it is answered with `101`, or a
    /// `CONNECT` with `2xx`; who serves the connection then opens what this returns.
    ///
    /// # Examples
    ///
    /// See [`Upgrade`].
    pub fn upgrade(&mut self, protocol: Protocol) -> Upgrade {
        let upgrade = Upgrade::new(&self.route, protocol);
        self.upgrade = Some(upgrade.clone());
        upgrade
    }

    /// Whether the response is the one with which a connection leaves HTTP.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// let mut request = http.start("CONNECT", None);
    /// request.answered(200);
    /// assert!(request.is_upgraded());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn is_upgraded(&self) -> bool {
        match self.status {
            Some(101) => true,
            Some(200..=299) => self.route.method == Method::Connect,
            _ => false,
        }
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
        // What follows an upgrade is a connection and no body.
        self.route.method == Method::Head
            || matches!(self.status, Some(100..=199 | 204 | 304))
            || self.is_upgraded()
    }

    /// The response has a body, of which the middleware tells.
    ///
    /// `promised` is how many bytes it will have, if the head says so or the body itself;
    /// `is_at_end`, whether nothing will come of it. Where there is nothing to come, or nothing that
    /// is sent, the request ends with this.
    ///
    /// # Examples
    ///
    /// See [`BodyGuard`].
    pub fn into_body(self, promised: Option<u64>, is_at_end: bool) -> BodyGuard {
        BodyGuard::new(self, promised, is_at_end)
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

    /// The handler or the body panicked. What panics within [`watch`](Self::watch) is noticed
    /// without being told.
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

    fn record(&self) {
        let route = &*self.route;
        let metrics = &route.shared.metrics;
        let handles = route.handles();
        let elapsed = self.started.elapsed();
        let status = self.status.unwrap_or(match self.end {
            End::Failed | End::Panicked => INTERNAL_SERVER_ERROR,
            End::Dropped | End::Complete => CLIENT_CLOSED_REQUEST,
        });
        let key = OutcomeKey {
            status,
            extras: self.extras,
        };
        match &self.exemplar {
            None => route.record(key, |outcome| {
                outcome.requests.inc();
                if !self.is_stream {
                    outcome.duration.observe(elapsed);
                }
            }),
            Some(labels) => self.record_with(key, elapsed, &Exemplar::kept(labels)),
        }
        let labels = route.labels();
        if let (true, Some(family)) = (self.is_stream, &metrics.stream_duration) {
            family.with(&Chosen(&labels)).observe(elapsed);
        }
        if let Some(size) = &handles.response_size {
            size.observe(self.sent);
        }
        if let Some(size) = &handles.request_size {
            match &self.received {
                Received::Unknown => {}
                Received::Nothing => size.observe(0),
                Received::Counted(bytes) => size.observe(bytes.0.load(Ordering::Relaxed)),
            }
        }
        if self.end == End::Panicked {
            metrics.panics.with(&Chosen(&labels)).inc();
        }
        let cause = match self.end {
            End::Complete => None,
            End::Dropped => Some(Cause::Cancelled),
            End::Failed => Some(Cause::Error),
            End::Panicked => Some(Cause::Panic),
        };
        if let (Some(cause), Some(_)) = (cause, self.status) {
            let [method, name] = labels;
            let labels = [method, name, Label::Closed(cause.index())];
            metrics.incomplete.with(&Chosen(&labels)).inc();
        }
        if let Some(grpc) = self.grpc {
            let code = match (grpc, self.end) {
                (Grpc::Said(code), _) => code,
                (Grpc::Foreign, _) => GrpcCode::of_http(status),
                (Grpc::Called, End::Dropped) => GrpcCode::Cancelled,
                (Grpc::Called, _) => GrpcCode::Unknown,
            };
            let labels = [labels[1], Label::Closed(code.index())];
            metrics.grpc.with(&Chosen(&labels)).inc();
        }
        // Last, so that who sees no request in flight sees all of them counted.
        handles.in_flight.dec();
    }
}

impl RequestGuard {
    /// Counts and observes, with what the numbers point to; the clock was read already.
    fn record_with(&self, key: OutcomeKey, elapsed: Duration, exemplar: &Exemplar<'_>) {
        let now = || self.started + elapsed;
        self.route.record(key, |outcome| {
            outcome.requests.add_at(1, exemplar, now);
            if !self.is_stream {
                outcome.duration.observe_at(elapsed.value(), exemplar, now);
            }
        });
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        if self.end == End::Dropped && std::thread::panicking() {
            self.end = End::Panicked;
        }
        if self.presence == Presence::Measured {
            self.record();
        }
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
