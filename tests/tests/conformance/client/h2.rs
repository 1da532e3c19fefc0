//! HTTP/2 with prior knowledge.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::ext::Protocol;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A connection; it closes, whatever is on it, when this is dropped.
pub(crate) struct H2 {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<()>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
}

impl H2 {
    pub(crate) async fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the server listens");
        let handshake = h2::client::handshake(stream).await;
        let (requests, connection) = handshake.expect("the server speaks HTTP/2");
        let connection = tokio::spawn(async {
            let _ = connection.await;
        });
        H2 {
            requests,
            connection,
        }
    }

    /// Sends a head; the body follows on the stream, if there is one.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        has_body: bool,
    ) -> (ResponseFuture, SendStream<Bytes>) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://test{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("the request is one");
        self.open(request, !has_body).await
    }

    async fn open(
        &mut self,
        request: Request<()>,
        is_all: bool,
    ) -> (ResponseFuture, SendStream<Bytes>) {
        let mut requests = self.requests.clone().ready().await.expect("there is room");
        requests
            .send_request(request, is_all)
            .expect("the connection is open")
    }

    /// Asks for a WebSocket by an extended `CONNECT`, as RFC 8441 has it.
    pub(crate) async fn websocket(
        &mut self,
        path: &str,
        version: u16,
    ) -> (ResponseFuture, SendStream<Bytes>) {
        // The server says in its settings that it can do that; they may be on their way.
        while !self.requests.is_extended_connect_protocol_enabled() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let request = Request::connect(format!("http://test{path}"))
            .extension(Protocol::from_static("websocket"))
            .header("sec-websocket-version", version)
            .body(())
            .expect("the request is one");
        self.open(request, false).await
    }

    /// The head of the answer to a `GET`, and a stream that can reset it.
    pub(crate) async fn get(&mut self, path: &str) -> (ResponseFuture, SendStream<Bytes>) {
        self.send("GET", path, &[], false).await
    }

    /// The body of the answer to a `GET`, whose first chunk is here, and a stream that can reset it.
    pub(crate) async fn begin(&mut self, path: &str) -> (RecvStream, SendStream<Bytes>) {
        let (answer, stream) = self.get(path).await;
        let mut body = answer.await.expect("a head").into_body();
        body.data().await.expect("a chunk").expect("a chunk");
        (body, stream)
    }

    /// Sends a request without body and reads the whole answer.
    pub(crate) async fn fetch(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answered {
        let (answer, _) = self.send(method, path, headers, false).await;
        read(answer.await.expect("there is a head"))
            .await
            .expect("there is a body")
    }
}

impl Drop for H2 {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Reads an answer to its end.
pub(crate) async fn read(answer: Response<RecvStream>) -> Result<Answered, h2::Error> {
    let (head, mut stream) = answer.into_parts();
    let mut body = Vec::new();
    while let Some(chunk) = stream.data().await {
        let chunk = chunk?;
        stream.flow_control().release_capacity(chunk.len())?;
        body.extend_from_slice(&chunk);
    }
    Ok(Answered {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
        trailers: stream.trailers().await?,
    })
}
