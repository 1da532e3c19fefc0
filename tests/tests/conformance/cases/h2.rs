//! HTTP/2, with prior knowledge.

use bytes::Bytes;
use h2::Reason;
use h2::client::ResponseFuture;

use crate::case::{Case, case};
use crate::client::{At, Frames, GOAWAY, H2, HEADERS, read};
use crate::difference::Change::{Incomplete, Panic, Request};
use crate::difference::cut_off;
use crate::subjects::STREAMS_ARE_TASKS;

/// h2 0.3, which actix has, takes the last stream that a client wants for one of the client's own.
const H2_03_SAYS_GOODBYE: &str = "the HTTP/2 of actix resets all streams when its client says \
    goodbye";

pub(super) fn cases() -> Vec<Case> {
    let things = Request("GET", "/things", 200);
    let never = Request("GET", "/never", 499);
    let slow = Request("GET", "/slow", 200);
    let in_flight = [never, cut_off("/forever")[0], cut_off("/forever")[1]];
    vec![
        case("h2: a request", |at: At| async move {
            let answer = at.h2().await.fetch("GET", "/things", &[]).await;
            assert_eq!((answer.status, &answer.body[..]), (200, &b"fine"[..]));
        })
        .makes([things]),
        case(
            "h2: HEAD, and a path that no route matches",
            |at: At| async move {
                let mut client = at.h2().await;
                let (head, _) = client.send("HEAD", "/things", &[], false).await;
                assert_eq!(head.await.expect("a head").status(), 200);
                assert_eq!(client.fetch("GET", "/nowhere", &[]).await.status, 404);
            },
        )
        .makes([
            Request("HEAD", "/things", 200),
            Request("GET", "unmatched", 404),
        ]),
        case("h2: two streams at once", |at: At| async move {
            let mut client = at.h2().await;
            let (first, _) = client.get("/slow").await;
            let (second, _) = client.get("/slow").await;
            at.in_flight(2).await;
            assert_eq!(first.await.expect("a head").status(), 200);
            assert_eq!(second.await.expect("a head").status(), 200);
            at.counted(2).await;
        })
        .makes([slow; 2]),
        case("h2: a request body", |at: At| async move {
            let mut client = at.h2().await;
            let (answer, mut body) = client.send("POST", "/echo", &[], true).await;
            body.send_data(Bytes::from("01234"), false).expect("open");
            body.send_data(Bytes::from("56789"), true).expect("open");
            assert_eq!(answer.await.expect("a head").status(), 200);
            at.counted(1).await;
        })
        .makes([Request("POST", "/echo", 200)]),
        case(
            "h2: a stream that is reset before the head",
            |at: At| async move {
                let _client = reset_before_the_head(&at, "/never").await;
                at.counted(1).await;
            },
        )
        .makes([never])
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "h2: a stream that is reset before the head, and the server ends",
            |at: At| async move {
                let _client = reset_before_the_head(&at, "/never").await;
                at.abort().await;
            },
        )
        .makes([never]),
        case(
            "h2: a stream that is reset before a head that comes",
            |at: At| async move {
                let _client = reset_before_the_head(&at, "/slow").await;
                at.counted(1).await;
            },
        )
        // The handler has answered, and nobody was there.
        .makes(cut_off("/slow"))
        .only("actix", STREAMS_ARE_TASKS),
        case("h2: a stream that is reset in the body", |at| {
            reset_in_the_body(at, "/forever")
        })
        .makes(cut_off("/forever"))
        .except("actix", STREAMS_ARE_TASKS),
        case("h2: a stream that is reset in a body that goes on", |at| {
            reset_in_the_body(at, "/half")
        })
        .makes(cut_off("/half")),
        case("h2: a stream that is reset in a gibibyte", |at| {
            reset_in_the_body(at, "/gibibyte")
        })
        .makes(cut_off("/gibibyte")),
        case(
            "h2: a stream that is reset in the body of the request",
            |at: At| async move {
                let mut client = at.h2().await;
                let (_answer, mut body) = client.send("POST", "/echo", &[], true).await;
                body.send_data(Bytes::from("01234"), false).expect("open");
                at.in_flight(1).await;
                body.send_reset(Reason::CANCEL);
                at.counted(1).await;
            },
        )
        // The handler that reads is told, and has the last word.
        .makes([Request("POST", "/echo", 400)]),
        case("h2: one of two streams is reset", |at: At| async move {
            let _client = reset_one_of_two(&at).await;
            at.counted(2).await;
        })
        .makes([never, slow])
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "h2: one of two streams is reset, and the server ends",
            |at: At| async move {
                let _client = reset_one_of_two(&at).await;
                at.abort().await;
            },
        )
        .makes([never, slow]),
        case("h2: trailers", |at: At| async move {
            let answer = at.h2().await.fetch("GET", "/trailers", &[]).await;
            let trailers = answer.trailers.expect("there are trailers");
            assert_eq!(trailers["checksum"], "7");
        })
        .makes([Request("GET", "/trailers", 200)])
        .except("actix", "a body of actix has no trailers"),
        case("h2: trailers that are not sent", |at: At| async move {
            let answer = at.h2().await.fetch("GET", "/trailers", &[]).await;
            assert_eq!(answer.body, b"data");
            assert!(answer.trailers.is_none(), "{answer:?}");
        })
        .makes([Request("GET", "/trailers", 200)])
        .only("actix", "a body of actix has no trailers"),
        case("h2: a body that fails", |at: At| async move {
            let mut client = at.h2().await;
            let (answer, _) = client.get("/fail").await;
            let _ = answer.await;
            at.counted(1).await;
        })
        .makes([
            Request("GET", "/fail", 200),
            Incomplete("GET", "/fail", "error"),
        ]),
        case("h2: a panic in the handler", |at: At| async move {
            let mut client = at.h2().await;
            let (answer, _) = client.get("/panic").await;
            assert!(answer.await.is_err());
        })
        .makes([Request("GET", "/panic", 500), Panic("GET", "/panic")]),
        case("h2: a panic in the body", |at: At| async move {
            let mut client = at.h2().await;
            let (answer, _) = client.get("/panic-in-body").await;
            if let Ok(answer) = answer.await {
                assert!(read(answer).await.is_err());
            }
        })
        .makes([
            Request("GET", "/panic-in-body", 200),
            Panic("GET", "/panic-in-body"),
            Incomplete("GET", "/panic-in-body", "panic"),
        ]),
        case(
            "h2: a connection that closes with streams in flight",
            |at: At| async move {
                drop(two_in_flight(&at).await);
            },
        )
        .makes(in_flight)
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "h2: a connection that closes with streams in flight, and the server ends",
            |at: At| async move {
                drop(two_in_flight(&at).await);
                at.abort().await;
            },
        )
        .makes(in_flight),
        case(
            "h2: a client that says goodbye and waits",
            |at: At| async move {
                let mut client = asked_in_frames(&at, "/slow").await;
                client.send(GOAWAY, 0, 0, &[0; 8]).await;
                assert!(client.saw("at last").await);
            },
        )
        .makes([slow])
        .except("actix", H2_03_SAYS_GOODBYE),
        case(
            "h2: a client that says goodbye and is not served",
            |at: At| async move {
                let mut client = asked_in_frames(&at, "/slow").await;
                client.send(GOAWAY, 0, 0, &[0; 8]).await;
                assert!(!client.saw("at last").await);
                at.counted(1).await;
            },
        )
        // The handler has answered, and nobody was there.
        .makes(cut_off("/slow"))
        .only("actix", H2_03_SAYS_GOODBYE),
        case(
            "h2: a client that breaks the protocol with a stream in flight",
            |at: At| async move { break_the_protocol(&at).await },
        )
        .makes([never])
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "h2: a client that breaks the protocol, and the server ends",
            |at: At| async move {
                break_the_protocol(&at).await;
                at.abort().await;
            },
        )
        .makes([never]),
        case("h2: a preface, and no request", |at: At| async move {
            drop(at.frames().await);
        }),
    ]
}

