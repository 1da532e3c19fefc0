//! Refunds and chargebacks.

use azora::Server;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use visitor::client::{Request, Response};

use crate::support::{
    PROVIDER_KEY, assert_error, config, get, learner, number, paid, pay, post, send, start, total,
    value,
};

async fn refund(server: &Server, token: &str, payment: i64, key: &str, body: Value) -> Response {
    let request = Request::new("POST", &format!("/payments/{payment}/refunds"));
    send(server, request.token(token).key(key).json(&body)).await
}

async fn charge_back(server: &Server, payment: i64, reason: &str) -> Response {
    let report = json!({ "payment": payment, "reason": reason });
    post(server, "/provider/chargebacks", PROVIDER_KEY, report).await
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_back_in_parts_and_the_course_with_the_last() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let order = json!({ "course": "rust-from-zero", "source": "tok_ok" });
    let payment = paid(&server, &token, "buy", order.clone()).await;
    let enrolment = "/courses/rust-from-zero/enrolment";
    assert_eq!(
        post(&server, enrolment, &token, json!({})).await.status,
        201
    );

    let part = json!({ "minor_units": 900 });
    for _ in 0..2 {
        let answer = refund(&server, &token, payment, "part", part.clone()).await;
        assert_eq!(
            (answer.status, &answer.json()["refund"]["minor_units"]),
            (201, &json!(900))
        );
    }
    let other = refund(
        &server,
        &token,
        payment,
        "part",
        json!({ "minor_units": 901 }),
    )
    .await;
    assert_error(&other, 422, "idempotency_key_reused");
    for wrong in [0, 4001, u64::MAX] {
        let wrong = refund(
            &server,
            &token,
            payment,
            "wrong",
            json!({ "minor_units": wrong }),
        );
        assert_error(&wrong.await, 422, "invalid_amount");
    }
    let progress = get(&server, "/courses/rust-from-zero/progress", &token)
        .await
        .json();
    assert_eq!(progress["enrolled"], true);

    let rest = refund(&server, &token, payment, "rest", json!({})).await;
    assert_eq!(rest.json()["refund"]["minor_units"], 4000);
    let none = refund(&server, &token, payment, "more", json!({})).await;
    assert_error(&none, 409, "nothing_to_refund");
    let progress = get(&server, "/courses/rust-from-zero/progress", &token)
        .await
        .json();
    assert_eq!(progress["enrolled"], false);
    assert_error(
        &post(&server, enrolment, &token, json!({})).await,
        402,
        "not_paid",
    );
    assert_error(
        &charge_back(&server, payment, "fraud").await,
        409,
        "nothing_to_charge_back",
    );
    // The first answer stays what it was; a course can be bought again.
    assert_eq!(pay(&server, &token, "buy", order.clone()).await.status, 201);
    paid(&server, &token, "again", order).await;

    let labels = [
        ("method", "card"),
        ("currency", "EUR"),
        ("outcome", "success"),
    ];
    assert_eq!(value(&server, "payments_refunds_total", &labels), 2.0);
    let labels = [("method", "card"), ("currency", "EUR")];
    assert_eq!(
        value(&server, "payments_refunded_minor_units_total", &labels),
        4900.0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_refunds_at_once_give_back_no_more_than_was_paid() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let order = json!({ "course": "rust-from-zero", "source": "tok_ok" });
    let payment = paid(&server, &token, "buy", order).await;
    let mut requests = JoinSet::new();
    for key in 0..12 {
        let (addr, token) = (server.addr(), token.clone());
        requests.spawn(async move {
            let request = Request::new("POST", &format!("/payments/{payment}/refunds"));
            let request = request.token(&token).key(&key.to_string());
            let request = request.json(&json!({ "minor_units": 1000 }));
            request.send(addr).await.expect("an answer").status
        });
    }
    let answers = requests.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 4);
    let sql = "SELECT sum(amount) FROM refunds WHERE state = 'refunded'";
    assert_eq!(number(&server, sql).await, 4000);
    assert_eq!(
        total(&server, "payments_refunded_minor_units_total"),
        4000.0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_does_not_give_back_is_counted_as_failed() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let order = json!({ "plan": "pro", "source": "tok_no_refund" });
    let payment = paid(&server, &token, "buy", order).await;
    for _ in 0..2 {
        let failed = refund(&server, &token, payment, "key", json!({})).await;
        assert_error(&failed, 502, "refund_failed");
    }
    assert_eq!(
        get(&server, "/users/me", &token).await.json()["plan"],
        "pro"
    );
    let labels = [
        ("method", "card"),
        ("currency", "EUR"),
        ("outcome", "failed"),
    ];
    assert_eq!(value(&server, "payments_refunds_total", &labels), 1.0);

    let declined = json!({ "plan": "team", "source": "tok_fraud" });
    pay(&server, &token, "declined", declined).await;
    let none = refund(&server, &token, payment + 1, "key", json!({})).await;
    assert_error(&none, 409, "nothing_to_refund");
    let stranger = learner(&server, "bob@example.org").await;
    let stranger = refund(&server, &stranger, payment, "key", json!({})).await;
    assert_error(&stranger, 404, "unknown_payment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chargeback_takes_the_plan_and_is_noted_once() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let order = json!({ "plan": "pro", "source": "tok_ok" });
    let payment = paid(&server, &token, "buy", order).await;
    assert_eq!(
        get(&server, "/users/me", &token).await.json()["plan"],
        "pro"
    );
    let part = refund(
        &server,
        &token,
        payment,
        "part",
        json!({ "minor_units": 999 }),
    )
    .await;
    assert_eq!(part.status, 201);
    for _ in 0..3 {
        let noted = charge_back(&server, payment, "fraud").await;
        assert_eq!(
            (noted.status, &noted.json()["payment"]["chargeback"]),
            (200, &json!("fraud"))
        );
    }
    assert_eq!(
        get(&server, "/users/me", &token).await.json()["plan"],
        "free"
    );
    let labels = [("method", "card"), ("currency", "EUR"), ("reason", "fraud")];
    assert_eq!(value(&server, "payments_chargebacks_total", &labels), 1.0);
    assert_eq!(
        total(&server, "payments_charged_back_minor_units_total"),
        1000.0
    );
    assert_error(
        &charge_back(&server, 77, "fraud").await,
        404,
        "unknown_payment",
    );
    assert_error(
        &charge_back(&server, payment, "mood").await,
        422,
        "unknown_reason",
    );
}
