//! Requests as they should be, and the connections that they come on.

use std::io::Write;

use super::{GET, LAST, all, body, builder, connect, header, response, sent, start, status};

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
