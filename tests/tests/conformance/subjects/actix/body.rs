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

/// A body whose type nobody needs to know. It stays what it is until it is asked: actix's own would
/// at once take all the bytes out of a body that has them.
pub(super) struct AnyBody {
    /// Until it is polled for the first time.
    fresh: Option<Box<dyn Polled>>,
    polled: Option<Pin<Box<dyn Polled>>>,
}

impl AnyBody {
    pub(super) fn new(body: impl MessageBody + 'static) -> Self {
        AnyBody {
            fresh: Some(Box::new(body)),
            polled: None,
        }
    }
}

/// [`MessageBody`] for bodies of any type.
trait Polled {
    fn length(&self) -> BodySize;

    fn next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Box<dyn Error>>>>;

    fn into_bytes(self: Box<Self>) -> Result<Bytes, Box<dyn Polled>>;
}

impl<B: MessageBody + 'static> Polled for B {
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

    fn into_bytes(self: Box<Self>) -> Result<Bytes, Box<dyn Polled>> {
        (*self)
            .try_into_bytes()
            .map_err(|body| Box::new(body) as Box<dyn Polled>)
    }
}

impl MessageBody for AnyBody {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        let polled = self.polled.as_ref().map(|body| body.length());
        let fresh = self.fresh.as_ref().map(|body| body.length());
        polled.or(fresh).unwrap_or(BodySize::None)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(body) = self.fresh.take() {
            self.polled = Some(Box::into_pin(body));
        }
        match &mut self.polled {
            Some(body) => body.as_mut().next(cx),
            None => Poll::Ready(None),
        }
    }

    fn try_into_bytes(mut self) -> Result<Bytes, Self> {
        match self.fresh.take().map(Polled::into_bytes) {
            Some(Ok(bytes)) => Ok(bytes),
            Some(Err(body)) => {
                self.fresh = Some(body);
                Err(self)
            }
            None => Err(self),
        }
    }
}
