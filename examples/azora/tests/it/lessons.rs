//! Courses, enrolments, lessons.

use azora::Server;
use serde_json::json;
use tokio::task::JoinSet;
use visitor::client::{Request, Response};
use vitalsigns::testing;

use crate::support::{
    assert_error, config, get, learner, number, paid, post, send, start, total, value,
};

async fn enrol(server: &Server, token: &str, course: &str) -> Response {
    post(
        server,
        &format!("/courses/{course}/enrolment"),
        token,
        json!({}),
    )
    .await
}

async fn complete(server: &Server, token: &str, lesson: &str, minutes: u64) -> Response {
    let request = Request::new("PUT", lesson).token(token);
    send(server, request.json(&json!({ "minutes": minutes }))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_is_paid_for_entered_and_learnt() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    assert_error(
        &enrol(&server, &token, "japanese-signs").await,
        402,
        "not_paid",
    );
    let order = json!({ "course": "japanese-signs", "source": "tok_ok" });
    paid(&server, &token, "buy", order).await;
    assert_eq!(enrol(&server, &token, "japanese-signs").await.status, 201);
    assert_error(
        &enrol(&server, &token, "japanese-signs").await,
        409,
        "already_enrolled",
    );

    for lesson in 1..=3 {
        let path = format!("/courses/japanese-signs/lessons/{lesson}");
        let early = complete(&server, &token, &path, 10).await;
        assert_error(&early, 409, "lesson_not_begun");
        for _ in 0..2 {
            assert_eq!(post(&server, &path, &token, json!({})).await.status, 200);
        }
        assert_eq!(total(&server, "learning_lessons_in_progress"), 1.0);
        let done = complete(&server, &token, &path, 20).await;
        assert_eq!(
            (done.status, &done.json()["completed"]),
            (201, &json!(lesson))
        );
        let again = complete(&server, &token, &path, 20).await;
        assert_error(&again, 409, "already_completed");
        let again = post(&server, &path, &token, json!({})).await;
        assert_error(&again, 409, "already_completed");
    }
    let progress = get(&server, "/courses/japanese-signs/progress", &token)
        .await
        .json();
    assert_eq!(
        (&progress["minutes"], &progress["finished"]),
        (&json!(60), &json!(true))
    );

    let of = |outcome| [("subject", "languages"), ("outcome", outcome)];
    for (name, count) in [("success", 1.0), ("not_eligible", 1.0), ("duplicate", 1.0)] {
        assert_eq!(
            value(&server, "learning_enrolments_total", &of(name)),
            count,
            "{name}"
        );
    }
    assert_eq!(
        value(&server, "learning_lessons_total", &of("completed")),
        3.0
    );
    assert_eq!(total(&server, "learning_lessons_total"), 3.0);
    assert_eq!(total(&server, "learning_lessons_in_progress"), 0.0);
    assert_eq!(total(&server, "learning_engagement_seconds_total"), 3600.0);
    assert_eq!(total(&server, "platform_enrolments"), 1.0);
    let in_plan = [("plan", "free"), ("outcome", "not_in_plan")];
    assert_eq!(value(&server, "api_calls_total", &in_plan), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_opens_all_courses_and_its_end_closes_them() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let order = json!({ "plan": "pro", "source": "tok_ok" });
    let payment = paid(&server, &token, "plan", order).await;
    assert_eq!(enrol(&server, &token, "rust-from-zero").await.status, 201);
    let lesson = "/courses/rust-from-zero/lessons/1";
    assert_eq!(post(&server, lesson, &token, json!({})).await.status, 200);
    let refund = Request::new("POST", &format!("/payments/{payment}/refunds"));
    let refund = refund.token(&token).key("refund").json(&json!({}));
    assert_eq!(send(&server, refund).await.status, 201);
    assert_error(&complete(&server, &token, lesson, 5).await, 402, "not_paid");
    assert_error(
        &enrol(&server, &token, "sql-by-example").await,
        402,
        "not_paid",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_not_open_says_so() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    let before = testing::samples(server.service().registry(), "learning_enrolments_total");
    assert_error(
        &enrol(&server, &token, "nothing").await,
        404,
        "unknown_course",
    );
    assert_error(
        &get(&server, "/courses/nothing", &token).await,
        404,
        "unknown_course",
    );
    let progress = get(&server, "/courses/nothing/progress", &token).await;
    assert_error(&progress, 404, "unknown_course");
    let after = testing::samples(server.service().registry(), "learning_enrolments_total");
    assert_eq!(before, after);

    let lesson = post(&server, "/courses/fractions/lessons/1", &token, json!({})).await;
    assert_error(&lesson, 403, "not_enrolled");
    assert_eq!(enrol(&server, &token, "fractions").await.status, 201);
    for lesson in ["0", "4", "-1", "x", "9999999999999999999999"] {
        let path = format!("/courses/fractions/lessons/{lesson}");
        let unknown = post(&server, &path, &token, json!({})).await;
        assert_error(&unknown, 404, "unknown_lesson");
    }
    for minutes in [0, 601, 4_000_000_000] {
        let wrong = complete(&server, &token, "/courses/fractions/lessons/1", minutes).await;
        assert_error(&wrong, 422, "invalid_minutes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_places_of_a_course_are_given_once() {
    let server = start(config()).await;
    let mut requests = JoinSet::new();
    for number in 0..10 {
        let token = learner(&server, &format!("u{number}@example.org")).await;
        let addr = server.addr();
        requests.spawn(async move {
            let request = Request::new("POST", "/courses/string-quartet/enrolment");
            request
                .token(&token)
                .send(addr)
                .await
                .expect("an answer")
                .status
        });
    }
    let answers = requests.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 4);
    let of = |outcome| [("subject", "music"), ("outcome", outcome)];
    assert_eq!(
        value(&server, "learning_enrolments_total", &of("success")),
        4.0
    );
    assert_eq!(
        value(&server, "learning_enrolments_total", &of("full")),
        6.0
    );
    assert_eq!(number(&server, "SELECT count(*) FROM enrolments").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_completed_many_times_at_once_counts_once() {
    let server = start(config()).await;
    let token = learner(&server, "ada@example.org").await;
    enrol(&server, &token, "fractions").await;
    let lesson = "/courses/fractions/lessons/1";
    post(&server, lesson, &token, json!({})).await;
    let mut requests = JoinSet::new();
    for _ in 0..16 {
        let (addr, token) = (server.addr(), token.clone());
        requests.spawn(async move {
            let request = Request::new("PUT", lesson).token(&token);
            let request = request.json(&json!({ "minutes": 7 }));
            request.send(addr).await.expect("an answer").status
        });
    }
    let answers = requests.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(
        number(&server, "SELECT sum(minutes) FROM completions").await,
        7
    );
    assert_eq!(total(&server, "learning_lessons_total"), 1.0);
    assert_eq!(total(&server, "learning_engagement_seconds_total"), 420.0);
}
