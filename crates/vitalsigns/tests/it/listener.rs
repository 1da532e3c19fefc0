//! The metrics on a port of their own, over real sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use vitalsigns::{
    Counter, Endpoint, Gauge, Listener, ListenerBuilder, ListenerError, MetricGroup, Registry,
    SelfTestError,
};

/// How long anything may take that should come soon.
const SOON: Duration = Duration::from_secs(20);

/// How many pages the self-test asks for.
const SELF_TEST: usize = Endpoint::SELF_TEST.len();

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

#[test]
fn the_page_is_served_and_nothing_else_is() {
    let (builder, jobs) = builder();
    let server = builder.bind("127.0.0.1:0").unwrap();
    jobs.jobs_total.add(3);
    let page = sent(&server, LAST);
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(body(&page).contains("\njobs_total 3\n"));
    assert_eq!(
        header(&page, "content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_eq!(
        header(&page, "content-length").unwrap(),
        body(&page).len().to_string()
    );
    assert_eq!(header(&page, "connection"), Some("close"));
    assert!(header(&page, "date").unwrap().ends_with(" GMT"));

    for (line, expected) in [
        ("GET / HTTP/1.1", 200),
        ("POST / HTTP/1.1", 405),
        ("GET /favicon.ico HTTP/1.1", 404),
        ("GET /metrics/ HTTP/1.1", 404),
        ("POST /metrics HTTP/1.1", 405),
        ("BREW /metrics HTTP/1.1", 405),
        ("GET http://a/metrics HTTP/1.1", 200),
        ("GET /metrics?name[]=jobs_total HTTP/1.1", 200),
    ] {
        let text = format!("{line}\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = sent(&server, &text);
        assert_eq!(status(&answer), expected, "{line}");
        assert_eq!(
            header(&answer, "content-length").unwrap(),
            body(&answer).len().to_string()
        );
        assert!(header(&answer, "date").is_some(), "{line}");
    }
    let root = sent(&server, "GET / HTTP/1.0\r\n\r\n");
    assert_eq!(
        body(&root),
        "The metrics of this program are at /metrics.\n"
    );
}

#[test]
fn openmetrics_is_served_to_those_who_ask_for_it() {
    let accept = "Accept: application/openmetrics-text; version=1.0.0";
    let text = format!("GET /metrics HTTP/1.0\r\n{accept}\r\n\r\n");
    assert!(sent(&start(), &text).ends_with("# EOF\n"));
}

#[test]
fn head_and_options_have_no_body() {
    let server = start();
    let mut client = connect(&server);
    client
        .write_all(b"HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    client
        .write_all(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    client
        .write_all(b"OPTIONS /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .unwrap();
    let answers = all(client);
    let heads: Vec<_> = answers.split_inclusive("\r\n\r\n").collect();
    assert_eq!(heads.len(), 3, "{answers}");
    assert_eq!(status(heads[0]), 200);
    let length: usize = header(heads[0], "content-length").unwrap().parse().unwrap();
    assert!(length > 500);
    for head in &heads[1..] {
        assert_eq!(status(head), 204);
        assert_eq!(header(head, "allow"), Some("GET, HEAD, OPTIONS"));
        assert_eq!(header(head, "content-length"), None);
    }
}

#[test]
fn connections_stay_open_as_the_version_and_the_client_say() {
    let server = start();
    let mut client = connect(&server);
    for _ in 0..3 {
        client.write_all(GET.as_bytes()).unwrap();
        let answer = response(&mut client);
        assert_eq!(answer.status, 200);
        assert_eq!(header(&answer.head, "connection"), None);
    }
    client
        .write_all(b"GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        .unwrap();
    let answer = response(&mut client);
    assert_eq!(header(&answer.head, "connection"), Some("keep-alive"));
    client.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(header(&all(client), "connection"), Some("close"));
}

#[test]
fn requests_that_are_sent_ahead_are_answered_in_turn() {
    let server = start();
    let mut client = connect(&server);
    let ahead = format!(
        "{}GET /no HTTP/1.1\r\nHost: a\r\n\r\n\
         POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET {LAST}{GET}",
        GET.repeat(3)
    );
    client.write_all(ahead.as_bytes()).unwrap();
    let statuses: Vec<_> = (0..6).map(|_| response(&mut client).status).collect();
    assert_eq!(statuses, [200, 200, 200, 404, 405, 200]);
    // What comes after the last one is not answered.
    assert_eq!(all(client), "");
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let server = start();
    let mut client = connect(&server);
    client.set_nodelay(true).unwrap();
    for byte in GET.bytes() {
        client.write_all(&[byte]).unwrap();
    }
    assert_eq!(response(&mut client).status, 200);
}

#[test]
fn small_bodies_are_passed_over() {
    let server = start();
    let mut client = connect(&server);
    for (headers, body) in [
        ("Content-Length: 60000\r\n", "x".repeat(60_000)),
        (
            "Transfer-Encoding: chunked\r\n",
            "5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n".to_owned(),
        ),
        ("Transfer-Encoding: chunked\r\n", "0\r\n\r\n".to_owned()),
    ] {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}");
        client.write_all(request.as_bytes()).unwrap();
        assert_eq!(response(&mut client).status, 200, "{headers}");
    }
    // A chunked body that comes byte by byte, and another request behind it.
    client.set_nodelay(true).unwrap();
    let chunked = format!(
        "POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nabc\r\n0\r\n\r\n{LAST}"
    );
    for byte in chunked.bytes() {
        client.write_all(&[byte]).unwrap();
    }
    assert_eq!(response(&mut client).status, 405);
    assert_eq!(status(&all(client)), 200);
}

#[test]
fn who_waits_to_send_a_body_is_answered_without_it() {
    let server = start();
    let head = "POST /metrics HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n";
    let answer = sent(&server, &format!("{head}Content-Length: 9999999\r\n\r\n"));
    assert_eq!(status(&answer), 405);
    assert_eq!(header(&answer, "connection"), Some("close"));
    // Without a body there is nothing to wait for.
    let mut client = connect(&server);
    client.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    assert_eq!(header(&response(&mut client).head, "connection"), None);
}

#[test]
fn what_cannot_be_served_is_told_and_the_connection_closed() {
    let server = start();
    let long = format!(
        "GET /metrics HTTP/1.1\r\nHost: a\r\nx: {}",
        "x".repeat(17_000)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
        "a: b\r\n".repeat(100)
    );
    let post = "POST /metrics HTTP/1.1\r\nHost: a\r\n";
    let chunked = format!("{post}Transfer-Encoding: chunked\r\n\r\n");
    for (text, expected) in [
        ("\x16\x03\x01\x02\0\x01\0\x01\u{7f}".to_owned(), 400),
        ("hello\r\n\r\n".to_owned(), 400),
        ("GET /metrics\r\n\r\n".to_owned(), 400),
        ("GET /metrics HTTP/1.1\r\n\r\n".to_owned(), 400),
        (
            "GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
            400,
        ),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 505),
        (long, 431),
        (many, 431),
        (format!("{post}Content-Length: 70000\r\n\r\n"), 413),
        (format!("{chunked}FFFFFFFFFFFFFFFF\r\n"), 413),
        (
            format!(
                "{chunked}{}",
                "4000\r\n".to_owned() + &"x".repeat(0x4000) + "\r\nD000\r\n"
            ),
            413,
        ),
        (format!("{chunked}x\r\n"), 400),
        (format!("{chunked}3\r\nabcd\r\n"), 400),
        (
            format!("{chunked}{}", "1;".to_owned() + &"x".repeat(5_000)),
            413,
        ),
        (
            format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
            400,
        ),
        (format!("{post}Transfer-Encoding: gzip\r\n\r\n"), 501),
        (format!("{post}Expect: miracles\r\n\r\n"), 417),
    ] {
        let answer = sent(&server, &text);
        assert_eq!(
            status(&answer),
            expected,
            "{:?}: {answer}",
            &text[..text.len().min(99)]
        );
        assert_eq!(header(&answer, "connection"), Some("close"), "{answer}");
        assert_eq!(
            answer.matches("HTTP/1.1 ").count(),
            1 + usize::from(expected == 505)
        );
    }
    assert_eq!(status(&sent(&server, LAST)), 200);
}

#[test]
fn nothing_of_a_request_comes_back_in_an_answer() {
    let server = start();
    for text in [
        "GET /%0d%0aset-cookie:%20a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /set-cookie HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx: set-cookie\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: set-cookie\n: a\r\n\r\n",
    ] {
        assert!(!sent(&server, text).contains("set-cookie"), "{text}");
    }
}

#[test]
fn slow_requests_are_told_and_silent_connections_closed() {
    let (builder, _jobs) = builder();
    let moment = Duration::from_millis(300);
    let server = builder
        .head_timeout(moment)
        .idle_timeout(moment)
        .bind("127.0.0.1:0")
        .unwrap();
    // One header after the other, without an end.
    let mut slow = connect(&server);
    let mut dripping = slow.try_clone().unwrap();
    let drip = thread::spawn(move || {
        let _ = dripping.write_all(b"GET /metrics HTTP/1.1\r\n");
        while dripping.write_all(b"x: y\r\n").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(response(&mut slow).status, 408);
    drop(slow);
    drip.join().unwrap();
    let body = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc";
    assert_eq!(status(&sent(&server, body)), 408);
    // Nothing at all, from the start and after an answer.
    assert_eq!(sent(&server, ""), "");
    let mut client = connect(&server);
    client.write_all(GET.as_bytes()).unwrap();
    assert_eq!(response(&mut client).status, 200);
    assert_eq!(all(client), "");
}

#[test]
fn many_slow_clients_do_not_keep_a_scraper_out() {
    let (builder, _jobs) = builder();
    let server = builder.most_connections(4).bind("127.0.0.1:0").unwrap();
    let slow: Vec<_> = (0..4)
        .map(|_| {
            let mut client = connect(&server);
            client.write_all(b"GET /metrics HTTP/1.1\r\nx").unwrap();
            client
        })
        .collect();
    // Refused at first, but soon the one that has kept us waiting longest makes room.
    let mut refused = 0;
    until("room", || match status(&sent(&server, LAST)) {
        200 => true,
        status => {
            assert_eq!(status, 503);
            refused += 1;
            false
        }
    });
    assert!(refused > 0);
    drop(slow);
}

#[test]
fn more_connections_than_there_may_be_are_told_to_come_again() {
    let (builder, _jobs) = builder();
    let server = builder.most_connections(1).bind("127.0.0.1:0").unwrap();
    let mut client = connect(&server);
    client.write_all(GET.as_bytes()).unwrap();
    assert_eq!(response(&mut client).status, 200);
    let refused = sent(&server, LAST);
    assert_eq!(status(&refused), 503);
    assert_eq!(header(&refused, "retry-after"), Some("1"));
    assert_eq!(header(&refused, "connection"), Some("close"));
    drop(client);
    until("room", || status(&sent(&server, LAST)) == 200);
}

#[test]
fn clients_that_hang_up_in_the_middle_harm_nobody() {
    let server = start();
    for text in [
        "",
        "GET",
        "GET /metrics HTTP/1.1\r\nHo",
        "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        "POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        GET,
    ] {
        // Half closed: the answer comes if the request was complete.
        let mut client = connect(&server);
        client.write_all(text.as_bytes()).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let answer = all(client);
        assert_eq!(status(&answer), if text == GET { 200 } else { 0 }, "{text}");
        // Gone without a word.
        for _ in 0..20 {
            let mut client = connect(&server);
            client.write_all(text.as_bytes()).unwrap();
        }
    }
    assert_eq!(status(&sent(&server, LAST)), 200);
}

/// Many families: a page that does not fit into the buffers of a socket.
fn long_page() -> Registry {
    #[derive(vitalsigns::LabelSet)]
    struct ByText<'a> {
        #[label(cap = 100_000)]
        text: &'a str,
    }
    #[derive(MetricGroup)]
    struct Texts {
        /// Texts.
        #[metric(max_series = 100_000)]
        texts_total: vitalsigns::Family<ByText<'static>, Counter>,
    }
    let registry = Registry::new();
    let texts = Texts::register(&registry).unwrap();
    let long = "x".repeat(200);
    for number in 0..60_000 {
        let text = format!("{long}{number}");
        texts.texts_total.with(&ByText { text: &text }).inc();
    }
    registry
}

#[test]
fn a_client_that_stops_reading_holds_only_its_own_thread() {
    let endpoint = Endpoint::new(&long_page());
    let server = Listener::builder(endpoint)
        .write_timeout(Duration::from_millis(500))
        .bind("127.0.0.1:0")
        .unwrap();
    let mut stuck = connect(&server);
    stuck.write_all(GET.as_bytes()).unwrap();
    let mut first = [0];
    stuck.read_exact(&mut first).unwrap();
    // It reads no further; others get the whole page meanwhile.
    let page = sent(&server, LAST);
    assert_eq!(page.matches("\ntexts_total{").count(), 60_000);
    assert_eq!(
        header(&page, "content-length").unwrap(),
        body(&page).len().to_string()
    );
    until("the connection to end", || connections(&server) == 0);
    // What it has not got by then it does not get.
    let mut rest = Vec::new();
    let _ = stuck.read_to_end(&mut rest);
    assert!(rest.len() < page.len());
}

/// How many connections the server has. Counted by their sockets: tests share a process.
fn connections(server: &Listener) -> usize {
    let port = format!(":{:04X} ", address(server).port());
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap_or_default();
    // The state 01 is "established", for the server's end: the local port is its own.
    table
        .lines()
        .filter(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            fields.len() > 3 && format!("{} ", fields[1]).ends_with(&port) && fields[3] == "01"
        })
        .count()
}

#[test]
fn two_hundred_scrapes_at_once_are_whole_or_refused() {
    let (builder, jobs) = builder();
    let server = builder.bind("127.0.0.1:0").unwrap();
    let (stop, barrier) = (AtomicBool::new(false), Barrier::new(200));
    let (whole, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        let recorders: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        jobs.jobs_total.inc();
                    }
                })
            })
            .collect();
        let scrapers: Vec<_> = (0..200)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    let answer = sent(
                        &server,
                        "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
                         Accept: application/openmetrics-text\r\n\r\n",
                    );
                    assert_eq!(
                        header(&answer, "content-length").unwrap(),
                        body(&answer).len().to_string()
                    );
                    match status(&answer) {
                        200 => {
                            assert!(answer.ends_with("# EOF\n"));
                            whole.fetch_add(1, Ordering::Relaxed);
                        }
                        503 => {
                            assert_eq!(header(&answer, "retry-after"), Some("1"));
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        status => panic!("{status}"),
                    }
                })
            })
            .collect();
        for scraper in scrapers {
            scraper.join().unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        for recorder in recorders {
            recorder.join().unwrap();
        }
    });
    assert!(whole.load(Ordering::Relaxed) >= 64);
    assert_eq!(whole.into_inner() + refused.into_inner(), 200);
}

