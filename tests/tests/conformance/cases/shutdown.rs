//! The server ends before the requests do.

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::Request;
use crate::difference::cut_off;

pub(super) fn cases() -> Vec<Case> {
    let forever = cut_off("/forever");
    vec![
        case("a shutdown waits for the answer", |at: At| async move {
            let mut client = at.ask("GET", "/slow").await;
            at.in_flight(1).await;
            let ((), answer) = tokio::join!(at.shut_down(), client.answer());
            assert_eq!(answer.text(), "at last");
        })
        .makes([Request("GET", "/slow", 200)]),
        case(
            "a shutdown waits for the end of the body",
            |at: At| async move {
                let mut client = at.ask("GET", "/half").await;
                client.take_until("the first half").await.expect("it comes");
                at.in_flight(1).await;
                let ((), rest) = tokio::join!(at.shut_down(), client.rest());
                assert!(rest.contains("the second"), "{rest}");
            },
        )
        .makes([Request("GET", "/half", 200)]),
        case(
            "h2: a shutdown waits for the streams",
            |at: At| async move {
                let mut client = at.h2().await;
                let (answer, _) = client.get("/slow").await;
                at.in_flight(1).await;
                let ((), answer) = tokio::join!(at.shut_down(), answer);
                assert_eq!(answer.expect("a head").status(), 200);
            },
        )
        .makes([Request("GET", "/slow", 200)]),
        case("a shutdown with nobody there", |at: At| async move {
            at.expect("GET", "/things", 200).await;
            at.shut_down().await;
        })
        .makes([Request("GET", "/things", 200)]),
        case(
            "a server that is gone at once, before the head",
            |at: At| async move {
                let mut client = at.ask("GET", "/never").await;
                at.in_flight(1).await;
                at.abort().await;
                assert_eq!(client.rest().await, "");
            },
        )
        .makes([Request("GET", "/never", 499)]),
        case(
            "a server that is gone at once, in the body",
            |at: At| async move {
                let mut client = at.in_the_body_of("/forever").await;
                at.abort().await;
                assert!(!client.rest().await.contains("0\r\n\r\n"));
            },
        )
        .makes(forever),
        case("h2: a server that is gone at once", |at: At| async move {
            let mut client = at.h2().await;
            let (answer, _stream) = client.get("/never").await;
            at.in_flight(1).await;
            at.abort().await;
            assert!(answer.await.is_err());
        })
        .makes([Request("GET", "/never", 499)]),
    ]
}
