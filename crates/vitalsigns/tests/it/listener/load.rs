//! Many clients at once, and one that stops reading.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use vitalsigns::{Counter, Endpoint, Listener, MetricGroup, Registry};

use super::{GET, LAST, address, body, builder, connect, header, sent, start, status, until};

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
