//! Requests with a body.

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::Request;

const SIZED: &str = "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n";
const CHUNKED: &str = "POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n";

pub(super) fn cases() -> Vec<Case> {
    let echoed = Request("POST", "/echo", 200);
    // The handler that reads is told, and has the last word.
    let left = Request("POST", "/echo", 400);
    vec![
        case(
            "a request body whose length is known",
            |at: At| async move {
                let mut client = at.send(SIZED).await;
                client.send("0123456789").await;
                assert_eq!(client.answer().await.text(), "0123456789");
            },
        )
        .makes([echoed]),
        case("a request body in chunks", |at: At| async move {
            let mut client = at.send(CHUNKED).await;
            client.send("5\r\n01234\r\n").await;
            client.send("5\r\n56789\r\n0\r\n\r\n").await;
            assert_eq!(client.answer().await.text(), "0123456789");
        })
        .makes([echoed]),
        case("a request body that nobody reads", |at: At| async move {
            let head = "POST /refuse HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n";
            let mut client = at.send(head).await;
            client.send("0123456789").await;
            assert_eq!(client.answer().await.status, 413);
        })
        .makes([Request("POST", "/refuse", 413)]),
        case(
            "100 Continue, and the body is wanted",
            |at: At| async move {
                let mut client = at
                    .send(
                        "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\
                     expect: 100-continue\r\n\r\n",
                    )
                    .await;
                assert_eq!(client.head().await.status, 100);
                client.send("body").await;
                let answer = client.answer().await;
                assert_eq!((answer.status, answer.text().as_str()), (200, "body"));
            },
        )
        .makes([echoed]),
        case(
            "100 Continue, and the body is refused",
            |at: At| async move {
                let mut client = at
                    .send(
                        "POST /refuse HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\
                     expect: 100-continue\r\n\r\n",
                    )
                    .await;
                let mut answer = client.answer().await;
                // Some servers ask for the body before they ask the handler.
                if answer.status == 100 {
                    answer = client.answer().await;
                }
                assert_eq!(answer.status, 413);
            },
        )
        .makes([Request("POST", "/refuse", 413)]),
        case(
            "a client that leaves in the middle of its body",
            |at: At| async move {
                let mut client = at.send(SIZED).await;
                client.send("01234").await;
                at.in_flight(1).await;
            },
        )
        .makes([left]),
        case(
            "a client that leaves in the middle of its chunked body",
            |at: At| async move {
                let mut client = at.send(CHUNKED).await;
                client.send("5\r\n01234\r\n").await;
                at.in_flight(1).await;
            },
        )
        .makes([left]),
        case(
            "a client that leaves in the middle of a chunk",
            |at: At| async move {
                let mut client = at.send(CHUNKED).await;
                client.send("a\r\n01234").await;
                at.in_flight(1).await;
            },
        )
        .makes([left]),
    ]
}
