//! The service: starts the guard of each request.

use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, forward_ready};
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, SEC_WEBSOCKET_VERSION, UPGRADE};
use actix_web::http::{Method, Version};
use actix_web::{Error, HttpMessage};
use vitalsigns::families::HttpServer;
use vitalsigns::families::http::{Protocol, RequestGuard, Upgrade};

use crate::body::MeasuredBody;
use crate::extensions::ExtensionLabels;
use crate::future::{Pending, ResponseFuture};
use crate::request_body::counted;
use crate::route::{Guess, Route, Routes};
use crate::self_test::Unmeasured;

/// Measures the requests of an inner service; made by
/// [`MetricsMiddleware`](crate::MetricsMiddleware), one for each worker.
///
/// # Examples
///
/// ```
/// use actix_web::{Error, body::MessageBody, dev::{Service, ServiceRequest, ServiceResponse}};
/// use vitalsigns_actix::{MeasuredBody, MetricsService};
///
/// fn is_a_service<S, B>(
///     service: MetricsService<S>,
/// ) -> impl Service<ServiceRequest, Response = ServiceResponse<MeasuredBody<B>>, Error = Error>
/// where
///     S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
///     B: MessageBody,
/// {
///     service
/// }
/// ```
#[derive(Debug)]
pub struct MetricsService<S> {
    inner: S,
    http: HttpServer,
    shared: Rc<Shared>,
}

/// What the service shares with the requests that are on their way.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) labels: ExtensionLabels,
    pub(crate) routes: Routes,
}

impl<S> MetricsService<S> {
    pub(crate) fn new(inner: S, http: HttpServer, shared: Rc<Shared>) -> Self {
        MetricsService {
            inner,
            http,
            shared,
        }
    }

    /// The guard of a request and its route as far as it is known, unless it is one of the
    /// self-test.
    fn start(&self, request: &ServiceRequest) -> Option<(RequestGuard, Guess)> {
        let extensions = request.extensions();
        if extensions.get::<Unmeasured>().is_some() {
            return None;
        }
        let method = request.method().as_str();
        let (guess, mut guard) = match extensions.get::<Route>() {
            Some(route) => {
                let guard = self.http.start(method, Some(route.pattern()));
                (Guess::Said, guard)
            }
            None => self
                .shared
                .routes
                .guess(request.request(), |route| self.http.start(method, route)),
        };
        self.shared.labels.find(&extensions, &mut guard);
        if *request.method() == Method::POST
            && request.version() == Version::HTTP_2
            && let Some(content_type) = request.headers().get(CONTENT_TYPE)
        {
            guard.asked_as(content_type.to_str().unwrap_or_default());
        }
        if self.http.keeps_exemplars()
            && let Some(header) = traceparent(request.headers())
        {
            guard.traced(header);
        }
        Some((guard, guess))
    }

    /// Sees to it that the bytes of the request body are counted, where that is asked for.
    fn receive(&self, request: &mut ServiceRequest, guard: &mut RequestGuard) {
        if !self.http.measures_request_size() {
            return;
        }
        match request.take_payload() {
            Payload::None => guard.receives_nothing(),
            payload => request.set_payload(counted(payload, guard.receiving())),
        }
    }
}

impl<S, B> Service<ServiceRequest> for MetricsService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<MeasuredBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    // Waiting for the inner service to be ready is back-pressure, not part of a request.
    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        // Started before the inner service is called, so that a panic in there is seen as well.
        let Some((mut guard, guess)) = self.start(&request) else {
            return ResponseFuture::unmeasured(self.inner.call(request));
        };
        self.receive(&mut request, &mut guard);
        let upgrade = upgrade(&request, &mut guard);
        let mut pending = Pending::new(guard, guess, upgrade, &self.shared);
        let future = pending.watch(|| self.inner.call(request));
        ResponseFuture::new(future, pending)
    }
}

/// Where the request belongs in a trace. Two headers contradict each other, so they say nothing.
fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all("traceparent");
    match (all.next(), all.next()) {
        (Some(header), None) => header.to_str().ok(),
        _ => None,
    }
}

/// What becomes of the connection if the answer to this request lets it leave HTTP.
fn upgrade(request: &ServiceRequest, guard: &mut RequestGuard) -> Option<Upgrade> {
    let headers = request.headers();
    let protocol = if *request.method() == Method::CONNECT {
        // WebSocket over HTTP/2 is an extended CONNECT.
        match headers.contains_key(SEC_WEBSOCKET_VERSION) {
            true => Protocol::WebSocket,
            false => Protocol::Connect,
        }
    } else {
        Protocol::of(headers.get(UPGRADE)?.to_str().ok()?)
    };
    Some(guard.upgrade(protocol))
}
