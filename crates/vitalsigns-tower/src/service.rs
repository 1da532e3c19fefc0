//! The service: starts the guard of each request.

use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{Method, Request, Response, Version};
use http_body::Body;
use tower_service::Service;
use vitalsigns::families::HttpServer;
use vitalsigns::families::http::{Protocol, RequestGuard};

use crate::body::MeasuredBody;
use crate::extensions::ExtensionLabels;
use crate::future::ResponseFuture;
use crate::request_body::{AsIs, Counted, CountedBody};
use crate::route::route_of;
use crate::self_test::Unmeasured;

/// Measures the requests of an inner service; made by [`MetricsLayer`](crate::MetricsLayer).
///
/// # Examples
///
/// ```
/// use tower::service_fn;
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_tower::MetricsService;
///
/// # async fn answer(_: http::Request<String>) -> Result<http::Response<String>, std::io::Error> {
/// #     Ok(http::Response::new(String::new()))
/// # }
/// let http = HttpServer::register(&Registry::new())?;
/// let service = MetricsService::new(service_fn(answer), http);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Debug)]
pub struct MetricsService<S, M = AsIs> {
    inner: S,
    http: HttpServer,
    labels: ExtensionLabels,
    bodies: PhantomData<fn() -> M>,
}

impl<S> MetricsService<S> {
    /// Measures the requests of `inner`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(inner: S, http: HttpServer) -> Self {
        MetricsService::from_parts(inner, http, ExtensionLabels::default())
    }
}

impl<S, M> MetricsService<S, M> {
    pub(crate) fn from_parts(inner: S, http: HttpServer, labels: ExtensionLabels) -> Self {
        MetricsService {
            inner,
            http,
            labels,
            bodies: PhantomData,
        }
    }

    /// The guard of a request, unless it is one of the self-test.
    #[inline]
    fn start<B>(&self, request: &mut Request<B>) -> Option<RequestGuard> {
        if request.extensions().get::<Unmeasured>().is_some() {
            return None;
        }
        let mut guard = self
            .http
            .start(request.method().as_str(), route_of(request));
        self.labels.find(request.extensions(), &mut guard);
        let headers = request.headers();
        if *request.method() == Method::POST
            && request.version() == Version::HTTP_2
            && let Some(content_type) = headers.get(CONTENT_TYPE)
        {
            guard.asked_as(content_type.to_str().unwrap_or_default());
        }
        if self.http.keeps_exemplars()
            && let Some(header) = traceparent(headers)
        {
            guard.traced(header);
        }
        if let Some(protocol) = upgrade(request) {
            let upgrade = guard.upgrade(protocol);
            request.extensions_mut().insert(upgrade);
        }
        Some(guard)
    }

    // A request is large: who calls has it moved once.
    #[inline]
    fn answer<Q, F>(&mut self, request: Q, mut guard: RequestGuard) -> ResponseFuture<F>
    where
        S: Service<Q, Future = F>,
    {
        let future = guard.watch(|| self.inner.call(request));
        ResponseFuture::new(future, Some(guard), self.labels.clone())
    }

    #[cold]
    fn unmeasured<Q, F>(&mut self, request: Q) -> ResponseFuture<F>
    where
        S: Service<Q, Future = F>,
    {
        ResponseFuture::new(self.inner.call(request), None, ExtensionLabels::default())
    }
}

impl<S: Clone, M> Clone for MetricsService<S, M> {
    fn clone(&self) -> Self {
        MetricsService::from_parts(self.inner.clone(), self.http.clone(), self.labels.clone())
    }
}

impl<S, B, R> Service<Request<B>> for MetricsService<S, AsIs>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<MeasuredBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // Waiting for the inner service to be ready is back-pressure, not part of a request.
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // Started before the inner service is called, so that a panic in there is seen as well.
        match self.start(&mut request) {
            Some(guard) => self.answer(request, guard),
            None => self.unmeasured(request),
        }
    }
}

impl<S, B, R> Service<Request<B>> for MetricsService<S, Counted>
where
    S: Service<Request<CountedBody<B>>, Response = Response<R>>,
    B: Body,
    R: Body,
{
    type Response = Response<MeasuredBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let Some(mut guard) = self.start(&mut request) else {
            return self.unmeasured(request.map(|body| CountedBody::new(body, None)));
        };
        let bytes = if request.body().is_end_stream() {
            guard.receives_nothing();
            None
        } else {
            let is_asked = self.http.measures_request_size();
            is_asked.then(|| guard.receiving())
        };
        self.answer(request.map(|body| CountedBody::new(body, bytes)), guard)
    }
}

/// Where the request belongs in a trace. Two headers contradict each other, so they say nothing.
fn traceparent(headers: &HeaderMap) -> Option<&str> {
    const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
    let mut all = headers.get_all(TRACEPARENT).into_iter();
    match (all.next(), all.next()) {
        (Some(header), None) => header.to_str().ok(),
        _ => None,
    }
}

/// What the connection will speak if the answer to this request lets it leave HTTP.
#[inline]
fn upgrade<B>(request: &Request<B>) -> Option<Protocol> {
    let headers = request.headers();
    if *request.method() == Method::CONNECT {
        // WebSocket over HTTP/2 is an extended CONNECT.
        return Some(match headers.contains_key(SEC_WEBSOCKET_VERSION) {
            true => Protocol::WebSocket,
            false => Protocol::Connect,
        });
    }
    // Only this version can be left; an older one ignores the header.
    if request.version() != Version::HTTP_11 {
        return None;
    }
    let name = headers.get(UPGRADE)?.to_str().ok()?;
    Some(Protocol::of(name))
}
