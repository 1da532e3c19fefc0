//! Methods: the nine that there are, and what is none of them.

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::Request;

/// A request without body that is answered with this status.
fn asks(name: &'static str, method: &'static str, path: &'static str, status: u16) -> Case {
    case(name, move |at: At| async move {
        at.expect(method, path, status).await;
    })
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        asks("GET", "GET", "/things", 200).makes([Request("GET", "/things", 200)]),
        asks("HEAD ends with its head", "HEAD", "/things", 200)
            .makes([Request("HEAD", "/things", 200)]),
        asks("HEAD of a route without GET", "HEAD", "/echo", 405)
            .makes([Request("HEAD", "/echo", 405)]),
        asks("HEAD of a stream", "HEAD", "/chunked", 200).makes([Request("HEAD", "/chunked", 200)]),
        asks("POST", "POST", "/things", 200).makes([Request("POST", "/things", 200)]),
        asks("PUT", "PUT", "/things", 200).makes([Request("PUT", "/things", 200)]),
        asks("PATCH", "PATCH", "/things", 200).makes([Request("PATCH", "/things", 200)]),
        asks("DELETE", "DELETE", "/things", 204).makes([Request("DELETE", "/things", 204)]),
        asks("OPTIONS", "OPTIONS", "/things", 204).makes([Request("OPTIONS", "/things", 204)]),
        asks("OPTIONS of the server as such", "OPTIONS", "*", 404).makes([Request(
            "OPTIONS",
            "unmatched",
            404,
        )]),
        asks("TRACE", "TRACE", "/things", 200).makes([Request("TRACE", "/things", 200)]),
        asks("CONNECT to another host", "CONNECT", "elsewhere:443", 404).makes([Request(
            "CONNECT",
            "unmatched",
            404,
        )]),
        asks("a method that nobody knows", "BREW", "/things", 405)
            .makes([Request("_OTHER", "/things", 405)]),
        asks("a method in lower case", "get", "/things", 405)
            .makes([Request("_OTHER", "/things", 405)]),
        case("many methods that nobody knows", |at: At| async move {
            for number in 0..20 {
                at.expect(&format!("BREW{number}"), "/nowhere", 404).await;
            }
        })
        .makes([Request("_OTHER", "unmatched", 404); 20]),
        asks(
            "a method that the route does not have",
            "DELETE",
            "/users/1",
            405,
        )
        .makes([Request("DELETE", "/users/{id}", 405)]),
    ]
}
