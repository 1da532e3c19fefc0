//! Panics, in each place, with and without something that catches them.

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::{Incomplete, Panic, Request};
use crate::subjects::Around::CatchPanic;
use crate::subjects::With::{Inside, Outside};

/// Asks and reads whatever comes until the server closes, or the answer is there.
fn asks(name: &'static str, path: &'static str) -> Case {
    case(name, move |at: At| async move {
        let head = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        at.send(&head).await.rest().await;
    })
}

pub(super) fn cases() -> Vec<Case> {
    let handler = [Request("GET", "/panic", 500), Panic("GET", "/panic")];
    let extractor = [
        Request("GET", "/panic-in-extractor", 500),
        Panic("GET", "/panic-in-extractor"),
    ];
    let body = [
        Request("GET", "/panic-in-body", 200),
        Panic("GET", "/panic-in-body"),
        Incomplete("GET", "/panic-in-body", "panic"),
    ];
    vec![
        asks("a panic in the handler", "/panic").makes(handler),
        asks("a panic in the handler, caught outside", "/panic")
            .with(Outside(CatchPanic))
            .makes(handler),
        asks("a panic in the handler, caught inside", "/panic")
            .with(Inside(CatchPanic))
            .makes([handler[0]]),
        asks("a panic in an extractor", "/panic-in-extractor").makes(extractor),
        asks(
            "a panic in an extractor, caught outside",
            "/panic-in-extractor",
        )
        .with(Outside(CatchPanic))
        .makes(extractor),
        asks(
            "a panic in an extractor, caught inside",
            "/panic-in-extractor",
        )
        .with(Inside(CatchPanic))
        .makes([extractor[0]]),
        asks("a panic in the body", "/panic-in-body").makes(body),
        asks(
            "a panic in the body, with a catcher outside",
            "/panic-in-body",
        )
        .with(Outside(CatchPanic))
        .makes(body),
        asks(
            "a panic in the body, with a catcher inside",
            "/panic-in-body",
        )
        .with(Inside(CatchPanic))
        .makes(body),
        case("a server that goes on after a panic", |at: At| async move {
            at.ask("GET", "/panic").await.rest().await;
            at.expect("GET", "/things", 200).await;
        })
        .makes([handler[0], handler[1], Request("GET", "/things", 200)]),
    ]
}
