//! The service: starts the guard of each request.

use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;
use vitalsigns::families::HttpServer;

use crate::body::MeasuredBody;
use crate::future::ResponseFuture;
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
#[derive(Clone, Debug)]
pub struct MetricsService<S> {
    inner: S,
    http: HttpServer,
}

impl<S> MetricsService<S> {
    /// Measures the requests of `inner`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(inner: S, http: HttpServer) -> Self {
        MetricsService { inner, http }
    }
}

impl<S, B, R> Service<Request<B>> for MetricsService<S>
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

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let measured = request.extensions().get::<Unmeasured>().is_none();
        // Started before the inner service is called, so that a panic in there is seen as well.
        let guard = measured.then(|| {
            self.http
                .start(request.method().as_str(), route_of(&request))
        });
        ResponseFuture::new(self.inner.call(request), guard)
    }
}
