//! Asking a listener for its page, over its socket.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use super::request::PASSWORD;
use super::shared::Shared;
use super::stream::Stream;
use super::{ListenerAddress, ListenerError};
use crate::endpoint::{Endpoint, SelfTestError};
use crate::exposition::ContentType;

/// How long a page may take: collectors have a tenth less.
const LIMIT: Duration = Duration::from_secs(10);

/// How long to wait for others.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks for the page in each format and judges it. The requests need no token and are not counted;
/// only this test can show the password, and only while it runs.
pub(super) fn of(shared: &Shared, address: &ListenerAddress) -> Result<(), ListenerError> {
    let password = password();
    shared.set_password(Some(password.clone()));
    let judged = Endpoint::SELF_TEST.into_iter().try_for_each(|asked| {
        let until = Instant::now() + LIMIT;
        loop {
            let answer = ask(address, asked, &password).map_err(|error| {
                let reason = error.to_string();
                SelfTestError::NoAnswer { reason }
            })?;
            match judge(&shared.endpoint, asked, &answer) {
                // Others were faster.
                Err(SelfTestError::Status { status: 503 }) if Instant::now() < until => {
                    thread::sleep(PAUSE);
                }
                judged => return judged,
            }
        }
    });
    shared.set_password(None);
    // Leaves the place to others before they come.
    shared.is_empty_within(PAUSE);
    Ok(judged?)
}

/// 256 bits that nobody else knows.
fn password() -> String {
    (0..4).fold(String::new(), |password, part| {
        format!("{password}{:016x}", RandomState::new().hash_one(part))
    })
}

fn ask(address: &ListenerAddress, accept: ContentType, password: &str) -> io::Result<Vec<u8>> {
    let until = Instant::now() + LIMIT;
    let stream = Stream::connect(address, LIMIT)?;
    let request = format!(
        "GET {} HTTP/1.1\r\nhost: localhost\r\naccept: {}\r\nconnection: close\r\n\
         x-prometheus-scrape-timeout-seconds: {}\r\n{PASSWORD}: {password}\r\n\r\n",
        Endpoint::PATH,
        accept.as_str(),
        LIMIT.as_secs(),
    );
    stream.write(request.as_bytes(), until)?;
    let mut answer = Vec::new();
    let mut bytes = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut bytes, until)? {
            0 => break,
            length => answer.extend_from_slice(&bytes[..length]),
        }
    }
    let _ = stream.shut_down(Shutdown::Both);
    Ok(answer)
}

fn judge(endpoint: &Endpoint, asked: ContentType, answer: &[u8]) -> Result<(), SelfTestError> {
    let no_answer = |reason: &str| SelfTestError::NoAnswer {
        reason: reason.to_owned(),
    };
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let (Ok(httparse::Status::Complete(length)), Some(status)) =
        (response.parse(answer), response.code)
    else {
        return Err(no_answer("what came is no HTTP response"));
    };
    let header = |name: &str| {
        let mut headers = response.headers.iter();
        let found = headers.find(|header| header.name == name)?;
        std::str::from_utf8(found.value).ok()
    };
    let body = &answer[length..];
    if header("content-length") != Some(itoa::Buffer::new().format(body.len())) {
        return Err(no_answer("the response is cut off"));
    }
    endpoint.judge_as(asked, status, header("content-type"), body)
}
