//! Purchases: each once, whatever happens.

use azora::Server;
use serde_json::json;
use tokio::task::JoinSet;
use visitor::client::{self, Request};

use crate::support::{
    assert_error, config, get, learner, number, paid, pay, send, start, total, until, value,
};

/// What was processed, as the page and as the database have it, must be the same.
async fn assert_conserved(server: &Server) {
    let sql = "SELECT count(*) FROM payments WHERE state <> 'pending'";
    let rows = number(server, sql).await;
    assert_eq!(total(server, "payments_processed_total"), rows as f64);
    let sql = "SELECT coalesce(sum(amount), 0) FROM payments WHERE state = 'authorised'";
    let money = number(server, sql).await as f64;
    assert_eq!(total(server, "payments_amount_minor_units_total"), money);
    assert_eq!(total(server, "payments_captured_minor_units_total"), money);
    let sql = "SELECT coalesce(sum(amount), 0) FROM refunds WHERE state = 'refunded'";
    let money = number(server, sql).await as f64;
    assert_eq!(total(server, "payments_refunded_minor_units_total"), money);
    assert_eq!(total(server, "payments_in_progress"), 0.0);
    assert_eq!(total(server, "platform_payments_unsettled"), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_source_has_its_answer_and_its_count() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let sources = [
        (
            "tok_insufficient_funds",
            402,
            "declined",
            "insufficient_funds",
        ),
        ("tok_card_declined", 402, "declined", "card_declined"),
        ("tok_fraud", 402, "declined", "fraud_suspected"),
        ("tok_expired", 402, "declined", "expired_card"),
        (
            "tok_authentication",
            402,
            "declined",
            "authentication_failed",
        ),
        ("tok_invalid", 402, "declined", "invalid_details"),
        ("tok_limit", 402, "declined", "limit_exceeded"),
        ("tok_error", 502, "failed", "provider_error"),
        ("tok_unreachable", 502, "failed", "provider_unreachable"),
        ("tok_timeout", 504, "failed", "timeout"),
    ];
    for (source, status, outcome, reason) in sources {
        let order = json!({ "course": "rust-from-zero", "source": source });
        for _ in 0..2 {
            // The second time, the same key finds the same payment.
            let answer = pay(&server, &token, source, order.clone()).await;
            assert_eq!(answer.status, status, "{source}");
            assert_eq!(answer.json()["error"]["reason"], reason);
            assert_eq!(answer.json()["payment"]["state"], outcome);
        }
        let labels = [
            ("method", "card"),
            ("currency", "EUR"),
            ("outcome", outcome),
            ("reason", reason),
        ];
        assert_eq!(
            value(&server, "payments_processed_total", &labels),
            1.0,
            "{source}"
        );
    }
    let order = json!({ "course": "rust-from-zero", "source": "tok_slow", "method": "wallet" });
    paid(&server, &token, "slow", order).await;
    assert_eq!(server.service().payments().provider().charges(), 1);
    let calls = |outcome| [("provider", "sandbox"), ("outcome", outcome)];
    let name = "payments_provider_duration_seconds";
    assert_eq!(value(&server, name, &calls("timeout")), 3.0);
    assert_eq!(value(&server, name, &calls("answered")), 8.0);
    assert_conserved(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_are_in_the_minor_units_of_their_currency() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    for (item, currency, units) in [
        (json!({ "course": "rust-from-zero" }), "EUR", 4900),
        (json!({ "course": "sql-by-example" }), "USD", 2950),
        (json!({ "course": "japanese-signs" }), "JPY", 3800),
        (
            json!({ "course": "arabic-on-the-phone", "currency": "KWD" }),
            "KWD",
            7500,
        ),
        (json!({ "plan": "pro" }), "EUR", 1999),
        (json!({ "plan": "team", "currency": "jpy" }), "JPY", 15000),
    ] {
        let mut order = item.clone();
        order["source"] = json!("tok_ok");
        let key = item.to_string().replace(['"', ' '], "");
        let answer = pay(&server, &token, &key, order).await;
        let payment = &answer.json()["payment"];
        assert_eq!(answer.status, 201, "{item}");
        assert_eq!(payment["currency"], currency, "{item}");
        assert_eq!(payment["minor_units"], units, "{item}");
    }
    let money = |currency| {
        let labels = [("method", "card"), ("currency", currency)];
        value(&server, "payments_amount_minor_units_total", &labels)
    };
    assert_eq!(
        (money("EUR"), money("JPY"), money("KWD")),
        (6899.0, 18800.0, 7500.0)
    );
    assert_eq!(
        get(&server, "/users/me", &token).await.json()["plan"],
        "team"
    );
    let list = get(&server, "/payments", &token).await.json();
    assert_eq!(list["payments"].as_array().map(Vec::len), Some(6));
    assert_conserved(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_bought_is_refused_before_anybody_is_asked() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    for (order, status, code) in [
        (json!({ "source": "tok_ok" }), 422, "invalid_item"),
        (
            json!({ "course": "a", "plan": "pro", "source": "tok_ok" }),
            422,
            "invalid_item",
        ),
        (
            json!({ "course": "nothing", "source": "tok_ok" }),
            422,
            "unknown_course",
        ),
        (
            json!({ "course": "fractions", "source": "tok_ok" }),
            409,
            "course_is_free",
        ),
        (
            json!({ "plan": "free", "source": "tok_ok" }),
            422,
            "unknown_plan",
        ),
        (
            json!({ "plan": "gold", "source": "tok_ok" }),
            422,
            "unknown_plan",
        ),
        (
            json!({ "plan": "pro", "currency": "BTC", "source": "tok_ok" }),
            422,
            "unknown_currency",
        ),
        (
            json!({ "plan": "pro", "currency": "CHF", "source": "tok_ok" }),
            422,
            "other_currency",
        ),
        (
            json!({ "plan": "pro", "source": "cash" }),
            422,
            "unknown_source",
        ),
        (
            json!({ "plan": "pro", "method": "gold", "source": "tok_ok" }),
            422,
            "unknown_method_of_payment",
        ),
        (
            json!({ "plan": "pro", "source": "tok_ok", "minor_units": 1 }),
            422,
            "invalid_request",
        ),
    ] {
        assert_error(&pay(&server, &token, "key", order).await, status, code);
    }
    let order = json!({ "plan": "pro", "source": "tok_ok" });
    let request = Request::new("POST", "/payments").token(&token);
    let keyless = send(&server, request.json(&order)).await;
    assert_error(&keyless, 400, "missing_idempotency_key");
    for key in ["", "a b", "\u{e9}", &"k".repeat(65)] {
        let refused = pay(&server, &token, key, order.clone()).await;
        assert_error(&refused, 400, "invalid_idempotency_key");
    }
    assert_eq!(server.service().payments().provider().charges(), 0);
    assert_eq!(total(&server, "payments_processed_total"), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_at_once_charges_once_and_gives_one_answer() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    for (round, source, status) in [(1, "tok_ok", 201), (2, "tok_fraud", 402)] {
        let mut requests = JoinSet::new();
        for _ in 0..24 {
            let (addr, token) = (server.addr(), token.clone());
            requests.spawn(async move {
                let order = json!({ "plan": "pro", "source": source });
                let request = Request::new("POST", "/payments").token(&token);
                let request = request.key(&round.to_string()).json(&order);
                request.send(addr).await.expect("an answer")
            });
        }
        let answers = requests.join_all().await;
        for answer in &answers {
            assert_eq!(answer.status, status, "{}", answer.json());
            assert_eq!(answer.body, answers[0].body);
        }
    }
    assert_eq!(server.service().payments().provider().charges(), 1);
    assert_eq!(number(&server, "SELECT count(*) FROM payments").await, 2);
    // Later as well, and whatever became of the payment since.
    let order = json!({ "plan": "pro", "source": "tok_ok" });
    assert_eq!(pay(&server, &token, "1", order).await.status, 201);
    let other = json!({ "plan": "team", "source": "tok_ok" });
    let reused = pay(&server, &token, "1", other).await;
    assert_error(&reused, 422, "idempotency_key_reused");
    assert_eq!(server.service().payments().provider().charges(), 1);
    assert_conserved(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_keys_at_once_buy_a_course_once() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let mut requests = JoinSet::new();
    for key in 0..12 {
        let (addr, token) = (server.addr(), token.clone());
        requests.spawn(async move {
            let order = json!({ "course": "rust-from-zero", "source": "tok_ok" });
            let request = Request::new("POST", "/payments").token(&token);
            let request = request.key(&key.to_string()).json(&order);
            request.send(addr).await.expect("an answer").status
        });
    }
    let mut answers = requests.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers[0], 201);
    assert!(
        answers[1..].iter().all(|status| *status == 409),
        "{answers:?}"
    );
    assert_eq!(server.service().payments().provider().charges(), 1);
    assert_conserved(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_of_two_accounts_is_two_payments() {
    let server = start(config()).await;
    let order = json!({ "plan": "pro", "source": "tok_ok" });
    let ada = learner(&server, "ada@example.org").await;
    let bob = learner(&server, "bob@example.org").await;
    let first = paid(&server, &ada, "key", order.clone()).await;
    let second = paid(&server, &bob, "key", order).await;
    assert_ne!(first, second);
    let path = format!("/payments/{first}");
    assert_eq!(get(&server, &path, &ada).await.status, 200);
    // Whose it is, is nobody else's business.
    assert_error(&get(&server, &path, &bob).await, 404, "unknown_payment");
    for path in [
        "/payments/0",
        "/payments/x",
        "/payments/99999999999999999999",
    ] {
        assert_error(&get(&server, path, &ada).await, 404, "unknown_payment");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_client_has_left_comes_to_its_end() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let order = json!({ "plan": "pro", "source": "tok_slow" });
    let request = Request::new("POST", "/payments").token(&token);
    let bytes = request.key("key").json(&order).bytes();
    client::hang_up(server.addr(), &bytes, 0)
        .await
        .expect("it is sent");
    until("it is paid", || {
        total(&server, "payments_captures_total") == 1.0
    })
    .await;
    assert_eq!(
        get(&server, "/users/me", &token).await.json()["plan"],
        "pro"
    );
    paid(&server, &token, "key", order).await;
    assert_eq!(server.service().payments().provider().charges(), 1);
    assert_conserved(&server).await;
}
