//! Requests that cannot be served, and what they must not change.

use serde_json::json;
use visitor::client::{self, Request};

use crate::support::{
    PASSWORD, assert_error, config, get, learner, log_in, number, register, send, start, total,
};

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_are_clear_errors() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    for path in [
        "/nothing",
        "/users/",
        "/users/7",
        "/metrics/x",
        "//",
        "/%2e%2e/etc/passwd",
    ] {
        let unknown = send(&server, Request::new("GET", path)).await;
        assert_error(&unknown, 404, "unknown_path");
    }
    for (method, path, allow) in [
        ("PUT", "/users", "POST"),
        ("GET", "/sessions", "POST"),
        ("POST", "/courses", "GET"),
        ("BREW", "/courses", "GET"),
        ("PATCH", "/users/me", "GET, DELETE"),
        ("DELETE", "/payments", "GET, POST"),
        ("GET", "/courses/fractions/lessons/1", "POST, PUT"),
        ("POST", "/", "GET"),
    ] {
        let wrong = send(&server, Request::new(method, path).token(&token)).await;
        assert_error(&wrong, 405, "unknown_method");
        assert_eq!(wrong.header("allow"), Some(allow), "{method} {path}");
    }
    let page = send(&server, Request::new("POST", "/metrics")).await;
    assert_eq!(
        (page.status, page.header("allow")),
        (405, Some("GET, HEAD, OPTIONS"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_cannot_be_read_are_clear_errors() {
    let server = start(config()).await;
    let to = |path: &str| Request::new("POST", path);
    let huge = format!("{{\"email\":\"{}\"", "a".repeat(100_000));
    let deep = "[".repeat(10_000);
    for (body, status, code) in [
        (b"".to_vec(), 400, "malformed_json"),
        (b"{\"email\":".to_vec(), 400, "malformed_json"),
        (b"email=ada".to_vec(), 400, "malformed_json"),
        (b"{\"email\":\"\xff\xfe\"}".to_vec(), 400, "malformed_json"),
        (b"[]".to_vec(), 422, "invalid_request"),
        (b"{}".to_vec(), 422, "invalid_request"),
        (
            b"{\"email\":5,\"password\":true}".to_vec(),
            422,
            "invalid_request",
        ),
        (
            b"{\"email\":\"a\",\"password\":\"b\",\"admin\":1}".to_vec(),
            422,
            "invalid_request",
        ),
        (deep.into_bytes(), 422, "invalid_request"),
        (huge.into_bytes(), 413, "body_too_large"),
    ] {
        for path in ["/users", "/sessions"] {
            let refused = send(&server, to(path).body(body.clone())).await;
            assert_error(&refused, status, code);
        }
    }
    let text = to("/users").header("content-type", "text/plain");
    let text = text.header("content-length", "0");
    assert_error(&send(&server, text).await, 415, "wrong_content_type");
    // A body whose length was not announced: chunks, one after the other.
    let mut chunked = b"POST /users HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for _ in 0..100 {
        chunked.extend_from_slice(b"400\r\n");
        chunked.extend_from_slice(&[b' '; 1024]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let refused = client::exchange(server.addr(), &chunked)
        .await
        .expect("an answer");
    assert_error(&refused, 413, "body_too_large");
    assert_eq!(total(&server, "user_registrations_total"), 0.0);
    assert_eq!(number(&server, "SELECT count(*) FROM users").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_in_names_is_a_name() {
    let server = start(config()).await;
    let name = "Robert'); DROP TABLE users;--";
    let email = "x'/**/OR/**/1=1--@example.org";
    let user = json!({ "email": email, "name": name, "password": "' OR 1=1 --" });
    let made = send(&server, Request::new("POST", "/users").json(&user)).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["name"], name);
    let wrong = log_in(&server, email, "' OR 1=1 -- ").await;
    assert_error(&wrong, 401, "bad_credentials");
    let login = log_in(&server, "' OR 1=1 --@", PASSWORD).await;
    assert_error(&login, 401, "bad_credentials");
    assert_eq!(log_in(&server, email, "' OR 1=1 --").await.status, 201);
    for path in [
        "/courses/%27%20OR%201=1--",
        "/courses/%00",
        "/courses/%ff%fe",
    ] {
        let unknown = send(&server, Request::new("GET", path)).await;
        assert!(
            [400, 404].contains(&unknown.status),
            "{path}: {}",
            unknown.status
        );
        assert!(unknown.json()["error"]["code"].is_string(), "{path}");
    }
    assert_eq!(number(&server, "SELECT count(*) FROM users").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_database_tells_nobody_what_it_was() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let storage = server.service().storage();
    let broken: Result<(), azora::storage::StorageError> = storage
        .write(|db| {
            db.execute("ALTER TABLE users RENAME COLUMN name TO title", [])?;
            db.execute("ALTER TABLE payments RENAME TO money", [])?;
            Ok(())
        })
        .await;
    broken.expect("the tables are renamed");
    for response in [
        register(&server, "bob@example.org").await,
        get(&server, "/users/me", &token).await,
        get(&server, "/payments", &token).await,
    ] {
        assert_error(&response, 500, "internal");
        let body = String::from_utf8(response.body)
            .expect("text")
            .to_lowercase();
        for word in ["sql", "select", "users", "column", "table", "azora", "/"] {
            assert!(!body.contains(word), "{word} in {body}");
        }
    }
    // The page goes on without what cannot be read, and says so.
    let page = send(&server, Request::new("GET", "/metrics")).await;
    let page = String::from_utf8(page.body).expect("text");
    assert!(page.contains("vitalsigns_collector_up"), "{page}");
    assert!(!page.contains("platform_payments_unsettled"), "{page}");
    let labels = [("method", "password"), ("outcome", "failed")];
    let failed = crate::support::value(&server, "user_registrations_total", &labels);
    assert_eq!(failed, 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_http_end_the_connection_and_nothing_else() {
    let server = start(config()).await;
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"POST /users HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
    ] {
        let answer = tokio::time::timeout(
            crate::support::DEADLINE,
            client::exchange(server.addr(), bytes),
        );
        match answer.await.expect("an end") {
            Ok(answer) => assert!(
                (400..500).contains(&answer.status),
                "{}",
                bytes.escape_ascii()
            ),
            Err(error) => assert_ne!(error.kind(), std::io::ErrorKind::ConnectionRefused),
        }
    }
    assert_eq!(
        send(&server, Request::new("GET", "/healthz")).await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = start(config()).await;
    let mut slow = Request::new("POST", "/users").body(vec![b' '; 100]).bytes();
    slow.truncate(slow.len() - 99);
    let refused = client::exchange(server.addr(), &slow);
    let refused = tokio::time::timeout(crate::support::DEADLINE, refused).await;
    let refused = refused.expect("an answer in time").expect("an answer");
    assert_error(&refused, 408, "body_too_slow");
}
