//! Calls in the manner of gRPC: the status of HTTP is 200 whatever happened, the code of gRPC is
//! in the trailers, or in the head where there are no others.

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change;
use crate::difference::Change::{Grpc, Incomplete, Request};
use crate::subjects::STREAMS_ARE_TASKS;

const HEADERS: &[(&str, &str)] = &[("content-type", "application/grpc"), ("te", "trailers")];

const NO_TRAILERS: &str = "a body of actix has no trailers, so there is no code in them";

/// A call whose code is in the trailers.
fn calls(name: &'static str, route: &'static str, code: Option<&'static str>) -> Case {
    case(name, move |at: At| async move {
        let answer = at.h2().await.fetch("POST", route, HEADERS).await;
        assert_eq!(answer.status, 200);
        let code_found = answer.trailers.as_ref().map(|map| &map["grpc-status"]);
        assert_eq!(code_found.and_then(|code| code.to_str().ok()), code);
    })
}

fn counts(route: &'static str, status: u16, code: &'static str) -> [Change; 2] {
    [Request("POST", route, status), Grpc(route, code)]
}

pub(super) fn cases() -> Vec<Case> {
    const OK: &str = "/greeter.Greeter/Ok";
    const FAILS: &str = "/greeter.Greeter/Fails";
    const REFUSES: &str = "/greeter.Greeter/Refuses";
    const SILENT: &str = "/greeter.Greeter/Silent";
    const STREAMS: &str = "/greeter.Greeter/Streams";
    const PAUSES: &str = "/greeter.Greeter/Pauses";
    const HANGS: &str = "/greeter.Greeter/Hangs";
    vec![
        calls("gRPC: OK in the trailers", OK, Some("0"))
            .makes(counts(OK, 200, "OK"))
            .except("actix", NO_TRAILERS),
        calls("gRPC: an error in the trailers", FAILS, Some("13"))
            .makes(counts(FAILS, 200, "INTERNAL"))
            .except("actix", NO_TRAILERS),
        calls("gRPC: a code in trailers that are not sent", FAILS, None)
            .makes(counts(FAILS, 200, "UNKNOWN"))
            .only("actix", NO_TRAILERS),
        case("gRPC: an error in the head", |at: At| async move {
            let answer = at.h2().await.fetch("POST", REFUSES, HEADERS).await;
            assert_eq!(answer.headers["grpc-status"], "5");
        })
        .makes(counts(REFUSES, 200, "NOT_FOUND")),
        calls("gRPC: no code", SILENT, None).makes(counts(SILENT, 200, "UNKNOWN")),
        // The answer is HTTP's own, and the code what clients make of that.
        case("gRPC: a service that is not there", |at: At| async move {
            let mut client = at.h2().await;
            let answer = client.fetch("POST", "/greeter.Nobody/Ok", HEADERS).await;
            assert_eq!(answer.status, 404);
        })
        .makes(counts("unmatched", 404, "UNIMPLEMENTED")),
        case("gRPC: a stream that is cancelled", |at: At| async move {
            let mut client = at.h2().await;
            let (answer, mut stream) = client.send("POST", STREAMS, HEADERS, true).await;
            let mut body = answer.await.expect("a head").into_body();
            body.data().await.expect("a message").expect("a message");
            stream.send_reset(h2::Reason::CANCEL);
            at.counted(1).await;
        })
        .makes([
            Request("POST", STREAMS, 200),
            Incomplete("POST", STREAMS, "cancelled"),
            Grpc(STREAMS, "CANCELLED"),
        ])
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "gRPC: a stream that is cancelled and goes on",
            |at: At| async move {
                let mut client = at.h2().await;
                let (answer, mut stream) = client.send("POST", PAUSES, HEADERS, true).await;
                let mut body = answer.await.expect("a head").into_body();
                body.data().await.expect("a message").expect("a message");
                stream.send_reset(h2::Reason::CANCEL);
                at.counted(1).await;
            },
        )
        .makes([
            Request("POST", PAUSES, 200),
            Incomplete("POST", PAUSES, "cancelled"),
            Grpc(PAUSES, "CANCELLED"),
        ]),
        case("gRPC: a call that is cancelled", |at: At| async move {
            let mut client = at.h2().await;
            let (_answer, mut stream) = client.send("POST", HANGS, HEADERS, true).await;
            at.in_flight(1).await;
            stream.send_reset(h2::Reason::CANCEL);
            at.counted(1).await;
        })
        .makes(counts(HANGS, 499, "CANCELLED"))
        .except("actix", STREAMS_ARE_TASKS),
        case(
            "gRPC: a call that is cancelled, and the server ends",
            |at: At| async move {
                let mut client = at.h2().await;
                let (_answer, mut stream) = client.send("POST", HANGS, HEADERS, true).await;
                at.in_flight(1).await;
                stream.send_reset(h2::Reason::CANCEL);
                at.abort().await;
            },
        )
        .makes(counts(HANGS, 499, "CANCELLED")),
    ]
}
