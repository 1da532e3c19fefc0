//! The response body: sees its end, an error, a panic, or that it is dropped before any.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use vitalsigns::families::http::{BodyGuard, RequestGuard};

use crate::future::GRPC_STATUS;

pin_project! {
    /// A response body that ends the measurement of its request when it ends.
    ///
    /// Frames, trailers, errors, the size hint and the end of the stream pass unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use http_body::Body;
    /// use vitalsigns_tower::MeasuredBody;
    ///
    /// let body = MeasuredBody::<String>::default();
    /// assert!(body.is_end_stream());
    /// ```
    #[derive(Debug, Default)]
    pub struct MeasuredBody<B> {
        #[pin]
        inner: B,
        guard: BodyGuard,
    }
}

impl<B> MeasuredBody<B> {
    pub(crate) fn unmeasured(inner: B) -> Self {
        MeasuredBody {
            inner,
            guard: BodyGuard::default(),
        }
    }
}

impl<B: Body> MeasuredBody<B> {
    #[inline]
    pub(crate) fn of(response: Response<B>, guard: RequestGuard) -> Response<Self> {
        // Without a word in the head, servers promise what the body itself says that it has.
        let promised = content_length(response.headers());
        response.map(|inner| {
            let promised = promised.or_else(|| inner.size_hint().exact());
            let guard = guard.into_body(promised, inner.is_end_stream());
            MeasuredBody { inner, guard }
        })
    }
}

impl<B: Body> Body for MeasuredBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.guard.watch(|| this.inner.as_mut().poll_frame(cx)));
        match &frame {
            None => this.guard.end(),
            Some(Err(_)) => this.guard.failed(),
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    this.guard
                        .data(data.remaining(), this.inner.is_end_stream());
                } else if let Some(trailers) = frame.trailers_ref() {
                    this.guard
                        .trailers(|| trailers.get(GRPC_STATUS)?.to_str().ok());
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// How long the body will be, if the head says so.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
