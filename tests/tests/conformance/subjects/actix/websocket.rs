//! A WebSocket on actix: what comes is the body of the request, what goes is that of the response.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{SEC_WEBSOCKET_VERSION, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_core::Stream as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::super::websocket::{self, ACCEPT, REFUSED};
use super::handlers::answer;

/// Takes over the connection of the request, if it asks for that as it should.
pub(super) fn accept(request: &HttpRequest, payload: web::Payload) -> HttpResponse {
    let has = |name, value| {
        let found = request.headers().get(name);
        found.is_some_and(|found| found == value)
    };
    if !has(UPGRADE, "websocket") || !has(SEC_WEBSOCKET_VERSION, "13") {
        return answer(REFUSED);
    }
    let (sender, receiver) = unbounded_channel();
    let connection = Connection {
        payload,
        rest: Bytes::new(),
        sender: Some(sender),
    };
    actix_web::rt::spawn(async {
        // A client that leaves without a word is none of our business here.
        let _ = websocket::echo(connection).await;
    });
    HttpResponse::SwitchingProtocols()
        .upgrade("websocket")
        .insert_header(("sec-websocket-accept", ACCEPT))
        .body(Sent(receiver))
}

struct Connection {
    payload: web::Payload,
    /// What was received and is not read yet.
    rest: Bytes,
    sender: Option<UnboundedSender<Bytes>>,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.payload).poll_next(cx)) {
                Some(Ok(bytes)) => self.rest = bytes,
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => return Poll::Ready(Ok(())),
            }
        }
        let count = self.rest.len().min(into.remaining());
        into.put_slice(&self.rest.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = self
            .sender
            .as_ref()
            .is_some_and(|sender| sender.send(Bytes::copy_from_slice(bytes)).is_ok());
        Poll::Ready(match sent {
            true => Ok(bytes.len()),
            false => Err(io::ErrorKind::BrokenPipe.into()),
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.sender = None;
        Poll::Ready(Ok(()))
    }
}

/// The body of the response.
struct Sent(UnboundedReceiver<Bytes>);

impl MessageBody for Sent {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        self.0.poll_recv(cx).map(|bytes| bytes.map(Ok))
    }
}
