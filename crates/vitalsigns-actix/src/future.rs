//! The response future: sees the head, an error, a panic, or that it is dropped before any.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CONTENT_TYPE, HeaderName};
use actix_web::{Error, HttpMessage};
use pin_project_lite::pin_project;
use vitalsigns::families::http::{RequestGuard, Upgrade};

use crate::body::MeasuredBody;
use crate::route::Route;
use crate::service::Shared;

/// The status of a gRPC call in the head.
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

pin_project! {
    /// Response future of [`MetricsService`](crate::MetricsService).
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_web::{Error, body::MessageBody, dev::ServiceResponse};
    /// use vitalsigns_actix::ResponseFuture;
    ///
    /// fn is_a_future<F, B>(future: ResponseFuture<F>) -> impl Future
    /// where
    ///     F: Future<Output = Result<ServiceResponse<B>, Error>>,
    ///     B: MessageBody,
    /// {
    ///     future
    /// }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // `Some` until the head is there: a drop before that counts as 499.
        guard: Option<RequestGuard>,
        upgrade: Option<Upgrade>,
        shared: Rc<Shared>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(
        inner: F,
        guard: Option<RequestGuard>,
        upgrade: Option<Upgrade>,
        shared: &Rc<Shared>,
    ) -> Self {
        ResponseFuture {
            inner,
            guard,
            upgrade,
            shared: Rc::clone(shared),
        }
    }
}

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<MeasuredBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(guard) = this.guard else {
            let result = ready!(this.inner.poll(cx));
            let pass = |response: ServiceResponse<B>| {
                response.map_body(|_, body| MeasuredBody::unmeasured(body))
            };
            return Poll::Ready(result.map(pass));
        };
        let result = ready!(guard.watch(|| this.inner.poll(cx)));
        let Some(mut guard) = this.guard.take() else {
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(response) => {
                answered(&response, this.shared, &mut guard);
                let upgrade = this.upgrade.take();
                Ok(response.map_body(|head, body| MeasuredBody::of(head, body, guard, upgrade)))
            }
            Err(error) => {
                // What the client will get. To ask for the whole response would use it up: an error
                // may hold one that can be taken once.
                guard.answered(error.as_response_error().status_code().as_u16());
                guard.complete();
                Err(error)
            }
        })
    }
}

fn answered<B>(response: &ServiceResponse<B>, shared: &Shared, guard: &mut RequestGuard) {
    let request = response.request();
    let status = response.status().as_u16();
    {
        let extensions = request.extensions();
        match extensions.get::<Route>() {
            Some(route) => guard.matched(Some(route.pattern())),
            None => shared
                .routes
                .matched(request, status, |route| guard.matched(route)),
        }
        shared.labels.find(&extensions, guard);
    }
    if !shared.labels.is_empty() {
        shared.labels.find(&response.response().extensions(), guard);
    }
    let headers = response.headers();
    guard.answered_as(status, || headers.get(CONTENT_TYPE)?.to_str().ok());
    if guard.is_grpc()
        && let Some(status) = headers.get(GRPC_STATUS)
    {
        guard.grpc_status(status.to_str().unwrap_or_default());
    }
}
