//! HTTP/2, with prior knowledge.

use bytes::Bytes;
use h2::Reason;

use crate::case::{Case, case};
use crate::client::{At, GOAWAY, HEADERS, read};
use crate::difference::Change::{Incomplete, Panic, Request};
use crate::subjects::STREAMS_ARE_TASKS;

/// h2 0.3, which actix has, takes the last stream that a client wants for one of the client's own.
const H2_03_SAYS_GOODBYE: &str = "the HTTP/2 of actix resets all streams when its client says \
    goodbye";

pub(super) fn cases() -> Vec<Case> {
    let things = Request("GET", "/things", 200);
    let never = Request("GET", "/never", 499);
    // The handler has answered, and nobody was there.
    let unsent = [
        Request("GET", "/slow", 200),
        Incomplete("GET", "/slow", "cancelled"),
    ];
    let forever = [
        Request("GET", "/forever", 200),
        Incomplete("GET", "/forever", "cancelled"),
    ];
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
        .makes([Request("GET", "/slow", 200); 2]),
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
                let mut client = at.h2().await;
                let (_answer, mut stream) = client.get("/never").await;
                at.in_flight(1).await;
                stream.send_reset(Reason::CANCEL);
                at.counted(1).await;
            },
        )
        .makes([never])
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "h2: a stream that is reset before the head, and the server ends",
            |at: At| async move {
                let mut client = at.h2().await;
                let (_answer, mut stream) = client.get("/never").await;
                at.in_flight(1).await;
                stream.send_reset(Reason::CANCEL);
                at.abort().await;
            },
        )
        .makes([never]),
        case(
            "h2: a stream that is reset before a head that comes",
            |at: At| async move {
                let mut client = at.h2().await;
                let (_answer, mut stream) = client.get("/slow").await;
                at.in_flight(1).await;
                stream.send_reset(Reason::CANCEL);
                at.counted(1).await;
            },
        )
        .makes(unsent)
        .only("actix", STREAMS_ARE_TASKS),
        case(
            "h2: a stream that is reset in the body",
            |at: At| async move {
                let mut client = at.h2().await;
                let (answer, mut stream) = client.get("/forever").await;
                let mut body = answer.await.expect("a head").into_body();
                body.data().await.expect("a chunk").expect("a chunk");
                stream.send_reset(Reason::CANCEL);
                at.counted(1).await;
            },
        )
        .makes(forever)
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "h2: a stream that is reset in a body that goes on",
            |at: At| async move {
                let mut client = at.h2().await;
                let (answer, mut stream) = client.get("/half").await;
                let mut body = answer.await.expect("a head").into_body();
                body.data().await.expect("a chunk").expect("a chunk");
                stream.send_reset(Reason::CANCEL);
                at.counted(1).await;
            },
        )
        .makes([
            Request("GET", "/half", 200),
            Incomplete("GET", "/half", "cancelled"),
        ]),
        case(
            "h2: a stream that is reset in a gibibyte",
            |at: At| async move {
                let mut client = at.h2().await;
                let (answer, mut stream) = client.get("/gibibyte").await;
                let mut body = answer.await.expect("a head").into_body();
                body.data().await.expect("a chunk").expect("a chunk");
                stream.send_reset(Reason::CANCEL);
                at.counted(1).await;
            },
        )
        .makes([
            Request("GET", "/gibibyte", 200),
            Incomplete("GET", "/gibibyte", "cancelled"),
        ]),
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
            let mut client = at.h2().await;
            let (_answer, mut stream) = client.get("/never").await;
            let (other, _) = client.get("/slow").await;
            at.in_flight(2).await;
            stream.send_reset(Reason::CANCEL);
            assert_eq!(other.await.expect("a head").status(), 200);
            at.counted(2).await;
        })
        .makes([never, Request("GET", "/slow", 200)])
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "h2: one of two streams is reset, and the server ends",
            |at: At| async move {
                let mut client = at.h2().await;
                let (_answer, mut stream) = client.get("/never").await;
                let (other, _) = client.get("/slow").await;
                at.in_flight(2).await;
                stream.send_reset(Reason::CANCEL);
                let other = read(other.await.expect("a head")).await;
                assert_eq!(other.expect("a body").body, b"at last");
                at.abort().await;
            },
        )
        .makes([never, Request("GET", "/slow", 200)]),
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
                let mut client = at.h2().await;
                let (_first, _stream) = client.get("/never").await;
                let (second, _stream) = client.get("/forever").await;
                let mut body = second.await.expect("a head").into_body();
                body.data().await.expect("a chunk").expect("a chunk");
                at.in_flight(2).await;
            },
        )
        .makes([never, forever[0], forever[1]])
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "h2: a connection that closes with streams in flight, and the server ends",
            |at: At| async move {
                let mut client = at.h2().await;
                let (_first, _stream) = client.get("/never").await;
                let (second, _stream) = client.get("/forever").await;
                let mut body = second.await.expect("a head").into_body();
                body.data().await.expect("a chunk").expect("a chunk");
                at.in_flight(2).await;
                drop(client);
                at.abort().await;
            },
        )
        .makes([never, forever[0], forever[1]]),
        case(
            "h2: a client that says goodbye and waits",
            |at: At| async move {
                let mut client = at.frames().await;
                client.get(1, "/slow").await;
                at.in_flight(1).await;
                client.send(GOAWAY, 0, 0, &[0; 8]).await;
                assert!(client.saw("at last").await);
            },
        )
        .makes([Request("GET", "/slow", 200)])
        .except("actix", H2_03_SAYS_GOODBYE),
        case(
            "h2: a client that says goodbye and is not served",
            |at: At| async move {
                let mut client = at.frames().await;
                client.get(1, "/slow").await;
                at.in_flight(1).await;
                client.send(GOAWAY, 0, 0, &[0; 8]).await;
                assert!(!client.saw("at last").await);
                at.counted(1).await;
            },
        )
        .makes(unsent)
        .only("actix", H2_03_SAYS_GOODBYE),
        case(
            "h2: a client that breaks the protocol with a stream in flight",
            |at: At| async move {
                let mut client = at.frames().await;
                client.get(1, "/never").await;
                at.in_flight(1).await;
                // Headers belong to a stream, and 0 is none.
                client.send(HEADERS, 0x5, 0, &[0x82]).await;
                client.rest().await;
            },
        )
        .makes([never])
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "h2: a client that breaks the protocol, and the server ends",
            |at: At| async move {
                let mut client = at.frames().await;
                client.get(1, "/never").await;
                at.in_flight(1).await;
                client.send(HEADERS, 0x5, 0, &[0x82]).await;
                client.rest().await;
                at.abort().await;
            },
        )
        .makes([never]),
        case("h2: a preface, and no request", |at: At| async move {
            drop(at.frames().await);
        }),
    ]
}
