//! The request body, counted on its way to the service.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_core::Stream;
use vitalsigns::families::http::ReceivedBytes;

/// The same payload, whose bytes are counted as they are read.
pub(crate) fn counted(payload: Payload, bytes: ReceivedBytes) -> Payload {
    Payload::Stream {
        payload: Box::pin(Counted { payload, bytes }),
    }
}

struct Counted {
    payload: Payload,
    bytes: ReceivedBytes,
}

impl Stream for Counted {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(Pin::new(&mut self.payload).poll_next(cx));
        if let Some(Ok(bytes)) = &next {
            self.bytes.add(bytes.len());
        }
        Poll::Ready(next)
    }
}
