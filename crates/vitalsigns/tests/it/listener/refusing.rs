//! Requests that cannot be served, clients that are slow, and more of them than there may be.

use std::io::Write;
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use super::{GET, LAST, all, builder, connect, header, response, sent, start, status, until};

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
        // A whole greeting of TLS, in which there is no line.
        (
            "\x16\x03\x01\x02\0\x01\0".to_owned() + &"\0".repeat(300),
            400,
        ),
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
