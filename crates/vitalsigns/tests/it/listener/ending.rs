//! How it ends.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use vitalsigns::{Endpoint, Gauge, Listener, MetricGroup, Registry};

use super::{GET, LAST, address, all, body, builder, connect, header, response, start, until};

/// How many pages the self-test asks for.
const SELF_TEST: usize = Endpoint::SELF_TEST.len();

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
