//! The response future: sees the head, an error, a panic, or that it is dropped before any.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http::header::{CONTENT_TYPE, HeaderName};
use http_body::Body;
use pin_project_lite::pin_project;
use vitalsigns::families::http::RequestGuard;

use crate::body::MeasuredBody;
use crate::extensions::ExtensionLabels;

/// The status of a gRPC call, in the head or in the trailers.
pub(crate) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

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
        labels: ExtensionLabels,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, guard: Option<RequestGuard>, labels: ExtensionLabels) -> Self {
        ResponseFuture {
            inner,
            guard,
            labels,
        }
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
        let Some(guard) = this.guard else {
            let result = ready!(this.inner.poll(cx));
            return Poll::Ready(result.map(|response| response.map(MeasuredBody::unmeasured)));
        };
        let result = ready!(guard.watch(|| this.inner.poll(cx)));
        let Some(mut guard) = this.guard.take() else {
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(response) => {
                answered(&response, &mut guard);
                this.labels.find(response.extensions(), &mut guard);
                Ok(MeasuredBody::of(response, guard))
            }
            Err(error) => {
                guard.failed();
                Err(error)
            }
        })
    }
}

fn answered<R>(response: &Response<R>, guard: &mut RequestGuard) {
    let headers = response.headers();
    guard.answered_as(response.status().as_u16(), || {
        headers.get(CONTENT_TYPE)?.to_str().ok()
    });
    if guard.is_grpc()
        && let Some(status) = headers.get(GRPC_STATUS)
    {
        guard.grpc_status(status.to_str().unwrap_or_default());
    }
}
