//! The command as a program, against services of its own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use vitalsigns::families::HttpServer;
use vitalsigns::{Catalogue, Endpoint, Listener, Registry};
use vitalsigns_kit::client::{Client, ClientError};

fn run(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vitalsigns"));
    command.args(words).stdin(Stdio::null()).output().unwrap()
}

/// The exit code, stdout and stderr.
fn ran(words: &[&str]) -> (Option<i32>, String, String) {
    let output = run(words);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A service with metrics of HTTP, and where its page is.
fn service(token: Option<&str>) -> (Listener, String) {
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    let mut endpoint = Endpoint::builder(&registry);
    if let Some(token) = token {
        endpoint = endpoint.bearer_token(token);
    }
    let listener = Listener::bind(endpoint.build().unwrap(), "127.0.0.1:0").unwrap();
    let address = listener.address().socket_addr().unwrap();
    let url = format!("http://{address}/metrics");
    (listener, url)
}

/// A server that answers everything with these bytes.
fn answering(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // What was asked does not matter; who hangs up has heard enough.
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    url
}

fn file(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_page_of_ours_has_no_fault_in_any_language() {
    let (_listener, url) = service(None);
    assert_eq!(
        ran(&["lint", &url]),
        (Some(0), String::new(), String::new())
    );
}

#[test]
fn a_placeholder_is_no_page() {
    let url = answering(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\
          connection: close\r\n\r\n{\"status\":\"ok\"}",
    );
    let (code, out, _) = ran(&["lint", &url]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("error[not-a-page]: this is JSON, not a page of metrics"),
        "{out}"
    );
    assert!(out.contains("error[content-type]"), "{out}");
    let error = Client::new().catalogue(&url).unwrap_err();
    assert!(matches!(error, ClientError::NoCatalogue { .. }), "{error}");
}

#[test]
fn the_catalogue_comes_from_the_service_and_from_a_file() {
    let (_listener, url) = service(None);
    let (code, json, err) = ran(&["catalogue", "show", &url]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let stored = file("catalogue.json", &json);
    let stored = stored.to_str().unwrap();
    assert_eq!(
        ran(&["catalogue", "diff", stored, &url]),
        (Some(0), String::new(), String::new())
    );

    let renamed = file(
        "renamed.json",
        &json.replace("http_requests_total", "web_requests_total"),
    );
    let (code, out, _) = ran(&["catalogue", "diff", stored, renamed.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(
        out.starts_with(
            "breaking[family-renamed]: `http_requests_total` is gone; `web_requests_total` looks \
             like its new name\n"
        ),
        "{out}"
    );
    let (code, out, _) = ran(&[
        "catalogue",
        "diff",
        "--output=json",
        stored,
        renamed.to_str().unwrap(),
    ]);
    assert_eq!(code, Some(1));
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&out).unwrap()["changes"][0]["breaking"],
        true
    );
}

#[test]
fn a_token_is_asked_for_and_taken_from_a_file() {
    let (_listener, url) = service(Some("a long secret"));
    let (code, _, err) = ran(&["catalogue", "show", &url]);
    assert_eq!(code, Some(3));
    assert!(
        err.contains(
            "(these metrics are for clients with a token); it wants a token (`--token-file`)"
        ),
        "{err}"
    );
    let token = file("token", "a long secret\n");
    let token = token.to_str().unwrap();
    assert_eq!(
        ran(&["catalogue", "show", "--token-file", token, &url]).0,
        Some(0)
    );
    assert_eq!(ran(&["lint", "--token-file", token, &url]).0, Some(0));
    let (code, _, err) = ran(&["lint", &url]);
    assert_eq!(code, Some(3));
    assert!(err.contains("it wants a token"), "{err}");
}

#[test]
fn a_healthcheck_is_0_or_1_whatever_happens() {
    let (_listener, url) = service(None);
    assert_eq!(
        ran(&["healthcheck", &url]),
        (Some(0), String::new(), String::new())
    );
    assert_eq!(
        ran(&["healthcheck", "--expect", "# HELP http_requests", &url]).0,
        Some(0)
    );
    let (code, _, err) = ran(&["healthcheck", "--expect", "all is lost", &url]);
    assert_eq!(code, Some(1));
    assert!(err.contains("lacks `all is lost`"), "{err}");

    let failing = answering(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let (code, _, err) = ran(&["healthcheck", &failing]);
    assert_eq!(code, Some(1));
    assert!(err.contains("status 500 in place of 2xx"), "{err}");

    // Nobody answers there, and nobody ever will.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let (code, _, err) = ran(&["healthcheck", "--timeout", "0.2", &url]);
    assert_eq!(code, Some(1));
    assert!(err.contains("no answer in time"), "{err}");

    let cut_off = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
    assert_eq!(ran(&["healthcheck", &cut_off]).0, Some(1));
    for wrong in [
        &["healthcheck"][..],
        &["healthcheck", "--nonsense"],
        &["healthcheck", "no url"],
    ] {
        assert_eq!(ran(wrong).0, Some(1), "{wrong:?}");
    }
}

#[test]
fn a_catalogue_is_recorded_from_a_page() {
    let (_listener, url) = service(None);
    let (code, recorded, err) = ran(&["catalogue", "record", &url]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let recorded = Catalogue::from_json(&recorded).unwrap();
    let labels = &recorded
        .family("vitalsigns_series_overflow_total")
        .unwrap()
        .labels;
    assert_eq!(labels[0].name, "metric");
    let nothing = answering(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    let (code, _, err) = ran(&["catalogue", "record", &nothing]);
    assert_eq!(code, Some(3));
    assert!(err.contains("status 404"), "{err}");
}

#[test]
fn words_that_are_not_understood_are_answered_with_those_that_are() {
    for (words, said) in [
        (
            &["lnt"][..],
            "there is no command `lnt`; did you mean `lint`?",
        ),
        (&[], "a command is missing"),
        (&["lint"], "name the page"),
        (
            &["lint", "--outptu", "json"],
            "there is no option `--outptu`; did you mean `--output`?",
        ),
        (
            &["lint", "--output", "yaml", "x"],
            "there are text, json, junit, sarif",
        ),
        (
            &["lint", "--allow", "mising-help", "x"],
            "did you mean `missing-help`?",
        ),
        (
            &["lint", "--timeout", "soon", "x"],
            "it has to be a number of seconds",
        ),
        (&["catalogue", "diff", "one"], "takes two"),
        (
            &["catalogue", "dif"],
            "there are `catalogue show`, `catalogue diff` and `catalogue record`",
        ),
    ] {
        let (code, out, err) = ran(words);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{words:?}");
        assert!(err.contains(said), "{words:?}: {err}");
    }
    assert_eq!(ran(&["catalogue", "record"]).0, Some(2));
    let (code, _, err) = ran(&["lint", "/nowhere/page.txt"]);
    assert_eq!(code, Some(3));
    assert!(err.contains("`/nowhere/page.txt` cannot be read"), "{err}");
}

#[test]
fn help_names_every_option_and_every_code() {
    for words in [
        &["--help"][..],
        &["lint", "--help"],
        &["healthcheck", "-h"],
        &["catalogue", "-h"],
    ] {
        let (code, out, err) = ran(words);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{words:?}");
        assert!(out.starts_with("vitalsigns"), "{out}");
    }
    let (_, out, _) = ran(&["lint", "--rules"]);
    for rule in vitalsigns_kit::lint::rules() {
        assert!(out.contains(rule.code), "{out}");
    }
}

#[test]
fn warnings_and_codes_can_be_left_out() {
    let page = file("page.txt", "jobs 1\n");
    let page = page.to_str().unwrap();
    assert_eq!(ran(&["lint", page]).0, Some(1));
    assert_eq!(ran(&["lint", "--errors-only", page]).0, Some(0));
    let (code, out, _) = ran(&[
        "lint",
        "--allow",
        "missing-type",
        "--allow=missing-help",
        page,
    ]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
}
