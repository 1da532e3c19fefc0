//! Bodies as actix polls them.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use http_body::Body as _;

use crate::body::Scripted;

/// A stream that does what its parts say; what is a trailer to others is nothing here, because
/// actix has none.
pub(super) struct Stream {
    scripted: Scripted,
    /// What the head promises, if it does.
    length: Option<u64>,
}

impl Stream {
    pub(super) fn new(scripted: Scripted, length: Option<u64>) -> Self {
        Stream { scripted, length }
    }
}

impl MessageBody for Stream {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        match self.length {
            Some(length) => BodySize::Sized(length),
            None => BodySize::Stream,
        }
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            match ready!(Pin::new(&mut self.scripted).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// A body whose type nobody needs to know. It is polled as it is: actix's own would at once take
/// all the bytes out of a body that has them.
pub(super) struct AnyBody(Pin<Box<dyn Polled>>);

impl AnyBody {
    pub(super) fn new(body: impl MessageBody + 'static) -> Self {
        AnyBody(Box::pin(body))
    }
}

trait Polled {
    fn length(&self) -> BodySize;

    fn next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Box<dyn Error>>>>;
}

impl<B: MessageBody> Polled for B {
    fn length(&self) -> BodySize {
        self.size()
    }

    fn next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Box<dyn Error>>>> {
        let next = ready!(self.poll_next(cx));
        Poll::Ready(next.map(|next| next.map_err(Into::into)))
    }
}

impl MessageBody for AnyBody {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.0.length()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.0.as_mut().next(cx)
    }
}
