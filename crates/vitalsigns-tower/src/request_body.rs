//! The request body: passes as it is, or is counted on its way to the service.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use vitalsigns::families::http::ReceivedBytes;

/// Request bodies pass as they are; their size is not measured.
///
/// # Examples
///
/// ```
/// use vitalsigns_tower::{AsIs, MetricsLayer};
///
/// fn the_usual_layer(layer: MetricsLayer) -> MetricsLayer<AsIs> {
///     layer
/// }
/// ```
#[derive(Debug)]
pub enum AsIs {}

/// What is read of request bodies is counted.
///
/// # Examples
///
/// ```
/// use vitalsigns_tower::{Counted, MetricsLayer};
///
/// fn with_sizes(layer: MetricsLayer) -> MetricsLayer<Counted> {
///     layer.counting_request_bodies()
/// }
/// ```
#[derive(Debug)]
pub enum Counted {}

pin_project! {
    /// A request body whose bytes are counted as they are read.
    ///
    /// Frames, trailers, errors, the size hint and the end of the stream pass unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use http_body::Body;
    /// use vitalsigns_tower::CountedBody;
    ///
    /// let body = CountedBody::<String>::default();
    /// assert!(body.is_end_stream());
    /// ```
    #[derive(Debug, Default)]
    pub struct CountedBody<B> {
        #[pin]
        inner: B,
        // `None` if there is nothing to count, or nobody who asks.
        bytes: Option<ReceivedBytes>,
    }
}

impl<B> CountedBody<B> {
    pub(crate) fn new(inner: B, bytes: Option<ReceivedBytes>) -> Self {
        CountedBody { inner, bytes }
    }
}

impl<B: Body> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        if let (Some(bytes), Some(Ok(frame))) = (this.bytes, &frame)
            && let Some(data) = frame.data_ref()
        {
            bytes.add(data.remaining());
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