#[test]
fn a_thousand_connections_that_come_and_go_leave_nothing_behind() {
    let server = start();
    for number in 0..1_000 {
        let mut client = TcpStream::connect(address(&server)).unwrap();
        if number % 3 == 0 {
            client.write_all(GET.as_bytes()).unwrap();
        }
    }
    until("a page", || status(&sent(&server, LAST)) == 200);
    until("the connections to end", || connections(&server) == 0);
}

#[test]
fn shutting_down_frees_the_port_and_closes_what_waits() {
    let server = start();
    let at = address(&server);
    let mut waiting = connect(&server);
    waiting.write_all(GET.as_bytes()).unwrap();
    assert_eq!(response(&mut waiting).status, 200);
    let silent = connect(&server);
    server.shut_down();
    assert_eq!(all(waiting), "");
    // Closed, or refused if it was never let in.
    let mut silent = silent;
    assert!(matches!(silent.read(&mut [0]), Ok(0) | Err(_)));
    assert_eq!(
        TcpStream::connect(at).unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    drop(TcpListener::bind(at).unwrap());
}

#[test]
fn scrapes_that_run_while_it_shuts_down_are_whole_or_not_there() {
    for _ in 0..10 {
        let (builder, jobs) = builder();
        let server = builder.bind("127.0.0.1:0").unwrap();
        jobs.jobs_total.inc();
        let at = address(&server);
        let scrapes = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    loop {
                        let Ok(mut client) = TcpStream::connect(at) else {
                            return;
                        };
                        let mut answer = Vec::new();
                        let _ = client.write_all(GET.as_bytes());
                        let _ = client.write_all(LAST.as_bytes());
                        let _ = client.read_to_end(&mut answer);
                        let answer = String::from_utf8(answer).unwrap();
                        for part in answer.split("HTTP/1.1 ").skip(1) {
                            let length = header(part, "content-length").unwrap();
                            assert_eq!(length, body(part).len().to_string());
                        }
                        scrapes.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            until("scrapes", || scrapes.load(Ordering::Relaxed) > 20);
            server.shut_down();
        });
    }
}

