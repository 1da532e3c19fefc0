//! What the HTTP side takes from nobody.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use visitor::client::Request;

use crate::support::{DEADLINE, config, error, get, page, post, send, start};

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_have_their_errors_and_every_answer_its_route() {
    let server = start(config()).await;
    let delete = |path: &str| Request::new("DELETE", path);
    let long = format!("/memory/{}", "a".repeat(201));
    for (request, status, code) in [
        (Request::new("GET", "/no/such/path"), 404, "unknown_path"),
        (delete("/agent"), 405, "unknown_method"),
        (Request::new("GET", &long), 422, "bad_key"),
        (Request::new("GET", "/memory/%00"), 422, "bad_key"),
        (Request::new("GET", "/memory/%ff"), 422, "bad_key"),
        (
            Request::new("POST", "/memory/a").body("{"),
            400,
            "malformed_json",
        ),
        (
            Request::new("POST", "/memory/a").body(vec![b' '; 70_000]),
            413,
            "body_too_large",
        ),
        (
            Request::new("GET", "/memory/search?limit=x"),
            400,
            "bad_query",
        ),
        (
            Request::new("GET", "/memory/search?q=%00"),
            400,
            "bad_query",
        ),
        (Request::new("GET", "/decisions?limit=-1"), 400, "bad_query"),
        (delete("/memory/none"), 404, "unknown_item"),
    ] {
        assert_eq!(
            error(&send(&server, request).await),
            (status, code.to_owned())
        );
    }
    let deep = "[".repeat(50_000);
    let made = send(&server, Request::new("POST", "/memory/deep").body(deep)).await;
    assert_eq!(error(&made), (400, "malformed_json".to_owned()));
    for path in ["/", "/agent", "/decisions", "/memory/search"] {
        assert_eq!(get(&server, path).await.status, 200, "{path}");
    }
    let page = page(&server).await;
    let count = |route: &str, status: &str| {
        page.sum(
            "http_requests_total",
            &[("route", route), ("status", status)],
        )
    };
    assert_eq!(count("/memory/{key}", "422"), 3.0);
    assert_eq!(count("/agent", "200"), 1.0);
    assert_eq!(count("unmatched", "404"), 1.0);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_are_slow_are_not_waited_for() {
    let server = start(config()).await;
    let half = b"POST /memory/a HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{".as_slice();
    let idle = async |bytes: &'static [u8]| {
        let mut stream = TcpStream::connect(server.addr())
            .await
            .expect("a connection");
        stream.write_all(bytes).await.expect("it is sent");
        let mut answer = Vec::new();
        // Whether it ends well or with a reset is all the same.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    let slow = async { tokio::join!(idle(b"GET / HTT"), idle(b""), idle(half)) };
    let slow = tokio::time::timeout(DEADLINE, slow);
    let (slow, meanwhile) = tokio::join!(slow, post(&server, "/memory/b", json!(1)));
    assert_eq!(meanwhile.status, 201);
    let (_, _, half) = slow.expect("all of them are closed");
    assert!(half.starts_with("HTTP/1.1 408"), "{half}");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_harms_nobody() {
    let server = start(config()).await;
    let mut random = visitor::random::Random::new(1);
    for _ in 0..200 {
        let noise: Vec<u8> = (0..random.below(300))
            .map(|_| random.below(256) as u8)
            .collect();
        let mut stream = TcpStream::connect(server.addr())
            .await
            .expect("a connection");
        stream.write_all(&noise).await.expect("it is sent");
        stream.shutdown().await.ok();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let _ = tokio::time::timeout(Duration::from_secs(10), read)
            .await
            .expect("it is closed");
    }
    assert_eq!(get(&server, "/").await.status, 200);
    server.shutdown().await;
}
