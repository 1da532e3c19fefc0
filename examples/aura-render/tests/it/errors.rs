//! Every way to ask wrongly, and its answer.

use aura_render::Config;
use visitor::client::{self, Request};

use crate::support::{config, send, start, submit};

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_get_clear_errors() {
    let server = start(Config {
        workers: 0,
        ..config()
    })
    .await;
    let waiting = submit(&server, r#"{"theme":"city","seconds":1}"#).await;
    let long = format!(
        r#"{{"theme":"city","seconds":1,"text":"{}"}}"#,
        "x".repeat(81)
    );
    let huge = format!(r#"{{"theme":"{}"}}"#, "x".repeat(20_000));
    let not_ready = format!("/videos/{waiting}");
    let bad_wait = format!("/jobs/{waiting}?wait=soon");
    let long_wait = format!("/jobs/{waiting}?wait=1e9");
    let post = |body| ("POST", "/generate", Some(body));
    let cases = [
        (
            post(r#"{"theme":"disco","seconds":3}"#),
            422,
            "unknown_theme",
        ),
        (
            post(r#"{"theme":"city","seconds":0.49}"#),
            422,
            "seconds_out_of_range",
        ),
        (
            post(r#"{"theme":"city","seconds":30.01}"#),
            422,
            "seconds_out_of_range",
        ),
        (
            post(r#"{"theme":"city","seconds":-1}"#),
            422,
            "seconds_out_of_range",
        ),
        (
            post(r#"{"theme":"city","seconds":1,"optimise":"most"}"#),
            422,
            "unknown_level",
        ),
        (post(&long), 422, "text_too_long"),
        (post(r#"{"theme":"city"}"#), 422, "invalid_request"),
        (
            post(r#"{"theme":"city","seconds":"1"}"#),
            422,
            "invalid_request",
        ),
        (
            post(r#"{"theme":"city","seconds":1,"lenght":2}"#),
            422,
            "invalid_request",
        ),
        (post(r#"{"theme":"#), 400, "malformed_json"),
        (post(""), 400, "malformed_json"),
        (post(&huge), 413, "body_too_large"),
        (("POST", "/generate", None), 415, "wrong_content_type"),
        (("GET", "/jobs/0123456789abcdef", None), 404, "unknown_job"),
        (("GET", "/jobs/what", None), 404, "unknown_job"),
        (("GET", "/jobs/%ff", None), 404, "unknown_job"),
        (
            ("DELETE", "/jobs/0123456789abcdef", None),
            404,
            "unknown_job",
        ),
        (
            ("GET", "/videos/0123456789abcdef", None),
            404,
            "unknown_job",
        ),
        (("GET", &not_ready, None), 409, "not_ready"),
        (("GET", &bad_wait, None), 400, "bad_query"),
        (("GET", &long_wait, None), 400, "bad_query"),
        (("GET", "/wp-login.php", None), 404, "unknown_path"),
        (("POST", "/debug/panic", None), 404, "unknown_path"),
        (("GET", "/generate", None), 405, "unknown_method"),
        (("BREW", "/", None), 405, "unknown_method"),
    ];
    for ((method, path, body), status, code) in cases {
        let response = send(&server, method, path, body).await;
        let json = response.json();
        let asked = format!("{method} {path} {body:?}: {} {json}", response.status);
        assert_eq!(
            (response.status, &json["error"]["code"]),
            (status, &code.into()),
            "{asked}"
        );
        assert_eq!(
            response.header("content-type"),
            Some("application/json"),
            "{asked}"
        );
        assert!(
            json["error"]["message"]
                .as_str()
                .is_some_and(|text| text.len() > 10),
            "{asked}"
        );
    }
    let response = send(
        &server,
        "POST",
        "/generate",
        Some(r#"{"theme":"disco","seconds":3}"#),
    )
    .await;
    assert_eq!(
        response.json()["error"]["message"],
        "theme `disco` is not known; one of: tech, nature, city, ocean, space, abstract"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_type_is_refused() {
    let server = start(config()).await;
    let body = r#"{"theme":"city","seconds":1}"#;
    let request = format!(
        "POST /generate HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/plain\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let response = client::exchange(server.addr(), request.as_bytes())
        .await
        .expect("an answer");
    assert_eq!(response.status, 415);
    assert_eq!(response.json()["error"]["code"], "wrong_content_type");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_connection_and_nothing_else() {
    let server = start(Config {
        debug_routes: true,
        ..config()
    })
    .await;
    let request = Request::new("POST", "/debug/panic")
        .send(server.addr())
        .await;
    assert!(request.is_err(), "{request:?}");
    assert_eq!(send(&server, "GET", "/", None).await.status, 200);
}
