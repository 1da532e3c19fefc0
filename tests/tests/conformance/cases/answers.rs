//! Answers that come to their end: statuses, framings, encodings, sizes.

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::{Incomplete, Request};
use crate::difference::cut_off;
use crate::subjects::{Around, With};

const GIBIBYTE: usize = 1 << 30;

fn gets(name: &'static str, path: &'static str, status: u16) -> Case {
    case(name, move |at: At| async move {
        let answer = at.fetch("GET", path).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.is_whole, "{answer:?}");
    })
    .makes([Request("GET", path, status)])
}

/// A mebibyte at a time is read and forgotten until the server closes.
fn discards(name: &'static str, path: &'static str) -> Case {
    case(name, move |at: At| async move {
        let head = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        let bytes = at
            .send(&head)
            .await
            .discard()
            .await
            .expect("all of it comes");
        assert!(bytes > GIBIBYTE, "only {bytes} bytes came");
    })
    .makes([Request("GET", path, 200)])
}

/// Asks for gzip and gets it.
async fn compressed(at: At, path: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nhost: test\r\naccept-encoding: gzip\r\n\r\n");
    let answer = at.send(&head).await.answer().await;
    assert_eq!(
        answer.header("content-encoding"),
        Some("gzip"),
        "{answer:?}"
    );
    assert!(answer.body.starts_with(&[0x1f, 0x8b]), "{answer:?}");
    assert!(answer.is_whole, "{answer:?}");
}

pub(super) fn cases() -> Vec<Case> {
    let text = Request("GET", "/text", 200);
    vec![
        gets("a body whose length is known", "/text", 200),
        gets("a body in chunks", "/chunked", 200),
        gets("a stream without a chunk", "/empty-stream", 200),
        gets("a body that is empty", "/empty", 200),
        gets("304 ends with its head", "/unchanged", 304),
        gets("an error of the handler's own", "/broken", 500),
        gets("a body that pauses", "/half", 200),
        discards("a gibibyte in chunks", "/gibibyte"),
        discards("a gibibyte whose length is known", "/sized-gibibyte"),
        case("compressed inside of the middleware", |at: At| async move {
            compressed(at, "/text").await;
        })
        .with(With::Inside(Around::Compression))
        .makes([text]),
        case(
            "compressed outside of the middleware",
            |at: At| async move {
                compressed(at, "/text").await;
            },
        )
        .with(With::Outside(Around::Compression))
        .makes([text]),
        case(
            "a body that fails, compressed outside",
            |at: At| async move {
                let head = "GET /fail HTTP/1.1\r\nhost: test\r\naccept-encoding: gzip\r\n\r\n";
                at.send(head).await.rest().await;
            },
        )
        .with(With::Outside(Around::Compression))
        .makes([
            Request("GET", "/fail", 200),
            Incomplete("GET", "/fail", "error"),
        ]),
        case("a body that fails", |at: At| async move {
            let answer = at.ask("GET", "/fail").await.rest().await;
            assert!(!answer.contains("\r\n0\r\n"), "{answer}");
        })
        .makes([
            Request("GET", "/fail", 200),
            Incomplete("GET", "/fail", "error"),
        ]),
        case(
            "a body that is shorter than its head promises",
            |at: At| async move {
                // The server closes, maybe before it has sent anything.
                let answer = at.ask("GET", "/short").await.rest().await;
                assert!(answer.is_empty() || answer.ends_with("12345"), "{answer}");
            },
        )
        .makes([
            Request("GET", "/short", 200),
            Incomplete("GET", "/short", "error"),
        ]),
        case(
            "the first three of many events, then the client leaves",
            |at: At| async move {
                let mut client = at.ask("GET", "/events").await;
                let head = client.head().await;
                assert_eq!(head.header("content-type"), Some("text/event-stream"));
                client.take_until("data: 3\n\n").await.expect("three come");
                at.in_flight(1).await;
            },
        )
        .makes(cut_off("/events")),
        case("a scrape is a request as well", |at: At| async move {
            let answer = at.fetch("GET", "/metrics").await;
            let own = r#"http_requests_in_flight{method="GET",route="/metrics"} 1"#;
            assert!(answer.text().contains(own), "{answer:?}");
        })
        .makes([Request("GET", "/metrics", 200)]),
        case("the page takes no POST", |at: At| async move {
            at.expect("POST", "/metrics", 405).await;
        })
        .makes([Request("POST", "/metrics", 405)]),
        gets("events until there are no more", "/few-events", 200),
    ]
}
