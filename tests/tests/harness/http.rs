use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use tests::http::{encode, get, request};

use crate::page::serve_raw;

#[test]
fn a_body_of_known_length_is_read() {
    let server = serve_raw(
        "HTTP/1.1 200 OK\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 5\r\n\r\nhello and more",
    );
    let response = get(
        &format!("http://{}/a?b=c", server.address),
        &[("Accept", "text/plain")],
    )
    .unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.text(), "hello");
    assert_eq!(response.header("X-ONE"), Some("1"));
    assert_eq!(response.headers.len(), 3);

    let head = server.requests.recv().unwrap();
    assert!(head.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nAccept: text/plain\r\n"), "{head}");
    assert!(
        head.contains(&format!("\r\nHost: {}\r\n", server.address)),
        "{head}"
    );
}

#[test]
fn chunks_are_put_together() {
    let server = serve_raw(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         5;x=y\r\nhello\r\nC\r\n, 12 letters\r\n0\r\nTrailer: t\r\n\r\n",
    );
    let response = get(&format!("http://{}", server.address), &[]).unwrap();
    assert_eq!(response.text(), "hello, 12 letters");
}

#[test]
fn a_body_without_length_goes_to_the_end() {
    let server = serve_raw("HTTP/1.1 404 Not Found\r\n\r\nnothing here");
    let response = get(&format!("http://{}/", server.address), &[]).unwrap();
    assert_eq!((response.status, response.text()), (404, "nothing here"));
}

#[test]
fn responses_without_body_end_with_the_head() {
    let server = serve_raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
    let response = get(&format!("http://{}/", server.address), &[]).unwrap();
    assert_eq!((response.status, response.text()), (204, ""));

    let server = serve_raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    let url = format!("http://{}/", server.address);
    let response = request("HEAD", &url, &[], b"", Duration::from_secs(5)).unwrap();
    assert_eq!(
        (response.header("content-length"), response.text()),
        (Some("10"), "")
    );
}

#[test]
fn broken_responses_are_errors() {
    for (response, kind, said) in [
        ("", ErrorKind::UnexpectedEof, "cut off"),
        (
            "HTTP/1.1 200 OK\r\nContent-Le",
            ErrorKind::UnexpectedEof,
            "cut off",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
            ErrorKind::UnexpectedEof,
            "cut off",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            ErrorKind::InvalidData,
            "`-1` is no content length",
        ),
        (
            "HTTP/1.1 200 OK\nA: b\n\n",
            ErrorKind::InvalidData,
            "does not end in CR LF",
        ),
        (
            "FTP 200\r\n\r\n",
            ErrorKind::InvalidData,
            "`FTP 200` is no status line",
        ),
        (
            "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
            ErrorKind::InvalidData,
            "`no header` is no header",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
            ErrorKind::InvalidData,
            "a chunk is longer than it says",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
            ErrorKind::UnexpectedEof,
            "cut off",
        ),
    ] {
        let server = serve_raw(response);
        let error = get(&format!("http://{}/", server.address), &[]).expect_err(response);
        assert_eq!(error.kind(), kind, "{response:?}: {error}");
        assert!(error.to_string().contains(said), "{response:?}: {error}");
    }
}

#[test]
fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let started = Instant::now();
    let error = request("GET", &url, &[], b"", Duration::from_millis(200)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn only_http_addresses_are_known() {
    let error = get("https://127.0.0.1/", &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`https://127.0.0.1/` does not start with http://"
    );
}

#[test]
fn query_strings_are_encoded() {
    assert_eq!(
        encode("rate(x{a=\"ü\"}[5s]) + 1"),
        "rate%28x%7Ba%3D%22%C3%BC%22%7D%5B5s%5D%29%20%2B%201"
    );
}
