//! What only HTTP/1 has: connections that are kept, pipelines, and what is no HTTP at all.

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::{Incomplete, Request};

pub(super) fn cases() -> Vec<Case> {
    let things = Request("GET", "/things", 200);
    vec![
        case("several requests on one connection", |at: At| async move {
            let mut client = at.connect().await;
            for _ in 0..3 {
                client
                    .send("GET /things HTTP/1.1\r\nhost: test\r\n\r\n")
                    .await;
                assert_eq!(client.answer().await.text(), "fine");
            }
            client
                .send("GET /chunked HTTP/1.1\r\nhost: test\r\n\r\n")
                .await;
            assert_eq!(client.answer().await.text(), "onetwothree");
        })
        .makes([things, things, things, Request("GET", "/chunked", 200)]),
        case("several requests in one write", |at: At| async move {
            let request = "GET /things HTTP/1.1\r\nhost: test\r\n\r\n";
            let mut client = at.send(&request.repeat(3)).await;
            for _ in 0..3 {
                assert_eq!(client.answer().await.text(), "fine");
            }
        })
        .makes([things; 3]),
        case(
            "a pipeline that is left in its second answer",
            |at: At| async move {
                let things = "GET /things HTTP/1.1\r\nhost: test\r\n\r\n";
                let gibibyte = "GET /gibibyte HTTP/1.1\r\nhost: test\r\n\r\n";
                let mut client = at.send(&[things, gibibyte, things].concat()).await;
                assert_eq!(client.answer().await.text(), "fine");
                client.take(1 << 22).await;
                at.in_flight(1).await;
            },
        )
        .makes([
            things,
            Request("GET", "/gibibyte", 200),
            Incomplete("GET", "/gibibyte", "cancelled"),
        ]),
        case("HTTP/1.0", |at: At| async move {
            let answer = at.send("GET /things HTTP/1.0\r\n\r\n").await.answer().await;
            assert_eq!(answer.text(), "fine");
        })
        .makes([things]),
        case(
            "a stream to HTTP/1.0 ends with the connection",
            |at: At| async move {
                let mut client = at.send("GET /chunked HTTP/1.0\r\n\r\n").await;
                let answer = client.rest().await;
                assert!(answer.ends_with("onetwothree"), "{answer}");
            },
        )
        .makes([Request("GET", "/chunked", 200)])
        .except(
            "actix",
            "actix sends a stream in chunks, to HTTP/1.0 as well",
        ),
        case("a stream to HTTP/1.0 in chunks", |at: At| async move {
            let mut client = at.send("GET /chunked HTTP/1.0\r\n\r\n").await;
            assert_eq!(client.answer().await.text(), "onetwothree");
        })
        .makes([Request("GET", "/chunked", 200)])
        .only("actix", "others know that HTTP/1.0 has no chunks"),
        case("a connection that is to be closed", |at: At| async move {
            let head = "GET /things HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
            let answer = at.send(head).await.rest().await;
            assert!(answer.ends_with("fine"), "{answer}");
        })
        .makes([things]),
        case("bytes that are no HTTP", |at: At| async move {
            let mut client = at.connect().await;
            client
                .send_bytes(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\r\n\r\n")
                .await;
            client.rest().await;
        }),
        case("a request line that is none", |at: At| async move {
            at.send("GET\r\n\r\n").await.rest().await;
        }),
        case("no HTTP after a request", |at: At| async move {
            let mut client = at.ask("GET", "/things").await;
            assert_eq!(client.answer().await.text(), "fine");
            client.send("what?\r\n\r\n").await;
            client.rest().await;
        })
        .makes([things]),
        case("a header that is too large", |at: At| async move {
            let mut client = at.send("GET /things HTTP/1.1\r\nhost: test\r\nx: ").await;
            client.send_as_far_as_it_goes(&"x".repeat(1 << 20)).await;
            client.rest().await;
        }),
        case("a length that is no number", |at: At| async move {
            let head = "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: ten\r\n\r\n";
            at.send(head).await.rest().await;
        }),
    ]
}
