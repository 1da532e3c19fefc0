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
use crate::route::{Guess, Route};
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
        pending: Option<Pending>,
    }
}

/// A request that has no head of a response yet.
#[derive(Debug)]
pub(crate) struct Pending {
    /// `Some` until there is one.
    guard: Option<RequestGuard>,
    guess: Guess,
    upgrade: Option<Upgrade>,
    shared: Rc<Shared>,
}

impl Pending {
    pub(crate) fn new(
        guard: RequestGuard,
        guess: Guess,
        upgrade: Option<Upgrade>,
        shared: &Rc<Shared>,
    ) -> Self {
        Pending {
            guard: Some(guard),
            guess,
            upgrade,
            shared: Rc::clone(shared),
        }
    }

    /// Calls or polls what is inside of the middleware.
    pub(crate) fn watch<T>(&mut self, inner: impl FnOnce() -> T) -> T {
        match &mut self.guard {
            Some(guard) => guard.watch(inner),
            None => inner(),
        }
    }

    fn answered<B: MessageBody>(
        mut self,
        response: ServiceResponse<B>,
    ) -> ServiceResponse<MeasuredBody<B>> {
        let guard = self.guard.take().map(|mut guard| {
            self.tell(&response, &mut guard);
            guard
        });
        let upgrade = self.upgrade.take();
        response.map_body(|head, body| match guard {
            Some(guard) => MeasuredBody::of(head, body, guard, upgrade),
            None => MeasuredBody::unmeasured(body),
        })
    }

    /// Tells the guard what the head says.
    fn tell<B>(&self, response: &ServiceResponse<B>, guard: &mut RequestGuard) {
        let Shared { labels, routes } = &*self.shared;
        let request = response.request();
        let status = response.status().as_u16();
        {
            let extensions = request.extensions();
            match extensions.get::<Route>() {
                Some(route) => guard.matched(Some(route.pattern())),
                None => routes.matched(request, status, &self.guess, |route| guard.matched(route)),
            }
            labels.find(&extensions, guard);
        }
        if !labels.is_empty() {
            labels.find(&response.response().extensions(), guard);
        }
        let headers = response.headers();
        guard.answered_as(status, || headers.get(CONTENT_TYPE)?.to_str().ok());
        if guard.is_grpc()
            && let Some(status) = headers.get(GRPC_STATUS)
        {
            guard.grpc_status(status.to_str().unwrap_or_default());
        }
    }

    /// There is no response that says what was matched.
    fn tell_unanswered(&self, guard: &mut RequestGuard) {
        let routes = &self.shared.routes;
        routes.unanswered(&self.guess, |route| guard.matched(route));
    }

    /// There is an error in place of a response.
    fn failed(mut self, error: &Error) {
        if let Some(mut guard) = self.guard.take() {
            self.tell_unanswered(&mut guard);
            // What the client will get. To ask for the whole response would use it up: an error may
            // hold one that can be taken once.
            guard.answered(error.as_response_error().status_code().as_u16());
            guard.complete();
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            self.tell_unanswered(&mut guard);
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, pending: Pending) -> Self {
        ResponseFuture {
            inner,
            pending: Some(pending),
        }
    }

    pub(crate) fn unmeasured(inner: F) -> Self {
        ResponseFuture {
            inner,
            pending: None,
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
        let result = ready!(match this.pending {
            Some(pending) => pending.watch(|| this.inner.poll(cx)),
            None => this.inner.poll(cx),
        });
        Poll::Ready(match (result, this.pending.take()) {
            (Ok(response), Some(pending)) => Ok(pending.answered(response)),
            (Ok(response), None) => Ok(response.map_body(|_, body| MeasuredBody::unmeasured(body))),
            (Err(error), pending) => {
                pending
                    .into_iter()
                    .for_each(|pending| pending.failed(&error));
                Err(error)
            }
        })
    }
}
