//! What stands around the middleware, and what it stands around.

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::Request;
use crate::difference::cut_off;
use crate::subjects::Around::{Error, Guard, Metrics, Refuse, Replace, Timeout, TrimSlash};
use crate::subjects::With::{Inside, Outside};

fn gets(name: &'static str, path: &'static str, status: u16) -> Case {
    case(name, move |at: At| async move {
        at.expect("GET", path, status).await;
    })
}

/// Asks where what comes back is not the point, if anything does.
fn asks(name: &'static str, path: &'static str) -> Case {
    case(name, move |at: At| async move {
        let head = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        at.send(&head).await.rest().await;
    })
}

pub(super) fn cases() -> Vec<Case> {
    let things = Request("GET", "/things", 200);
    let forever = cut_off("/forever");
    vec![
        gets("a timeout outside is a client that left", "/never", 504)
            .with(Outside(Timeout))
            .makes([Request("GET", "/never", 499)]),
        gets("a timeout inside is its status", "/never", 504)
            .with(Inside(Timeout))
            .makes([Request("GET", "/never", 504)]),
        gets("a timeout that does not fire", "/things", 200)
            .with(Outside(Timeout))
            .with(Inside(Timeout))
            .makes([things]),
        case(
            "a timeout outside is over when there is a head",
            |at: At| async move {
                let _client = at.in_the_body_of("/forever").await;
                tokio::time::sleep(crate::subjects::TIMEOUT * 2).await;
                at.in_flight(1).await;
            },
        )
        .with(Outside(Timeout))
        .makes(forever),
        gets(
            "a guard outside refuses what is not counted",
            "/things",
            403,
        )
        .with(Outside(Guard)),
        gets("a guard inside refuses", "/users/7", 403)
            .with(Inside(Guard))
            .makes([Request("GET", "/users/{id}", 403)]),
        asks("an error of a layer outside is not counted", "/things").with(Outside(Error)),
        asks("an error of a layer inside", "/users/7")
            .with(Inside(Error))
            .makes([Request("GET", "/users/{id}", 500)]),
        gets("an error that says its status", "/users/7", 401)
            .with(Inside(Refuse))
            .makes([Request("GET", "/users/{id}", 401)])
            .except(
                "hyper",
                "to hyper an error is the end of a connection, whatever it says",
            ),
        gets("slashes that are taken off outside", "/users/7/", 200)
            .with(Outside(TrimSlash))
            .makes([Request("GET", "/users/{id}", 200)]),
        gets("slashes that are taken off inside", "/users/7/", 200)
            .with(Inside(TrimSlash))
            .makes([Request("GET", "/users/{id}", 200)])
            .only(
                "actix",
                "a route that is told before the middleware does not change inside",
            ),
        gets(
            "an answer that is replaced outside was cut off",
            "/text",
            503,
        )
        .with(Outside(Replace))
        .makes(cut_off("/text")),
        gets("an answer that is replaced inside", "/text", 503)
            .with(Inside(Replace))
            .makes([Request("GET", "/text", 503)]),
        gets("a second layer of the same metrics outside", "/things", 200)
            .with(Outside(Metrics))
            .makes([things]),
        gets("a second layer of the same metrics inside", "/things", 200)
            .with(Inside(Metrics))
            .makes([things]),
        case(
            "a client that leaves below two layers",
            |at: At| async move {
                let _client = at.in_the_body_of("/forever").await;
            },
        )
        .with(Outside(Metrics))
        .makes(forever),
    ]
}