/// Resets a stream whose handler runs; the connection is open as long as what this gives.
async fn reset_before_the_head(at: &At, path: &str) -> (H2, ResponseFuture) {
    let mut client = at.h2().await;
    let (answer, mut stream) = client.get(path).await;
    at.in_flight(1).await;
    stream.send_reset(Reason::CANCEL);
    (client, answer)
}

/// Resets a stream whose answer has begun.
async fn reset_in_the_body(at: At, path: &str) {
    let mut client = at.h2().await;
    let (_body, mut stream) = client.begin(path).await;
    stream.send_reset(Reason::CANCEL);
    at.counted(1).await;
}

/// Resets one of two streams, and reads the answer on the other.
async fn reset_one_of_two(at: &At) -> (H2, ResponseFuture) {
    let mut client = at.h2().await;
    let (answer, mut stream) = client.get("/never").await;
    let (other, _) = client.get("/slow").await;
    at.in_flight(2).await;
    stream.send_reset(Reason::CANCEL);
    let other = read(other.await.expect("a head")).await;
    assert_eq!(other.expect("a body").body, b"at last");
    (client, answer)
}

/// A connection with two streams in flight, one of them in its body.
async fn two_in_flight(at: &At) -> impl Sized {
    let mut client = at.h2().await;
    let never = client.get("/never").await;
    let forever = client.begin("/forever").await;
    at.in_flight(2).await;
    // The connection first: it closes with both.
    (client, never, forever)
}

/// A connection on which a request is in flight.
async fn asked_in_frames(at: &At, path: &str) -> Frames {
    let mut client = at.frames().await;
    client.get(1, path).await;
    at.in_flight(1).await;
    client
}

/// Breaks the protocol with a request in flight, and waits until the server hangs up.
async fn break_the_protocol(at: &At) {
    let mut client = asked_in_frames(at, "/never").await;
    // Headers belong to a stream, and 0 is none.
    client.send(HEADERS, 0x5, 0, &[0x82]).await;
    client.rest().await;
}
