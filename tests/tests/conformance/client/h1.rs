//! HTTP/1 as bytes: what is written is what is sent.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection, and what was read from it and not used yet.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The head, in lower case.
    pub(crate) head: String,
    /// Without the framing. What came until then, if the connection ended before the body.
    pub(crate) body: Vec<u8>,
    /// Whether all of the body came.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a header, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            (found == name).then(|| value.trim())
        })
    }
}

impl Connection {
    pub(crate) async fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the server listens");
        stream.set_nodelay(true).expect("a socket has the option");
        Connection {
            stream,
            buffer: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes()).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream
            .write_all(bytes)
            .await
            .expect("the server reads");
    }

    /// Sends as much of this as the server takes before it closes.
    pub(crate) async fn send_as_far_as_it_goes(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// Reads on; false at the end of the connection, however it came.
    async fn read_more(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.buffer.extend_from_slice(&bytes[..count]);
                true
            }
        }
    }

    /// Everything until the server ends the connection.
    pub(crate) async fn rest(&mut self) -> String {
        while self.read_more().await {}
        String::from_utf8_lossy(&std::mem::take(&mut self.buffer)).into_owned()
    }

    /// The next so many bytes; fewer if there are no more.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count && self.read_more().await {}
        let rest = self.buffer.split_off(count.min(self.buffer.len()));
        std::mem::replace(&mut self.buffer, rest)
    }

    /// Everything up to and with this text.
    pub(crate) async fn take_until(&mut self, end: &str) -> Option<String> {
        loop {
            let mut windows = self.buffer.windows(end.len());
            if let Some(at) = windows.position(|window| window == end.as_bytes()) {
                let text = self.take(at + end.len()).await;
                return Some(String::from_utf8_lossy(&text).into_owned());
            }
            if !self.read_more().await {
                return None;
            }
        }
    }

    /// The head of an answer; panics if the connection ends before.
    pub(crate) async fn head(&mut self) -> Answer {
        let head = self.take_until("\r\n\r\n").await.expect("there is a head");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Answer {
            status: status.expect("a head has a status"),
            head: head.to_lowercase(),
            body: Vec::new(),
            is_whole: false,
        }
    }

    /// The whole answer to a `GET` or whatever else has a body in its answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.answer_to("GET").await
    }

    /// The whole answer to a request with this method.
    pub(crate) async fn answer_to(&mut self, method: &str) -> Answer {
        let mut answer = self.head().await;
        let ends_with_head = method == "HEAD" || matches!(answer.status, 100..=199 | 204 | 304);
        if ends_with_head {
            answer.is_whole = true;
        } else if answer.header("transfer-encoding") == Some("chunked") {
            answer.is_whole = self.chunks(&mut answer.body).await.is_some();
        } else if let Some(length) = answer.header("content-length") {
            let length = length.parse().expect("a length is a number");
            answer.body = self.take(length).await;
            answer.is_whole = answer.body.len() == length;
        } else {
            answer.body = self.rest().await.into_bytes();
            answer.is_whole = true;
        }
        answer
    }

    async fn chunks(&mut self, body: &mut Vec<u8>) -> Option<()> {
        loop {
            let line = self.take_until("\r\n").await?;
            let size = usize::from_str_radix(line.trim(), 16).ok()?;
            if size == 0 {
                // Trailers, and an empty line behind them.
                while self.take_until("\r\n").await? != "\r\n" {}
                return Some(());
            }
            let chunk = self.take(size).await;
            let is_whole = chunk.len() == size;
            body.extend(chunk);
            if !is_whole || self.take(2).await != b"\r\n" {
                return None;
            }
        }
    }

    /// Reads and forgets until the server ends the connection; how many bytes that were.
    pub(crate) async fn discard(&mut self) -> io::Result<usize> {
        let mut bytes = vec![0; 4 << 20];
        let mut total = std::mem::take(&mut self.buffer).len();
        loop {
            match self.stream.read(&mut bytes).await? {
                0 => return Ok(total),
                count => total += count,
            }
        }
    }

    /// Breaks the connection, in place of closing it.
    pub(crate) fn reset(self) {
        self.stream
            .set_zero_linger()
            .expect("a socket has the option");
    }

    /// Sends no more, but still reads.
    pub(crate) async fn finish_sending(&mut self) {
        self.stream.shutdown().await.expect("the socket is open");
    }
}
