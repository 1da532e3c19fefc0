//! The response body: sees its end, an error, a panic, or that it is dropped before any.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use vitalsigns::families::http::RequestGuard;

use crate::panic_watch::PanicWatch;

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
        // `Some` until the body has ended: a drop before that counts as cut off.
        guard: Option<RequestGuard>,
        // How many bytes were promised and have not come yet, if any number was.
        promised: Option<u64>,
    }
}

impl<B: Body> MeasuredBody<B> {
    pub(crate) fn new(inner: B, mut guard: Option<RequestGuard>, promised: Option<u64>) -> Self {
        // Without a word in the head, servers promise what the body itself says that it has.
        let promised = promised.or_else(|| inner.size_hint().exact());
        if guard.as_ref().is_some_and(RequestGuard::ends_with_head) {
            end(&mut guard, None);
        } else if promised == Some(0) || inner.is_end_stream() {
            end(&mut guard, promised);
        }
        MeasuredBody {
            inner,
            guard,
            promised,
        }
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
        let frame = {
            let _watch = PanicWatch(this.guard);
            ready!(this.inner.as_mut().poll_frame(cx))
        };
        match &frame {
            None => end(this.guard, *this.promised),
            Some(Err(_)) => {
                if let Some(mut guard) = this.guard.take() {
                    guard.failed();
                }
            }
            // Servers stop polling when the stream says that it is at its end, when they have as
            // many bytes as were promised, and after trailers, which are the last frame.
            Some(Ok(frame)) => {
                if let (Some(promised), Some(data)) = (this.promised.as_mut(), frame.data_ref()) {
                    let bytes = u64::try_from(data.remaining()).unwrap_or(u64::MAX);
                    *promised = promised.saturating_sub(bytes);
                }
                let is_last = frame.is_trailers() || this.inner.is_end_stream();
                if is_last || *this.promised == Some(0) {
                    end(this.guard, *this.promised);
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

/// The body has come to its end; if bytes are missing that were promised, it has failed.
fn end(guard: &mut Option<RequestGuard>, missing: Option<u64>) {
    if let Some(mut guard) = guard.take() {
        match missing {
            None | Some(0) => guard.complete(),
            Some(_) => guard.failed(),
        }
    }
}
