//! One request on its way.

mod call;
mod end;
mod received;

use std::any::TypeId;
use std::fmt;
use std::num::NonZero;
use std::sync::Arc;

use super::method::Method;
use super::options::EXTRAS;
use super::routes::{HeldRoute, Hub};
use super::upgrade::{Protocol, Upgrade};
use super::{BodyGuard, UNMATCHED, grpc, nesting};
use crate::clock::Stopwatch;
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
    route: HeldRoute,
    started: Stopwatch,
    /// Bytes of the response body so far.
    sent: u64,
    rare: Option<Box<Rare>>,
    extras: [u16; EXTRAS],
    /// The status of the head, once there is one.
    status: Option<NonZero<u16>>,
    presence: Presence,
    end: End,
    received: Received,
    is_stream: bool,
    grpc: Option<Call>,
}

/// What most requests have none of; on its own, because a guard is moved often.
#[derive(Default)]
struct Rare {
    upgrade: Option<Upgrade>,
    /// What the numbers of this request point to.
    exemplar: Option<KeptLabels>,
    received: ReceivedBytes,
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
    pub(super) fn start(hub: &Arc<Hub>, method: Method, route: Option<&str>) -> Self {
        let server = hub.routes.identity();
        let is_nested = nesting::is_inside(server);
        let held = hub.route(method, route.unwrap_or(UNMATCHED));
        if is_nested && route.is_some() {
            nesting::tell(server, held.clone());
        }
        let presence = match is_nested {
            true => Presence::Nested,
            false => enter(&held),
        };
        RequestGuard {
            extras: held.shared().unsaid,
            route: held,
            started: Stopwatch::start(),
            sent: 0,
            rare: None,
            status: None,
            presence,
            end: End::Dropped,
            received: Received::Unknown,
            is_stream: false,
            grpc: None,
        }
    }

    #[cold]
    fn move_to(&mut self, route: HeldRoute) {
        if route.name == self.route.name {
            return;
        }
        // What was further in may have had another method; it tells the route alone.
        let route = match route.method == self.route.method {
            true => route,
            false => self.route.sibling(&route.name),
        };
        let before = std::mem::replace(&mut self.route, route);
        let was = self.presence;
        self.presence = enter(&self.route);
        if was == Presence::Measured {
            before.handles(before.shared()).leave(None);
        }
        if let Some(upgrade) = self.rare.as_ref().and_then(|rare| rare.upgrade.as_ref()) {
            upgrade.moved(&self.route);
        }
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
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
        let route = self.route.sibling(name);
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
    #[inline]
    pub fn watch<T>(&mut self, inner: impl FnOnce() -> T) -> T {
        let _watched = self.watched();
        // Called in one place, so that what is large in it is not moved.
        inner()
    }

    /// The request is called or polled for as long as this lives.
    #[inline]
    pub(super) fn watched(&mut self) -> Watched<'_> {
        if self.presence != Presence::Nested {
            nesting::enter(self.route.server());
        }
        Watched(self)
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
    #[inline]
    pub fn answered_as<'a>(&mut self, status: u16, content_type: impl FnOnce() -> Option<&'a str>) {
        // Neither 0 nor the greatest is a status: both count as `000`.
        self.status = Some(NonZero::new(status).unwrap_or(NonZero::<u16>::MAX));
        if self.presence != Presence::Measured {
            return;
        }
        let shared = self.route.shared();
        if shared.options.first_byte
            && let Some(first_byte) = &self.route.handles(shared).first_byte
        {
            first_byte.observe(self.started.elapsed());
        }
        if self.grpc.is_some() || !shared.options.streams.is_empty() {
            let content_type = content_type().unwrap_or_default();
            self.is_stream = shared.options.is_stream(content_type);
            if self.grpc.is_some() && !grpc::is_grpc(content_type) {
                self.grpc = Some(Call::Foreign);
            }
        }
        if let Some(exemplars) = &shared.options.exemplars
            && let Some(trace) = exemplars.current()
        {
            self.rare().exemplar = Some(KeptLabels::Trace(trace));
        }
        if let Some(rare) = &self.rare
            && let Some(upgrade) = &rare.upgrade
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
        let extras = &self.route.shared().options.extras;
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
        if let Some(exemplars) = &self.route.shared().options.exemplars
            && let Some(trace) = exemplars.admit(TraceContext::parse(traceparent))
        {
            self.rare().exemplar = Some(KeptLabels::Trace(trace));
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
        if self.route.shared().options.exemplars.is_some()
            && let Some(labels) = KeptLabels::of(&exemplar.into())
        {
            self.rare().exemplar = Some(labels);
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
        self.rare().upgrade = Some(upgrade.clone());
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
    #[inline]
    pub fn is_upgraded(&self) -> bool {
        match self.status.map(NonZero::get) {
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
    #[inline]
    pub fn ends_with_head(&self) -> bool {
        // What follows an upgrade is a connection and no body.
        self.route.method == Method::Head
            || matches!(self.status.map(NonZero::get), Some(100..=199 | 204 | 304))
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
    #[inline]
    pub fn into_body(self, promised: Option<u64>, is_at_end: bool) -> BodyGuard {
        BodyGuard::new(self, promised, is_at_end)
    }
}

/// A request that is being called or polled.
pub(super) struct Watched<'a>(&'a mut RequestGuard);

impl Drop for Watched<'_> {
    #[inline]
    fn drop(&mut self) {
        // A request that is nested stays so.
        if self.0.presence == Presence::Nested {
            return;
        }
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

/// A request is one of this route from now on.
#[inline]
fn enter(held: &HeldRoute) -> Presence {
    let route = &**held;
    if route.is_excluded {
        return Presence::Excluded;
    }
    route.handles(held.shared()).enter();
    Presence::Measured
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
