//! Routes: which pattern a path is counted under, or none.

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::Request;
use crate::subjects::With;

fn gets(name: &'static str, path: impl Into<String>, status: u16) -> Case {
    let path = path.into();
    case(name, move |at: At| {
        let path = path.clone();
        async move { at.expect("GET", &path, status).await }
    })
}

pub(super) fn cases() -> Vec<Case> {
    let user = Request("GET", "/users/{id}", 200);
    let file = Request("GET", "/files/{*path}", 200);
    let nowhere = Request("GET", "unmatched", 404);
    let mounted = Request("GET", "/mounted/users/{id}", 200);
    vec![
        gets("a route with a parameter", "/users/7", 200).makes([user]),
        gets("a path that no route matches", "/nowhere", 404).makes([nowhere]),
        gets("the root, which is no route", "/", 404).makes([nowhere]),
        gets("a path with two slashes", "//users//7", 404).makes([nowhere]),
        gets("a slash too many at the end", "/users/7/", 404).makes([nowhere]),
        gets("a parameter that is missing", "/users/", 404).makes([nowhere]),
        gets(
            "a query is no part of the route",
            "/users/7?page=2&x=/y",
            200,
        )
        .makes([user]),
        gets("a wildcard", "/files/a/b/c.txt", 200).makes([file]),
        gets(
            "a slash as percent and digits stays in its segment",
            "/users/a%2Fb",
            200,
        )
        .makes([user]),
        gets("a path that is no UTF-8 once decoded", "/files/%ff%fe", 200).makes([file]),
        gets(
            "a very long path",
            format!("/files/{}", "long/".repeat(3000)) + "end",
            200,
        )
        .makes([file]),
        gets(
            "a very long path that no route matches",
            format!("/{}", "long/".repeat(3000)),
            404,
        )
        .makes([nowhere]),
        gets(
            "a request target with scheme and host",
            "http://test/users/7",
            200,
        )
        .makes([user]),
        gets("a route of a merged router", "/merged/7", 200).makes([Request(
            "GET",
            "/merged/{id}",
            200,
        )]),
        gets("a route of a nested router", "/nested/users/7", 200).makes([Request(
            "GET",
            "/nested/users/{id}",
            200,
        )]),
        gets(
            "a route of a router nested in a nested one",
            "/nested/deeper/users/7",
            200,
        )
        .makes([Request("GET", "/nested/deeper/users/{id}", 200)]),
        gets(
            "a path that no route of a router nested in a nested one matches",
            "/nested/deeper/nowhere",
            404,
        )
        .makes([nowhere]),
        gets("a fallback of a nested router", "/nested/nowhere", 200)
            .with(With::NestedFallback)
            .makes([Request("GET", "unmatched", 200)]),
        gets(
            "a fallback of a nested router, and nothing nested",
            "/nowhere",
            404,
        )
        .with(With::NestedFallback)
        .makes([nowhere]),
        gets(
            "a guard that lets nobody to the route",
            "/nested/users/7",
            404,
        )
        .with(With::Guarded)
        .makes([nowhere])
        .only(
            "actix",
            "only actix has guards, which are a part of its routes",
        ),
        case(
            "a guard that lets somebody to the route",
            |at: At| async move {
                let head = "GET /nested/users/7 HTTP/1.1\r\nhost: test\r\nx-key: 1\r\n\r\n";
                assert_eq!(at.send(head).await.answer().await.status, 200);
            },
        )
        .with(With::Guarded)
        .makes([Request("GET", "/nested/users/{id}", 200)])
        .only(
            "actix",
            "only actix has guards, which are a part of its routes",
        ),
        gets(
            "a path that no route of a nested router matches",
            "/nested/nowhere",
            404,
        )
        .makes([nowhere]),
        gets(
            "a route of a mounted service with a layer of its own",
            "/mounted/users/7",
            200,
        )
        .makes([mounted]),
        gets(
            "a path that no route of a mounted service matches",
            "/mounted/nowhere",
            404,
        )
        .makes([nowhere]),
        gets("a fallback", "/nowhere", 200)
            .with(With::Fallback)
            .makes([Request("GET", "unmatched", 200)]),
        gets(
            "a route that says that there is no such thing",
            "/missing",
            404,
        )
        .makes([Request("GET", "/missing", 404)]),
        gets(
            "an extractor that says that there is no such thing",
            "/lost/7",
            404,
        )
        .makes([Request("GET", "/lost/{id}", 404)]),
        case("many paths that no route matches", |at: At| async move {
            for number in 0..20 {
                at.expect("GET", &format!("/nowhere/{number}"), 404).await;
            }
        })
        .makes([nowhere; 20]),
    ]
}
