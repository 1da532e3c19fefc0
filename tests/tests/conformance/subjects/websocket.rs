//! The server's side of a WebSocket that echoes, as far as RFC 6455 is needed for that.

use http::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use vitalsigns::families::http::Upgrade;

use crate::reply::{Content, Reply};

/// The answer to the sample key of the RFC, which is the key that all clients here send.
pub(super) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const ACCEPTED: Reply = Reply::new(101, Content::Empty).with(&[
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-accept", ACCEPT),
]);
pub(super) const REFUSED: Reply = Reply::status(426).with(&[("sec-websocket-version", "13")]);

const CLOSE: u8 = 0x88;

/// Takes over the connection of the request, if it asks for that as it should.
pub(crate) fn accept<B>(request: &mut Request<B>) -> Reply {
    let has = |name, value| {
        request
            .headers()
            .get(name)
            .is_some_and(|found| found == value)
    };
    let is_tunnel = request.method() == Method::CONNECT;
    let asks = is_tunnel || has("upgrade", "websocket");
    if !asks || !has("sec-websocket-version", "13") {
        return REFUSED;
    }
    let measured = request.extensions_mut().remove::<Upgrade>();
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let _open = measured.map(|measured| measured.open());
        if let Ok(connection) = upgrade.await {
            // A client that leaves without a word is none of our business here.
            let _ = echo(TokioIo::new(connection)).await;
        }
    });
    if is_tunnel {
        Reply::status(200)
    } else {
        ACCEPTED
    }
}

/// Sends each frame back, until one closes.
pub(crate) async fn echo(mut io: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    loop {
        let mut head = [0; 6];
        io.read_exact(&mut head).await?;
        // A client masks; the length of a short frame is in the second byte.
        let [kind, length, mask @ ..] = head;
        let mut payload = vec![0; usize::from(length & 0x7f)];
        io.read_exact(&mut payload).await?;
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        io.write_all(&[kind, length & 0x7f]).await?;
        io.write_all(&payload).await?;
        if kind == CLOSE {
            return io.shutdown().await;
        }
    }
}
