//! A small blocking HTTP/1.1 client, so that no client library stands between a test and what a
//! server sends.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

/// How long a whole exchange may take in [`get`] and [`request`].
const LIMIT: Duration = Duration::from_secs(10);

/// The longest line (status or header) that is read.
const LINE_LIMIT: u64 = 64 * 1024;

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names and values in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body, with the chunks put together, but otherwise as sent: what is compressed stays so.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of the first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text; panics where it is no UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        match std::str::from_utf8(&self.body) {
            Ok(text) => text,
            Err(error) => panic!("the body is no UTF-8: {error}"),
        }
    }
}

/// Sends a GET request to a `http://` address with these extra headers. Redirects are not followed.
pub fn get(url: &str, headers: &[(&str, &str)]) -> io::Result<Response> {
    request("GET", url, headers, b"", LIMIT)
}

/// Sends a request, on a connection of its own; the whole exchange may take `limit`.
///
/// `Host`, `Connection: close` and, where there is a body, `Content-Length` are added.
pub fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    limit: Duration,
) -> io::Result<Response> {
    let (authority, path) = split(url)?;
    let mut stream = Stream::connect(authority, limit)?;

    let mut head =
        format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.socket.write_all(head.as_bytes())?;
    stream.socket.write_all(body)?;

    let mut reader = BufReader::new(stream);
    loop {
        let response = read_response(&mut reader, method)?;
        // 1xx announces another response; 101 ends HTTP.
        if response.status >= 200 || response.status == 101 {
            return Ok(response);
        }
    }
}

/// Writes `text` so that it can stand in a query string.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into())
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Host and port, then path and query.
fn split(url: &str) -> io::Result<(&str, &str)> {
    let rest = url.strip_prefix("http://").ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("`{url}` does not start with http://"),
        )
    })?;
    Ok(match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    })
}

/// A connection whose reads fail once the time is up.
struct Stream {
    socket: TcpStream,
    end: Instant,
}

impl Stream {
    fn connect(authority: &str, limit: Duration) -> io::Result<Self> {
        let end = Instant::now() + limit;
        let address = authority
            .to_socket_addrs()?
            .next()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))?;
        let socket = TcpStream::connect_timeout(&address, limit)?;
        socket.set_write_timeout(Some(limit))?;
        Ok(Self { socket, end })
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let late = || io::Error::new(io::ErrorKind::TimedOut, "the response takes too long");
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late());
        }
        self.socket.set_read_timeout(Some(left))?;
        self.socket
            .read(buffer)
            .map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => late(),
                _ => error,
            })
    }
}

fn read_response(reader: &mut BufReader<Stream>, method: &str) -> io::Result<Response> {
    let line = read_line(reader)?;
    let status = line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| bad(format!("`{line}` is no status line")))?;
    let mut response = Response {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| bad(format!("`{line}` is no header")))?;
        response
            .headers
            .push((name.to_owned(), value.trim().to_owned()));
    }
    let bodiless = method == "HEAD" || status < 200 || status == 204 || status == 304;
    if !bodiless {
        response.body = read_body(reader, &response)?;
    }
    Ok(response)
}

fn read_body(reader: &mut BufReader<Stream>, response: &Response) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if let Some(coding) = response.header("Transfer-Encoding") {
        if !coding.eq_ignore_ascii_case("chunked") {
            return Err(bad(format!(
                "the transfer encoding `{coding}` is not known"
            )));
        }
        loop {
            let line = read_line(reader)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16)
                .map_err(|_| bad(format!("`{line}` is no chunk size")))?;
            if size == 0 {
                break;
            }
            read_exactly(reader, size, &mut body)?;
            if !read_line(reader)?.is_empty() {
                return Err(bad("a chunk is longer than it says".to_owned()));
            }
        }
        // The trailers.
        while !read_line(reader)?.is_empty() {}
    } else if let Some(length) = response.header("Content-Length") {
        let length = length
            .parse()
            .map_err(|_| bad(format!("`{length}` is no content length")))?;
        read_exactly(reader, length, &mut body)?;
    } else {
        reader.read_to_end(&mut body)?;
    }
    Ok(body)
}

fn read_exactly(reader: &mut BufReader<Stream>, size: u64, body: &mut Vec<u8>) -> io::Result<()> {
    let read = reader.by_ref().take(size).read_to_end(body)? as u64;
    if read < size {
        return Err(cut_off());
    }
    Ok(())
}

/// A line without its end.
fn read_line(reader: &mut BufReader<Stream>) -> io::Result<String> {
    let mut line = Vec::new();
    reader
        .by_ref()
        .take(LINE_LIMIT)
        .read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(cut_off());
    }
    if line.pop_if(|byte| *byte == b'\r').is_none() {
        return Err(bad("a line does not end in CR LF".to_owned()));
    }
    String::from_utf8(line).map_err(|_| bad("a header is no UTF-8".to_owned()))
}

fn bad(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the response is cut off")
}
