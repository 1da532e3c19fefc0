//! Who is let in, who is held back.

use std::time::Duration;

use azora::{Config, config::Limit};
use serde_json::json;
use visitor::client::Request;

use crate::support::{assert_error, config, get, learner, log_in, pay, send, start, total, value};

#[tokio::test(flavor = "multi_thread")]
async fn everything_but_the_public_paths_needs_a_login() {
    let server = start(config()).await;
    for path in [
        "/",
        "/healthz",
        "/metrics",
        "/plans",
        "/courses",
        "/courses/fractions",
    ] {
        let response = send(&server, Request::new("GET", path)).await;
        assert_eq!(response.status, 200, "{path}");
    }
    let closed = [
        ("GET", "/users/me"),
        ("DELETE", "/users/me"),
        ("DELETE", "/sessions/current"),
        ("GET", "/payments"),
        ("POST", "/payments"),
        ("GET", "/payments/1"),
        ("POST", "/payments/1/refunds"),
        ("POST", "/courses/fractions/enrolment"),
        ("POST", "/courses/fractions/lessons/1"),
        ("PUT", "/courses/fractions/lessons/1"),
        ("GET", "/courses/fractions/progress"),
    ];
    for (method, path) in closed {
        let missing = send(&server, Request::new(method, path)).await;
        assert_error(&missing, 401, "missing_token");
        let wrong = send(&server, Request::new(method, path).token("azora_0")).await;
        assert_error(&wrong, 401, "invalid_token");
        let basic = Request::new(method, path).header("authorization", "Basic YTpi");
        assert_error(&send(&server, basic).await, 401, "invalid_token");
    }
    let of = |outcome| [("method", "token"), ("outcome", outcome)];
    let name = "gateway_authentications_total";
    assert_eq!(value(&server, name, &of("missing")), closed.len() as f64);
    assert_eq!(
        value(&server, name, &of("invalid")),
        2.0 * closed.len() as f64
    );

    let report = Request::new("POST", "/provider/chargebacks");
    assert_error(&send(&server, report.clone()).await, 401, "missing_key");
    assert_error(
        &send(&server, report.token("guess")).await,
        401,
        "invalid_key",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_asks_too_often_has_to_wait() {
    let server = start(Config {
        per_account: Limit {
            burst: 5.0,
            per_second: 2.0,
        },
        ..config()
    })
    .await;
    let (ada, bob) = (
        learner(&server, "ada@example.org").await,
        learner(&server, "bob@example.org").await,
    );
    for _ in 0..5 {
        assert_eq!(get(&server, "/users/me", &ada).await.status, 200);
    }
    let limited = get(&server, "/users/me", &ada).await;
    assert_error(&limited, 429, "rate_limited");
    assert_eq!(limited.header("retry-after"), Some("1"));
    assert_eq!(
        get(&server, "/users/me", &bob).await.status,
        200,
        "it is not Bob's fault"
    );
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(get(&server, "/users/me", &ada).await.status, 200);

    let of = |decision| [("limiter", "account"), ("decision", decision)];
    let name = "gateway_rate_limit_decisions_total";
    assert_eq!(value(&server, name, &of("limited")), 1.0);
    assert_eq!(value(&server, name, &of("allowed")), 7.0);
    let calls = |outcome| {
        value(
            &server,
            "api_calls_total",
            &[("plan", "free"), ("outcome", outcome)],
        )
    };
    assert_eq!((calls("served"), calls("quota_exceeded")), (7.0, 1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_asks_too_often_has_to_wait_but_the_page_is_served() {
    let server = start(Config {
        per_address: Limit {
            burst: 3.0,
            per_second: 0.1,
        },
        ..config()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(
            send(&server, Request::new("GET", "/courses")).await.status,
            200
        );
    }
    let limited = log_in(&server, "ada@example.org", "guess").await;
    assert_error(&limited, 429, "rate_limited");
    assert_eq!(limited.header("retry-after"), Some("10"));
    let of = [("method", "password"), ("outcome", "rate_limited")];
    assert_eq!(value(&server, "user_logins_total", &of), 1.0);
    for _ in 0..5 {
        assert_eq!(
            send(&server, Request::new("GET", "/metrics")).await.status,
            200
        );
        assert_eq!(
            send(&server, Request::new("GET", "/healthz")).await.status,
            200
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_fails_is_left_alone_for_a_while() {
    let server = start(Config {
        circuit_after: 3,
        circuit_for: Duration::from_millis(300),
        ..config()
    })
    .await;
    let token = learner(&server, "ada@example.org").await;
    let order = |source: &str| json!({ "plan": "pro", "source": source });
    for key in ["1", "2", "3"] {
        let failed = pay(&server, &token, key, order("tok_error")).await;
        assert_error(&failed, 502, "provider_failed");
    }
    let refused = pay(&server, &token, "4", order("tok_ok")).await;
    assert_error(&refused, 503, "circuit_open");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(
        get(&server, "/users/me", &token).await.status,
        200,
        "the others are well"
    );
    let registry = server.service().registry();
    let state = |state| {
        let upstream = [("upstream", "payments")];
        vitalsigns::testing::is_on(registry, "gateway_circuit_state", &upstream, state)
    };
    assert_eq!(state("open"), Some(true));
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(pay(&server, &token, "5", order("tok_ok")).await.status, 201);
    assert_eq!(state("closed"), Some(true));
    let open = [("reason", "circuit_open")];
    assert_eq!(
        value(&server, "gateway_unforwarded_requests_total", &open),
        1.0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_paths_make_no_new_series() {
    let server = start(config()).await;
    let series = async || {
        let page = send(&server, Request::new("GET", "/metrics")).await.body;
        let page = String::from_utf8(page).expect("text");
        page.lines().filter(|line| !line.starts_with('#')).count()
    };
    // The routes are known from here on, that of the page among them.
    for path in ["/nothing", "/courses/none", "/metrics"] {
        send(&server, Request::new("GET", path)).await;
    }
    let before = series().await;
    let addr = server.addr();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            tokio::spawn(async move {
                for number in 0..1250 {
                    let path = match number % 3 {
                        0 => format!("/courses/c{task}-{number}"),
                        1 => format!("/{task}/{number}?{number}"),
                        _ => format!("/payments/{number}/{task}"),
                    };
                    let response = Request::new("GET", &path).send(addr).await;
                    assert_eq!(response.expect("an answer").status, 404, "{path}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("all are answered");
    }
    assert_eq!(series().await, before);
    let forwarded = total(&server, "gateway_upstream_requests_total");
    let unforwarded = total(&server, "gateway_unforwarded_requests_total");
    assert_eq!(forwarded + unforwarded, 10_002.0);
    assert_eq!(total(&server, "gateway_upstream_requests_in_flight"), 0.0);
}
