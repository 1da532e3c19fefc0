//! HTTP/2 as frames, for what no well-behaved client does.

use super::h1::Connection;

/// The type of a frame.
pub(crate) const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
/// The type of a frame.
pub(crate) const GOAWAY: u8 = 7;

/// The flags of a `HEADERS` frame that is all of a request.
const END_OF_STREAM_AND_HEADERS: u8 = 0x5;

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

    /// Reads until this text comes; false if the connection ends before.
    pub(crate) async fn saw(&mut self, text: &str) -> bool {
        self.connection.take_until(text).await.is_some()
    }

    /// Reads until the server ends the connection.
    pub(crate) async fn rest(&mut self) -> String {
        self.connection.rest().await
    }
}