#[derive(MetricGroup)]
struct Level {
    /// A level.
    level: Gauge,
}

#[test]
fn an_answer_in_progress_is_sent_before_the_end() {
    let registry = Registry::new();
    // A collector that waits once the self-test is over.
    let gate = Arc::new((Mutex::new((0, false)), Condvar::new()));
    let told = Arc::clone(&gate);
    registry
        .collect_with(move |level: &Level| {
            let mut state = told.0.lock().unwrap();
            state.0 += 1;
            told.1.notify_all();
            while state.0 > SELF_TEST && !state.1 {
                state = told.1.wait(state).unwrap();
            }
            level.level.set(7);
            Ok::<(), std::io::Error>(())
        })
        .unwrap();
    let server = Listener::bind(Endpoint::new(&registry), "127.0.0.1:0").unwrap();
    let mut client = connect(&server);
    client.write_all(GET.as_bytes()).unwrap();
    let mut state = gate.0.lock().unwrap();
    while state.0 <= SELF_TEST {
        state = gate.1.wait(state).unwrap();
    }
    drop(state);
    let stopping = thread::spawn(move || server.shut_down());
    thread::sleep(Duration::from_millis(100));
    gate.0.lock().unwrap().1 = true;
    gate.1.notify_all();
    let answer = response(&mut client);
    assert!(answer.body.contains("\nlevel 7\n"), "{}", answer.body);
    assert_eq!(header(&answer.head, "connection"), Some("close"));
    drop(client);
    stopping.join().unwrap();
}

