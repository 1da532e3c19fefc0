//! A connection from its first byte to its last.

use std::io;
use std::net::Shutdown;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::request::{Framing, Head, Refusal, Target, parse};
use super::response::{CLOSE, How, write};
use super::shared::{Limits, Ticket};
use super::stream::Stream;
use crate::endpoint::{ALLOW, Answer, Endpoint, EndpointRequest};

/// How long a client has to read the last answer and to close its side. If we closed ours while
/// something of the client's is unread, the system would throw away what it has not read either.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// How much of a body is read that nobody needs, its framing included.
const BODY_LIMIT: u64 = 64 * 1024;

/// A head of this length or less is looked at after each byte, and what comes first in any case, so
/// that what is no HTTP is told soon.
const SHORT_HEAD: usize = 64;

/// Answers what comes in, one request after the other.
pub(super) fn serve(ticket: &Ticket, stream: &Stream) {
    let mut connection = Connection {
        ticket,
        stream,
        limits: &ticket.shared.limits,
        buffer: Vec::new(),
        is_head: false,
    };
    let mut is_first = true;
    loop {
        match connection.exchange(is_first) {
            Ok(true) => is_first = false,
            Ok(false) => return linger(stream),
            Err(End::Refused(Refusal(status, why))) => {
                return connection.end_with(&Answer::told(status, why));
            }
            Err(End::Gone) => return,
        }
    }
}

/// Tells the client to come again, whatever it wanted.
pub(super) fn refuse(_: &Ticket, stream: &Stream) {
    let answer = Answer::told(503, "too many connections at the same time");
    let answer = answer.with("retry-after", "1");
    if write(stream, &answer, CLOSE, Instant::now() + LINGER).is_ok() {
        linger(stream);
    }
}

/// Why a connection ends in the middle.
enum End {
    /// There is nobody to answer to.
    Gone,
    /// The request cannot be served.
    Refused(Refusal),
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        End::Refused(refusal)
    }
}

struct Connection<'a> {
    ticket: &'a Ticket,
    stream: &'a Stream,
    limits: &'a Limits,
    /// What has been read and not looked at.
    buffer: Vec<u8>,
    /// Whether the request is `HEAD`, as far as that is known.
    is_head: bool,
}

