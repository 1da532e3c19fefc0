//! Clients that leave, at every point at which one can.

use std::time::Duration;

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::{Incomplete, Request};
use crate::difference::cut_off;
use crate::subjects::With::HalfClosed;

const HALVES: &str = "`axum::serve` cannot be told that a client that closes its half stays";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "a client that leaves before the head",
            |at: At| async move {
                let _client = at.ask("GET", "/never").await;
                at.in_flight(1).await;
            },
        )
        .makes([Request("GET", "/never", 499)]),
        case(
            "a client that leaves right behind its request",
            |at: At| async move {
                drop(at.ask("GET", "/never").await);
            },
        )
        // A server that sees the end of the connection first has not had a request.
        .makes_some([Request("GET", "/never", 499)], 0),
        case(
            "a client that leaves in the head of its request",
            |at: At| async move {
                let mut client = at.send("GET /things HTTP/1.1\r\nhost: te").await;
                client.finish_sending().await;
                client.rest().await;
            },
        ),
        case("a client that connects and leaves", |at: At| async move {
            let mut client = at.connect().await;
            client.finish_sending().await;
            client.rest().await;
        }),
        case(
            "a client that leaves in a body in chunks",
            |at: At| async move {
                let _client = at.in_the_body_of("/forever").await;
                at.in_flight(1).await;
            },
        )
        .makes(cut_off("/forever")),
        case(
            "a client that leaves in a body whose length is known",
            |at: At| async move {
                let _client = at.in_the_body_of("/sized-forever").await;
                at.in_flight(1).await;
            },
        )
        .makes(cut_off("/sized-forever")),
        case("a client that leaves in a gibibyte", |at: At| async move {
            let mut client = at.ask("GET", "/gibibyte").await;
            client.take(1 << 22).await;
            at.in_flight(1).await;
        })
        .makes(cut_off("/gibibyte")),
        case(
            "a client that breaks the connection before the head",
            |at: At| async move {
                let client = at.ask("GET", "/never").await;
                at.in_flight(1).await;
                client.reset();
            },
        )
        .makes([Request("GET", "/never", 499)]),
        case(
            "a client that breaks the connection in a body",
            |at: At| async move {
                let client = at.in_the_body_of("/forever").await;
                at.in_flight(1).await;
                client.reset();
            },
        )
        .makes(cut_off("/forever")),
        case(
            "a client that is served and leaves afterwards",
            |at: At| async move {
                let mut client = at.ask("GET", "/things").await;
                assert!(client.answer().await.is_whole);
            },
        )
        .makes([Request("GET", "/things", 200)]),
        case(
            "a client that closes its half and is served",
            |at: At| async move {
                let mut client = at.ask("GET", "/slow").await;
                client.finish_sending().await;
                assert_eq!(client.answer().await.text(), "at last");
            },
        )
        .with(HalfClosed)
        .makes([Request("GET", "/slow", 200)])
        .except("axum", HALVES),
        case(
            "a client that leaves a server that allows half",
            |at: At| async move {
                let mut head = at.ask("GET", "/never").await;
                head.finish_sending().await;
                let mut body = at.in_the_body_of("/forever").await;
                body.finish_sending().await;
                // Both may still want the answer, for all that the server knows.
                tokio::time::sleep(Duration::from_millis(100)).await;
                at.in_flight(2).await;
                at.abort().await;
            },
        )
        .with(HalfClosed)
        .makes([
            Request("GET", "/never", 499),
            Request("GET", "/forever", 200),
            Incomplete("GET", "/forever", "cancelled"),
        ])
        .except("axum", HALVES),
        case(
            "a client that breaks a connection that may be half",
            |at: At| async move {
                let client = at.ask("GET", "/never").await;
                at.in_flight(1).await;
                client.reset();
            },
        )
        .with(HalfClosed)
        .makes([Request("GET", "/never", 499)])
        .except("axum", HALVES)
        .except(
            "hyper",
            "hyper that allows half does not read while a handler is asked, so nothing tells it",
        ),
        case(
            "a client that leaves in a gibibyte of a server that allows half",
            |at: At| async move {
                let mut client = at.ask("GET", "/gibibyte").await;
                client.take(1 << 22).await;
                at.in_flight(1).await;
            },
        )
        .with(HalfClosed)
        .makes(cut_off("/gibibyte"))
        .except("axum", HALVES),
    ]
}