#[test]
fn a_page_that_hangs_does_not_hold_up_the_end() {
    const LONG: Duration = Duration::from_secs(3_600);
    let registry = Registry::builder().collect_deadline(LONG).build().unwrap();
    let gate = Arc::new((Mutex::new((0, false)), Condvar::new()));
    let told = Arc::clone(&gate);
    registry
        .collect_with(move |_: &Level| {
            let mut state = told.0.lock().unwrap();
            state.0 += 1;
            told.1.notify_all();
            while state.0 > SELF_TEST && !state.1 {
                state = told.1.wait(state).unwrap();
            }
            Ok::<(), std::io::Error>(())
        })
        .unwrap();
    let endpoint = Endpoint::builder(&registry).timeout(LONG).build().unwrap();
    let server = Listener::bind(endpoint, "127.0.0.1:0").unwrap();
    let mut client = connect(&server);
    client.write_all(GET.as_bytes()).unwrap();
    let mut state = gate.0.lock().unwrap();
    while state.0 <= SELF_TEST {
        state = gate.1.wait(state).unwrap();
    }
    drop(state);
    // It would never come back if it waited for the collector.
    server.shut_down();
    assert_eq!(all(client), "");
    gate.0.lock().unwrap().1 = true;
    gate.1.notify_all();
}

