//! HTTP/2 as frames, for what no well-behaved client does.

use super::h1::Connection;

/// The type of a frame.
pub(crate) const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
/// The type of a frame.
pub(crate) const GOAWAY: u8 = 7;

/// The flags of a `HEADERS` frame that is all of a request.
const END_OF_STREAM_AND_HEADERS: u8 = 0x5;

/// The flags of a `HEADERS` frame that data may follow.
const END_OF_HEADERS: u8 = 0x4;

/// A connection on which the preface and the settings were sent.
pub(crate) struct Frames {
    connection: Connection,
}

impl Frames {
    pub(crate) async fn new(mut connection: Connection) -> Self {
        connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        let mut frames = Frames { connection };
        frames.send(SETTINGS, 0, 0, &[]).await;
        frames
    }

    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("a frame is short");
        let mut frame = length.to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.connection.send_bytes(&frame).await;
    }

    /// A `GET` for a path of fewer than 127 bytes.
    pub(crate) async fn get(&mut self, stream: u32, path: &str) {
        // From the static table: `:method: GET`, `:scheme: http`; then `:path` and `:authority`
        // with values of their own.
        let mut block = vec![0x82, 0x86, 0x04];
        block.push(u8::try_from(path.len()).expect("a path is short"));
        block.extend(path.as_bytes());
        block.extend([0x01, 4]);
        block.extend(b"test");
        self.send(HEADERS, END_OF_STREAM_AND_HEADERS, stream, &block)
            .await;
    }

    /// An extended `CONNECT` for a WebSocket, whether the server offers that or not.
    pub(crate) async fn websocket(&mut self, stream: u32, path: &str) {
        // `:method` from the static table, `:protocol`, `:scheme: http`, `:path`, `:authority`.
        let mut block = b"\x02\x07CONNECT\0\x09:protocol\x09websocket\x86\x04".to_vec();
        block.push(u8::try_from(path.len()).expect("a path is short"));
        block.extend(path.as_bytes());
        block.extend(b"\x01\x04test");
        self.send(HEADERS, END_OF_HEADERS, stream, &block).await;
    }

    /// Reads until the server resets this stream; false if the connection ends before.
    pub(crate) async fn was_reset(&mut self, stream: u8) -> bool {
        let stream = char::from(stream);
        self.saw(&format!("\0\0\x04\x03\0\0\0\0{stream}")).await
    }

    /// Reads until this text comes; false if the connection ends before.
    pub(crate) async fn saw(&mut self, text: &str) -> bool {
        self.connection.take_until(text).await.is_some()
    }

    /// Reads until the server ends the connection.
    pub(crate) async fn rest(&mut self) -> String {
        self.connection.rest().await
    }
}
