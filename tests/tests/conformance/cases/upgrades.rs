//! Upgrades to WebSocket: one is a request that ends with its head, whatever follows.

use crate::case::{Case, case};
use crate::client::{At, Connection};
use crate::difference::Change::{Request, Upgrade};

/// The request for an upgrade, with the sample key of RFC 6455.
fn handshake(path: &str, version: u8) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: {version}\r\n\r\n"
    )
}

/// A frame as a client sends it, masked with zeros, and as it comes back.
fn frames(kind: u8, payload: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let length = u8::try_from(payload.len()).expect("a frame is short");
    let sent = [&[kind, 0x80 | length, 0, 0, 0, 0], payload].concat();
    let echoed = [&[kind, length], payload].concat();
    (sent, echoed)
}

async fn echo(client: &mut Connection, kind: u8, payload: &[u8]) {
    let (sent, echoed) = frames(kind, payload);
    client.send_bytes(&sent).await;
    assert_eq!(client.take(echoed.len()).await, echoed);
}

/// Reads so many bytes of a stream.
async fn take(body: &mut h2::RecvStream, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < count {
        let chunk = body.data().await.expect("the stream goes on");
        bytes.extend(chunk.expect("the stream goes on"));
    }
    bytes
}

const NO_EXTENDED_CONNECT: &str = "the HTTP/2 of actix does not offer extended CONNECT";

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

pub(super) fn cases() -> Vec<Case> {
    let upgraded = [
        Request("GET", "/socket", 101),
        Upgrade("/socket", "websocket"),
    ];
    vec![
        case("a WebSocket that is closed", |at: At| async move {
            let mut client = at.send(&handshake("/socket", 13)).await;
            assert_eq!(client.head().await.status, 101);
            // The request has ended, the connection goes on.
            at.counted(1).await;
            echo(&mut client, TEXT, b"one").await;
            echo(&mut client, TEXT, b"two").await;
            echo(&mut client, CLOSE, &[]).await;
            assert_eq!(client.rest().await, "");
        })
        .makes(upgraded),
        case("a WebSocket whose client leaves", |at: At| async move {
            let mut client = at.send(&handshake("/socket", 13)).await;
            assert_eq!(client.head().await.status, 101);
            echo(&mut client, TEXT, b"one").await;
        })
        .makes(upgraded),
        case(
            "a WebSocket whose server is gone at once",
            |at: At| async move {
                let mut client = at.send(&handshake("/socket", 13)).await;
                assert_eq!(client.head().await.status, 101);
                echo(&mut client, TEXT, b"one").await;
                at.abort().await;
                assert_eq!(client.rest().await, "");
            },
        )
        .makes(upgraded),
        case("h2: a WebSocket that is closed", |at: At| async move {
            let mut client = at.h2().await;
            let (answer, mut stream) = client.websocket("/socket", 13).await;
            let answer = answer.await.expect("a head");
            assert_eq!(answer.status(), 200);
            at.counted(1).await;
            let mut body = answer.into_body();
            for (kind, payload) in [(TEXT, &b"one"[..]), (TEXT, b"two"), (CLOSE, b"")] {
                let (sent, echoed) = frames(kind, payload);
                stream.send_data(sent.into(), kind == CLOSE).expect("open");
                assert_eq!(take(&mut body, echoed.len()).await, echoed);
            }
        })
        .makes([
            Request("CONNECT", "/socket", 200),
            Upgrade("/socket", "websocket"),
        ])
        .except("actix", NO_EXTENDED_CONNECT),
        case("h2: a WebSocket whose client leaves", |at: At| async move {
            let mut client = at.h2().await;
            let (answer, _stream) = client.websocket("/socket", 13).await;
            assert_eq!(answer.await.expect("a head").status(), 200);
            at.counted(1).await;
        })
        .makes([
            Request("CONNECT", "/socket", 200),
            Upgrade("/socket", "websocket"),
        ])
        .except("actix", NO_EXTENDED_CONNECT),
        case("h2: a WebSocket that is refused", |at: At| async move {
            let mut client = at.h2().await;
            let (answer, _stream) = client.websocket("/socket", 12).await;
            assert_eq!(answer.await.expect("a head").status(), 426);
            at.counted(1).await;
        })
        .makes([Request("CONNECT", "/socket", 426)])
        .except("actix", NO_EXTENDED_CONNECT),
        case(
            "h2: a WebSocket where there is no extended CONNECT",
            |at: At| async move {
                let mut client = at.frames().await;
                client.websocket(1, "/socket").await;
                assert!(client.was_reset(1).await);
            },
        )
        .only("actix", NO_EXTENDED_CONNECT),
        case("h2: CONNECT to another host", |at: At| async move {
            // Without the path, which a tunnel does not have.
            let answer = at.h2().await.fetch("CONNECT", "", &[]).await;
            assert_eq!(answer.status, 404);
        })
        .makes([Request("CONNECT", "unmatched", 404)]),
        case("an upgrade that is refused", |at: At| async move {
            let mut client = at.send(&handshake("/socket", 12)).await;
            assert_eq!(client.answer().await.status, 426);
        })
        .makes([Request("GET", "/socket", 426)]),
        case("an upgrade that nobody takes up", |at: At| async move {
            let mut client = at.send(&handshake("/things", 13)).await;
            assert_eq!(client.answer().await.text(), "fine");
        })
        .makes([Request("GET", "/things", 200)]),
    ]
}