#[test]
fn a_token_is_asked_for_and_the_self_test_needs_none() {
    let endpoint = Endpoint::builder(&Registry::new())
        .bearer_token("a long secret")
        .build()
        .unwrap();
    let server = Listener::bind(endpoint.clone(), "127.0.0.1:0").unwrap();
    let refused = sent(&server, LAST);
    assert_eq!(status(&refused), 401);
    assert_eq!(
        header(&refused, "www-authenticate"),
        Some("Bearer realm=\"metrics\"")
    );
    let with = |extra: &str| {
        format!("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{extra}\r\n\r\n")
    };
    for (extra, expected) in [
        ("Authorization: Bearer a long secret", 200),
        ("authorization: bearer a long secret", 200),
        ("Authorization: Bearer another", 401),
        ("x-vitalsigns-self-test: ", 401),
        ("x-vitalsigns-self-test: 0", 401),
    ] {
        assert_eq!(status(&sent(&server, &with(extra))), expected, "{extra}");
    }
    // What the self-test asked was not counted: only these and no others.
    let page = sent(&server, &with("Authorization: Bearer a long secret"));
    assert!(
        page.contains("vitalsigns_scrapes_total{code=\"200\"} 2\n"),
        "{page}"
    );
}

#[test]
fn a_page_that_is_not_as_it_should_be_does_not_start() {
    let registry = Registry::builder()
        .buckets("nobody_has_this_seconds", [1.0])
        .build()
        .unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let error = Listener::bind(Endpoint::new(&registry), at).unwrap_err();
    assert!(matches!(
        error,
        ListenerError::SelfTest(SelfTestError::UnusedBuckets { .. })
    ));
    // Nothing is left at the port.
    assert!(TcpStream::connect(at).is_err());
}

