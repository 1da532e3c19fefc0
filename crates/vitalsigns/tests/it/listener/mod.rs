//! The metrics on a port of their own, over real sockets.

mod ending;
mod load;
mod refusing;
mod serving;
mod starting;
#[cfg(unix)]
mod unix;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use vitalsigns::{Counter, Endpoint, Listener, ListenerBuilder, MetricGroup, Registry};

/// How long anything may take that should come soon.
const SOON: Duration = Duration::from_secs(20);

#[derive(MetricGroup)]
struct Jobs {
    /// Jobs done.
    jobs_total: Counter,
}

fn builder() -> (ListenerBuilder, Jobs) {
    let registry = Registry::new();
    let jobs = Jobs::register(&registry).unwrap();
    (Listener::builder(Endpoint::new(&registry)), jobs)
}

fn start() -> Listener {
    builder().0.bind("127.0.0.1:0").unwrap()
}

fn address(server: &Listener) -> SocketAddr {
    server.address().socket_addr().unwrap()
}

fn connect(server: &Listener) -> TcpStream {
    let client = TcpStream::connect(address(server)).unwrap();
    client.set_read_timeout(Some(SOON)).unwrap();
    client
}

/// What a connection answers until it is closed.
fn all(mut client: impl Read) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

/// Sends this on a new connection, and gives all that comes back.
fn sent(server: &Listener, text: &str) -> String {
    let mut client = connect(server);
    client.write_all(text.as_bytes()).unwrap();
    all(client)
}

/// One response of a connection that stays open.
#[derive(Debug, PartialEq)]
struct Response {
    status: u16,
    head: String,
    body: String,
}

fn response(client: &mut impl Read) -> Response {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    client.read_exact(&mut body).unwrap();
    Response {
        status: status(&head),
        body: String::from_utf8(body).unwrap(),
        head,
    }
}

fn status(text: &str) -> u16 {
    text.get(9..12).unwrap_or("0").parse().unwrap()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let head = head.split("\r\n\r\n").next().unwrap();
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn body(text: &str) -> &str {
    text.split_once("\r\n\r\n").unwrap().1
}

/// Waits until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < end, "waited for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

const GET: &str = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST: &str = "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