impl Connection<'_> {
    /// One request and its answer. False if the connection is to be closed.
    fn exchange(&mut self, is_first: bool) -> Result<bool, End> {
        if !self.ticket.waits() {
            return Err(End::Gone);
        }
        self.is_head = false;
        let head = self.read_head(is_first)?;
        self.is_head = head.method == "HEAD";
        if !self.ticket.works() {
            return Err(End::Gone);
        }
        let has_body = head.body != Framing::Length(0);
        // A client that waits before it sends a body is spared that, but it may send it all the
        // same: what comes next could be either.
        let is_in_doubt = head.expects && has_body;
        if has_body && !is_in_doubt {
            self.drain(head.body)?;
        }
        let answer = self.answer(&head);
        let keeps = head.keeps && !is_in_doubt && !self.ticket.shared.is_stopping();
        let how = How {
            is_head: self.is_head,
            connection: match keeps {
                false => Some("close"),
                true if head.is_old => Some("keep-alive"),
                true => None,
            },
        };
        let deadline = Instant::now() + self.limits.write;
        write(self.stream, &answer, how, deadline).map_err(|_| End::Gone)?;
        Ok(keeps)
    }

    fn answer(&self, head: &Head) -> Answer {
        match (head.target, head.method.as_str()) {
            (Target::Page, _) => self.page(head),
            (Target::Server, _) | (Target::Root, "OPTIONS") => {
                Answer::new(204, &[ALLOW], Default::default())
            }
            (Target::Root, "GET" | "HEAD") => Answer::told(
                200,
                format!("The metrics of this program are at {}.", Endpoint::PATH),
            ),
            (Target::Root, _) => Answer::told(405, "this is read with GET").with(ALLOW.0, ALLOW.1),
            (Target::Unknown, _) => {
                Answer::told(404, format!("there is only {} here", Endpoint::PATH))
            }
        }
    }

    fn page(&self, head: &Head) -> Answer {
        let shared = &self.ticket.shared;
        let mut request: EndpointRequest = head.request.clone();
        let password = head.password.as_ref();
        if password.is_some_and(|password| shared.is_password(password)) {
            request = request.internal();
        }
        // The page also has metrics that others wrote.
        catch_unwind(AssertUnwindSafe(|| shared.endpoint.answer(&request)))
            .unwrap_or_else(|_| Answer::told(500, "the page could not be written: a panic"))
    }

    /// The next head. The first one has to come at once: there is nothing else to wait for.
    fn read_head(&mut self, is_first: bool) -> Result<Head, End> {
        if !is_first && self.buffer.is_empty() {
            self.fill(Instant::now() + self.limits.idle)?;
        }
        let deadline = Instant::now() + self.limits.head;
        if self.buffer.is_empty() {
            self.fill(deadline)?;
        }
        let mut looked_at = 0;
        loop {
            let is_short = looked_at == 0 || self.buffer.len() <= SHORT_HEAD;
            let is_full = self.buffer.len() >= super::request::HEAD_LIMIT;
            if (is_short || is_full || self.buffer[looked_at..].contains(&b'\n'))
                && let Some((length, head)) = parse(&self.buffer)?
            {
                self.buffer.drain(..length);
                return Ok(head);
            }
            looked_at = self.buffer.len();
            self.fill_or(deadline, Refusal(408, "the request takes too long"))?;
        }
    }

    /// Reads a body and forgets it.
    fn drain(&mut self, framing: Framing) -> Result<(), End> {
        let deadline = Instant::now() + self.limits.head;
        match framing {
            Framing::Length(length) => {
                let mut left = BODY_LIMIT;
                self.skip(length, &mut left, deadline)
            }
            Framing::Chunked => self.drain_chunks(deadline),
        }
    }

    fn drain_chunks(&mut self, deadline: Instant) -> Result<(), End> {
        const BAD: Refusal = Refusal(400, "the chunks of the body are no chunks");
        let mut left = BODY_LIMIT;
        loop {
            let (line, size) = self.read_with(deadline, left, |bytes| {
                httparse::parse_chunk_size(bytes).map_err(|_| BAD)
            })?;
            self.skip(line as u64, &mut left, deadline)?;
            if size == 0 {
                break;
            }
            self.skip(size, &mut left, deadline)?;
            let end = self.read_with(deadline, left, |bytes| match bytes {
                [b'\r', b'\n', ..] => Ok(httparse::Status::Complete(2)),
                [] | [b'\r'] => Ok(httparse::Status::Partial),
                _ => Err(BAD),
            })?;
            self.skip(end, &mut left, deadline)?;
        }
        let trailers = self.read_with(deadline, left, |bytes| {
            let mut headers = [httparse::EMPTY_HEADER; 16];
            let parsed = httparse::parse_headers(bytes, &mut headers).map_err(|_| BAD)?;
            Ok(match parsed {
                httparse::Status::Complete((length, _)) => httparse::Status::Complete(length),
                httparse::Status::Partial => httparse::Status::Partial,
            })
        })?;
        self.skip(trailers as u64, &mut left, deadline)
    }

    /// What `parse` finds at the start of what comes in; no more than `most` bytes are read for it.
    fn read_with<T>(
        &mut self,
        deadline: Instant,
        most: u64,
        parse: impl Fn(&[u8]) -> Result<httparse::Status<T>, Refusal>,
    ) -> Result<T, End> {
        loop {
            if let httparse::Status::Complete(found) = parse(&self.buffer)? {
                return Ok(found);
            }
            if self.buffer.len() as u64 > most.min(4096) {
                return Err(TOO_LARGE.into());
            }
            self.fill_or(deadline, SLOW_BODY)?;
        }
    }

    /// Reads so many bytes and forgets them; `left` is how many there may be.
    fn skip(&mut self, length: u64, left: &mut u64, deadline: Instant) -> Result<(), End> {
        *left = left.checked_sub(length).ok_or(TOO_LARGE)?;
        let mut length = length as usize;
        loop {
            let known = length.min(self.buffer.len());
            self.buffer.drain(..known);
            length -= known;
            if length == 0 {
                return Ok(());
            }
            self.fill_or(deadline, SLOW_BODY)?;
        }
    }

    /// Reads more; a client that takes too long is told so.
    fn fill_or(&mut self, deadline: Instant, slow: Refusal) -> Result<(), End> {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes, deadline) {
            Ok(0) => Err(End::Gone),
            Ok(length) => {
                self.buffer.extend_from_slice(&bytes[..length]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(slow.into()),
            Err(_) => Err(End::Gone),
        }
    }

    /// Reads the first bytes of a request; a client that does not begin is left without a word.
    fn fill(&mut self, deadline: Instant) -> Result<(), End> {
        let silent = Refusal(408, "");
        self.fill_or(deadline, silent).map_err(|_| End::Gone)
    }

    /// The last answer of this connection.
    fn end_with(&self, answer: &Answer) {
        // It works on an answer: it is not to be closed for somebody else.
        if !self.ticket.works() {
            return;
        }
        let deadline = Instant::now() + self.limits.write;
        let how = How {
            is_head: self.is_head,
            ..CLOSE
        };
        if write(self.stream, answer, how, deadline).is_ok() {
            linger(self.stream);
        }
    }
}

const TOO_LARGE: Refusal = Refusal(413, "no body is needed, and this one is too large");
const SLOW_BODY: Refusal = Refusal(408, "the body of the request takes too long");

/// Closes our side, and waits a moment for the client to close its.
fn linger(stream: &Stream) {
    let until = Instant::now() + LINGER;
    if stream.shut_down(Shutdown::Write).is_err() {
        return;
    }
    let mut bytes = [0; 4096];
    while let Ok(1..) = stream.read(&mut bytes, until) {}
}