#[test]
fn an_address_that_cannot_be_used_is_told() {
    let endpoint = || Endpoint::new(&Registry::new());
    let told = |address: &str| {
        let listener = Listener::bind(endpoint(), address);
        listener.unwrap_err().to_string()
    };
    let server = start();
    let at = server.address().to_string();
    assert_eq!(
        told(&at),
        format!("cannot listen at `{at}`: something listens there already")
    );
    assert!(told("here").starts_with("`here` is no address to listen at ("));
    assert!(told("here").ends_with("; write it as `127.0.0.1:9100`"));
    assert!(told("0.0.0.0:0").contains("call `allow_remote` if this is meant"));
    // Documentation's addresses are nobody's.
    let remote = Listener::builder(endpoint()).allow_remote();
    let error = remote.bind("192.0.2.1:0").unwrap_err();
    assert!(matches!(
        error,
        ListenerError::Io {
            kind: ErrorKind::AddrNotAvailable,
            ..
        }
    ));
    let everywhere = Listener::builder(endpoint()).allow_remote();
    let everywhere = everywhere.bind("0.0.0.0:0").unwrap();
    assert_eq!(address(&everywhere).ip().to_string(), "0.0.0.0");
    drop(everywhere);
    drop(Listener::bind(endpoint(), "localhost:0").unwrap());
    drop(Listener::bind(endpoint(), ":0").unwrap());
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::PathBuf;

    use super::*;

    /// A folder of its own for each test, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("vs-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Folder(path)
        }

        fn socket(&self) -> PathBuf {
            self.0.join("metrics.sock")
        }

        fn files(&self) -> usize {
            fs::read_dir(&self.0).unwrap().count()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn sent(path: &PathBuf, text: &str) -> String {
        let mut client = UnixStream::connect(path).unwrap();
        client.set_read_timeout(Some(SOON)).unwrap();
        client.write_all(text.as_bytes()).unwrap();
        all(client)
    }

    #[test]
    fn a_unix_socket_serves_the_same_and_removes_its_file() {
        let folder = Folder::new("serves");
        let path = folder.socket();
        let server = builder().0.bind_unix(&path).unwrap();
        assert_eq!(server.address().to_string(), path.display().to_string());
        assert_eq!(server.address().socket_addr(), None);
        assert!(sent(&path, LAST).contains("\njobs_total 0\n"));
        let waiting = UnixStream::connect(&path).unwrap();
        server.shut_down();
        assert_eq!(all(waiting), "");
        assert_eq!(folder.files(), 0);
    }

    #[test]
    fn only_those_may_connect_who_are_allowed() {
        let folder = Folder::new("mode");
        let path = folder.socket();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let server = builder().0.bind_unix(&path).unwrap();
        assert_eq!(mode(), 0o600);
        server.shut_down();
        let server = builder().0.allow_group().bind_unix(&path).unwrap();
        assert_eq!(mode(), 0o660);
        server.shut_down();
    }

    #[test]
    fn the_file_of_the_dead_is_replaced_and_that_of_the_living_is_not() {
        let folder = Folder::new("dead");
        let path = folder.socket();
        // The file stays when its socket is closed, as when a process dies.
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let server = builder().0.bind_unix(&path).unwrap();
        let error = builder().0.bind_unix(&path).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "cannot listen at `{}`: something listens there already",
                path.display()
            )
        );
        assert_eq!(status(&sent(&path, LAST)), 200);
        assert_eq!(folder.files(), 1);
        server.shut_down();
    }

    #[test]
    fn what_is_no_socket_is_left_alone() {
        let folder = Folder::new("file");
        let path = folder.socket();
        fs::write(&path, "letters").unwrap();
        let error = builder().0.bind_unix(&path).unwrap_err();
        assert!(matches!(error, ListenerError::NotASocket { .. }));
        assert_eq!(fs::read_to_string(&path).unwrap(), "letters");
        let nowhere = folder.0.join("no/metrics.sock");
        let error = builder().0.bind_unix(&nowhere).unwrap_err();
        assert!(matches!(
            error,
            ListenerError::Io {
                kind: ErrorKind::NotFound,
                ..
            }
        ));
        let long = folder.0.join("x".repeat(200));
        assert!(builder().0.bind_unix(&long).is_err());
        assert_eq!(folder.files(), 1);
    }

    #[test]
    fn the_file_of_a_successor_is_not_removed() {
        let folder = Folder::new("successor");
        let path = folder.socket();
        let server = builder().0.bind_unix(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let successor = builder().0.bind_unix(&path).unwrap();
        // It ends though nobody can reach it by its name any more.
        server.shut_down();
        assert_eq!(status(&sent(&path, LAST)), 200);
        successor.shut_down();
        assert_eq!(folder.files(), 0);
    }
}
