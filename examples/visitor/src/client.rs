//! A minimal HTTP/1.1 client over TCP, one connection for each request; it can also hang up.
//!
//! It is here, and not taken from a library, because the demo and the tests must be able to break
//! off at any byte.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The largest response that is read, in bytes.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A whole response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            head: format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"),
            body: Vec::new(),
        }
    }

    /// With another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// With a login.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With the key that makes asking again harmless.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a body of JSON.
    #[must_use]
    pub fn json(self, body: &serde_json::Value) -> Self {
        self.body(body.to_string().into_bytes())
    }

    /// With a body that is said to be JSON.
    #[must_use]
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = body.len().to_string();
        let request = self
            .header("content-type", "application/json")
            .header("content-length", &length);
        Self { body, ..request }
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// Sends it and reads the whole response.
    pub async fn send(&self, addr: SocketAddr) -> io::Result<Response> {
        exchange(addr, &self.bytes()).await
    }
}

/// Sends any bytes and reads the whole response.
pub async fn exchange(addr: SocketAddr, request: &[u8]) -> io::Result<Response> {
    let mut stream = TcpStream::connect(addr).await?;
    // A request that is refused before its end may have its answer all the same.
    let sent = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let read = stream.take(LARGEST).read_to_end(&mut bytes).await;
    if bytes.is_empty() {
        sent?;
        read?;
    }
    parse(&bytes, !request.starts_with(b"HEAD "))
}

/// Sends any bytes, reads at most so many bytes of the response, and hangs up.
///
/// Gives how many bytes were read.
pub async fn hang_up(addr: SocketAddr, request: &[u8], read: usize) -> io::Result<usize> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(request).await?;
    let mut bytes = Vec::new();
    stream.take(read as u64).read_to_end(&mut bytes).await
}

/// Reads a response that ends with its connection.
fn parse(bytes: &[u8], has_body: bool) -> io::Result<Response> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    if bytes.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "there was no response",
        ));
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or_else(|| bad("the response head has no end"))?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| bad("the head is not text"))?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let mut response = Response {
        status: status.ok_or_else(|| bad("there is no status"))?,
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: Vec::new(),
    };
    if !has_body {
        return Ok(response);
    }
    let body = &bytes[end + 4..];
    if response
        .header("transfer-encoding")
        .is_some_and(|coding| coding == "chunked")
    {
        response.body = join_chunks(body).ok_or_else(|| bad("the chunks are broken"))?;
        return Ok(response);
    }
    let length = response
        .header("content-length")
        .map(str::parse)
        .transpose();
    let length: Option<usize> = length.map_err(|_| bad("the length is no number"))?;
    if length.is_some_and(|length| length != body.len()) {
        return Err(bad("the body does not have the length that the head says"));
    }
    response.body = body.to_vec();
    Ok(response)
}

/// Joins the chunks of a chunked body; none where it is not complete.
fn join_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line])
            .ok()?
            .split(';')
            .next()?
            .trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let start = line + 2;
        let end = start.checked_add(size)?;
        body.extend_from_slice(rest.get(start..end)?);
        rest = rest.get(end + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_read() {
        let response = parse(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}",
            true,
        )
        .unwrap();
        assert_eq!(
            (response.status, response.body.as_slice()),
            (404, b"{}".as_slice())
        );
        assert_eq!(response.header("content-length"), Some("2"));
        let chunked =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
        assert_eq!(parse(chunked, true).unwrap().body, b"abcd");
        assert!(
            parse(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", false)
                .unwrap()
                .body
                .is_empty()
        );
    }

    #[test]
    fn broken_responses_are_errors() {
        for broken in [
            b"".as_slice(),
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab",
        ] {
            assert!(parse(broken, true).is_err(), "{}", broken.escape_ascii());
        }
    }
}
