//! Accounts and logins.

use std::time::Duration;

use azora::Config;
use serde_json::json;
use visitor::client::Request;

use crate::support::{
    self, PASSWORD, assert_error, config, get, learner, log_in, number, register, send, start,
    token, total, until, value,
};

fn outcome(outcome: &str) -> [(&str, &str); 2] {
    [("method", "password"), ("outcome", outcome)]
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_registers_logs_in_looks_and_logs_out() {
    let server = start(config()).await;
    let registered = register(&server, "Ada@Example.org").await;
    assert_eq!(registered.status, 201);
    assert_eq!(registered.json()["email"], "ada@example.org");
    assert_eq!(registered.json()["plan"], "free");

    let token = token(&server, "ada@example.ORG").await;
    let me = get(&server, "/users/me", &token).await;
    assert_eq!((me.status, &me.json()["name"]), (200, &json!("Ada")));

    let logout = Request::new("DELETE", "/sessions/current").token(&token);
    assert_eq!(send(&server, logout).await.status, 204);
    let me = get(&server, "/users/me", &token).await;
    assert_error(&me, 401, "invalid_token");
    assert_eq!(me.header("www-authenticate"), Some("Bearer"));

    assert_eq!(
        value(&server, "user_registrations_total", &outcome("success")),
        1.0
    );
    assert_eq!(
        value(&server, "user_logins_total", &outcome("success")),
        1.0
    );
    let authentications = "gateway_authentications_total";
    assert_eq!(value(&server, authentications, &outcome("success")), 1.0);
    let by_token = |outcome| [("method", "token"), ("outcome", outcome)];
    assert_eq!(value(&server, authentications, &by_token("success")), 2.0);
    assert_eq!(value(&server, authentications, &by_token("invalid")), 1.0);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_do_is_refused_and_counted() {
    let server = start(config()).await;
    learner(&server, "ada@example.org").await;
    assert_error(
        &register(&server, "ADA@example.org").await,
        409,
        "email_taken",
    );
    let long = "x".repeat(200);
    for (email, name, password, code) in [
        ("ada", "Ada", PASSWORD, "invalid_email"),
        ("b@example.org", "", PASSWORD, "invalid_name"),
        ("b@example.org", "a\u{0}b", PASSWORD, "invalid_name"),
        ("b@example.org", &long, PASSWORD, "invalid_name"),
        ("b@example.org", "Bob", "short", "invalid_password"),
        ("b@example.org", "Bob", &long, "invalid_password"),
    ] {
        let user = json!({ "email": email, "name": name, "password": password });
        let refused = send(&server, Request::new("POST", "/users").json(&user)).await;
        assert_error(&refused, 422, code);
    }
    assert_eq!(
        value(&server, "user_registrations_total", &outcome("duplicate")),
        1.0
    );
    assert_eq!(
        value(&server, "user_registrations_total", &outcome("invalid")),
        6.0
    );
    assert_eq!(number(&server, "SELECT count(*) FROM users").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_address_many_times_at_once_is_one_account() {
    let server = start(config()).await;
    let all: Vec<_> = (0..16)
        .map(|_| register(&server, "ada@example.org"))
        .collect();
    let mut made = 0;
    for response in futures(all).await {
        made += u32::from(response.status == 201);
    }
    assert_eq!(made, 1);
    assert_eq!(total(&server, "user_registrations_total"), 16.0);
    assert_eq!(number(&server, "SELECT count(*) FROM users").await, 1);
}

/// Waits for all of them at the same time.
async fn futures<T>(all: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        all.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        match all.is_empty() {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_lock_an_account_for_a_while() {
    let server = start(Config {
        lock_after: 3,
        lock_for: Duration::from_millis(900),
        ..config()
    })
    .await;
    register(&server, "ada@example.org").await;
    for _ in 0..3 {
        let wrong = log_in(&server, "ada@example.org", "wrong horse").await;
        assert_error(&wrong, 401, "bad_credentials");
    }
    // Nobody may try: the right password does not help either.
    let locked = log_in(&server, "ada@example.org", PASSWORD).await;
    assert_error(&locked, 423, "account_locked");
    assert_eq!(locked.header("retry-after"), Some("1"));
    // An account that there is not looks like one with another password.
    let nobody = log_in(&server, "bob@example.org", PASSWORD).await;
    assert_error(&nobody, 401, "bad_credentials");

    tokio::time::sleep(Duration::from_millis(950)).await;
    token(&server, "ada@example.org").await;
    for (name, count) in [("bad_credentials", 4.0), ("locked", 1.0), ("success", 1.0)] {
        assert_eq!(
            value(&server, "user_logins_total", &outcome(name)),
            count,
            "{name}"
        );
    }
    let blocked = value(
        &server,
        "gateway_authentications_total",
        &outcome("blocked"),
    );
    assert_eq!(blocked, 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_expires() {
    let server = start(Config {
        token_life: Duration::from_millis(300),
        ..config()
    })
    .await;
    let token = learner(&server, "ada@example.org").await;
    assert_eq!(get(&server, "/users/me", &token).await.status, 200);
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_error(
        &get(&server, "/users/me", &token).await,
        401,
        "expired_token",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_of_many_logins_gives_way() {
    let server = start(config()).await;
    let first = learner(&server, "ada@example.org").await;
    assert_eq!(get(&server, "/users/me", &first).await.status, 200);
    for _ in 0..20 {
        token(&server, "ada@example.org").await;
    }
    assert_error(
        &get(&server, "/users/me", &first).await,
        401,
        "invalid_token",
    );
    assert_eq!(number(&server, "SELECT count(*) FROM tokens").await, 20);
    assert_eq!(total(&server, "platform_logins_open"), 20.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_deleted_with_its_password_only() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let delete = |password: &str| {
        let request = Request::new("DELETE", "/users/me").token(&token);
        request.json(&json!({ "password": password }))
    };
    let wrong = send(&server, delete("wrong horse")).await;
    assert_error(&wrong, 403, "wrong_password");
    assert_eq!(send(&server, delete(PASSWORD)).await.status, 204);
    assert_error(
        &get(&server, "/users/me", &token).await,
        401,
        "invalid_token",
    );
    let gone = log_in(&server, "ada@example.org", PASSWORD).await;
    assert_error(&gone, 401, "bad_credentials");
    assert_eq!(number(&server, "SELECT count(*) FROM tokens").await, 0);
    assert_eq!(register(&server, "ada@example.org").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_passwords_nor_tokens_are_in_the_files_or_on_the_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(Config {
        data_dir: Some(folder.path().to_owned()),
        ..config()
    })
    .await;
    let token = learner(&server, "ada@example.org").await;
    assert_eq!(get(&server, "/users/me", &token).await.status, 200);
    let page = send(&server, Request::new("GET", "/metrics")).await.body;
    for entry in std::fs::read_dir(folder.path()).expect("the folder") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        for secret in [PASSWORD, &token] {
            let has = |bytes: &[u8]| {
                bytes
                    .windows(secret.len())
                    .any(|at| at == secret.as_bytes())
            };
            assert!(!has(&bytes) && !has(&page));
        }
    }
    assert!(!String::from_utf8_lossy(&page).contains("ada@"));
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn active_users_are_counted_from_the_database() {
    let server = start(Config {
        count_every: Duration::from_millis(20),
        ..config()
    })
    .await;
    for name in ["a", "b", "c"] {
        learner(&server, &format!("{name}@example.org")).await;
    }
    for window in ["5m", "1h", "24h", "7d", "30d"] {
        until("three are active", || {
            value(&server, "active_users", &[("window", window)]) == 3.0
        })
        .await;
    }
    assert_eq!(
        value(&server, "platform_accounts", &[("plan", "free")]),
        3.0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hashing_is_on_the_page_as_calls() {
    let server = start(config()).await;
    support::register(&server, "ada@example.org").await;
    support::log_in(&server, "ada@example.org", PASSWORD).await;
    let page = server.service().registry().render(vitalsigns::Format::Text);
    // One password was checked at the start.
    for (function, calls) in [("Passwords::hash", 1), ("Passwords::is_right", 2)] {
        let start = format!("function_calls_total{{function=\"{function}\"");
        let end = format!("outcome=\"ok\"}} {calls}");
        assert!(
            page.lines()
                .any(|line| line.starts_with(&start) && line.ends_with(&end)),
            "{function}:\n{page}"
        );
    }
    server.shutdown().await;
}
