//! One request on its way.

mod call;
mod end;
mod received;

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::method::Method;
use super::options::EXTRAS;
use super::route::{Route, Routes};
use super::upgrade::{Protocol, Upgrade};
use super::{BodyGuard, UNMATCHED, grpc, nesting};
use crate::exemplar::KeptLabels;
use crate::{Exemplar, LabelValue, TraceContext};

use call::Call;
use end::End;
use received::Received;
pub use received::ReceivedBytes;

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
    grpc: Option<Call>,
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
                self.grpc = Some(Call::Foreign);
            }
        }
        if let Some(upgrade) = &self.upgrade
            && self.is_upgraded()
        {
            upgrade.count();
        }
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
