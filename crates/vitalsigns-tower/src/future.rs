//! The response future: sees the head, an error, a panic, or that it is dropped before any.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use vitalsigns::families::http::RequestGuard;

use crate::body::MeasuredBody;
use crate::panic_watch::PanicWatch;

pin_project! {
    /// Response future of [`MetricsService`](crate::MetricsService).
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_tower::ResponseFuture;
    ///
    /// fn is_a_future<F, R, E>(future: ResponseFuture<F>) -> impl Future
    /// where
    ///     F: Future<Output = Result<http::Response<R>, E>>,
    ///     R: http_body::Body,
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
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, guard: Option<RequestGuard>) -> Self {
        ResponseFuture { inner, guard }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<MeasuredBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = {
            let _watch = PanicWatch(this.guard);
            ready!(this.inner.poll(cx))
        };
        let mut guard = this.guard.take();
        Poll::Ready(match result {
            Ok(response) => {
                if let Some(guard) = &mut guard {
                    guard.answered(response.status().as_u16());
                }
                let promised = content_length(response.headers());
                Ok(response.map(|body| MeasuredBody::new(body, guard, promised)))
            }
            Err(error) => {
                if let Some(guard) = &mut guard {
                    guard.failed();
                }
                Err(error)
            }
        })
    }
}

/// How long the body will be, if the head says so.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
