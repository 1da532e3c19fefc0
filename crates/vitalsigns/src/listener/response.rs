//! An answer on the wire.

use std::io;
use std::time::{Instant, SystemTime};

use super::stream::Stream;
use crate::endpoint::Answer;

/// How much of a body is sent together with the head.
const FIRST: usize = 16 * 1024;

/// How an answer is sent.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// For `HEAD`: everything but the body.
    pub(super) is_head: bool,
    /// What `Connection` says, if it has to say something.
    pub(super) connection: Option<&'static str>,
}

/// What the client has to be told before the connection is closed.
pub(super) const CLOSE: How = How {
    is_head: false,
    connection: Some("close"),
};

/// Writes the whole answer until `deadline`, or fails.
pub(super) fn write(
    stream: &Stream,
    answer: &Answer,
    how: How,
    deadline: Instant,
) -> io::Result<()> {
    let body: &[u8] = if how.is_head { &[] } else { &answer.body };
    // As much of the body as goes into one packet with the head; the rest is not copied.
    let (first, rest) = body.split_at(body.len().min(FIRST));
    let mut start = head(answer, how, SystemTime::now()).into_bytes();
    start.extend_from_slice(first);
    stream.write(&start, deadline)?;
    stream.write(rest, deadline)
}

fn head(answer: &Answer, how: How, now: SystemTime) -> String {
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
    let mut add = |name: &str, value: &str| {
        head.push_str(name);
        head.push_str(": ");
        // A value is one line, whatever it was made from.
        head.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
        head.push_str("\r\n");
    };
    add("date", &httpdate::fmt_http_date(now));
    for (name, value) in &answer.headers {
        add(name, value);
    }
    if answer.status != 204 {
        add(
            "content-length",
            itoa::Buffer::new().format(answer.body.len()),
        );
    }
    if let Some(connection) = how.connection {
        add("connection", connection);
    }
    head.push_str("\r\n");
    head
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        // It may be empty.
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_begin_another_line() {
        let answer = Answer::told(404, "no").with("x-odd", "a\r\nset-cookie: b\u{85}\0");
        let written = head(&answer, CLOSE, SystemTime::UNIX_EPOCH);
        assert_eq!(
            written,
            "HTTP/1.1 404 Not Found\r\n\
             date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\
             content-type: text/plain; charset=utf-8\r\n\
             cache-control: no-store\r\n\
             x-content-type-options: nosniff\r\n\
             x-odd: a  set-cookie: b  \r\n\
             content-length: 3\r\n\
             connection: close\r\n\
             \r\n"
        );
    }
}
