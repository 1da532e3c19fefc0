//! From one start to the next.

use std::path::Path;

use azora::{
    Config, Server, StartError,
    storage::{OpenError, StorageError},
};
use serde_json::json;
use visitor::client::Request;

use crate::support::{
    assert_error, config, get, learner, number, paid, pay, post, send, start, token, total, until,
};

fn at(folder: &Path) -> Config {
    Config {
        data_dir: Some(folder.to_owned()),
        ..config()
    }
}

async fn refused(config: Config) -> StartError {
    let server = Server::start(config, ([127, 0, 0, 1], 0).into()).await;
    server.expect_err("it does not start")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(at(folder.path())).await;
    let ada = learner(&server, "ada@example.org").await;
    let order = json!({ "course": "rust-from-zero", "source": "tok_ok" });
    let payment = paid(&server, &ada, "key", order.clone()).await;
    post(
        &server,
        "/courses/rust-from-zero/enrolment",
        &ada,
        json!({}),
    )
    .await;
    let lesson = "/courses/rust-from-zero/lessons/1";
    post(&server, lesson, &ada, json!({})).await;
    let done = Request::new("PUT", lesson)
        .token(&ada)
        .json(&json!({ "minutes": 9 }));
    assert_eq!(send(&server, done.clone()).await.status, 201);
    let before = get(&server, "/courses/rust-from-zero/progress", &ada)
        .await
        .body;
    server.shutdown().await;

    let server = start(at(folder.path())).await;
    assert_eq!(
        get(&server, "/users/me", &ada).await.status,
        200,
        "the login is open still"
    );
    let after = get(&server, "/courses/rust-from-zero/progress", &ada)
        .await
        .body;
    assert_eq!(before, after);
    assert_error(&send(&server, done).await, 409, "already_completed");
    assert_eq!(
        paid(&server, &ada, "key", order).await,
        payment,
        "the key is known still"
    );
    assert_eq!(server.service().payments().provider().charges(), 0);
    token(&server, "ada@example.org").await;
    assert_eq!(total(&server, "platform_accounts"), 1.0);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_behind_is_settled_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(at(folder.path())).await;
    let ada = learner(&server, "ada@example.org").await;
    let order = |plan: &str| json!({ "plan": plan, "source": "tok_ok" });
    paid(&server, &ada, "refunded", order("pro")).await;
    // As a process leaves it that ends while the provider is asked.
    let left: Result<(), StorageError> = server
        .service()
        .storage()
        .write(|db| {
            db.execute(
                "INSERT INTO payments (user_id, key, kind, item, method, source, currency,
                                       amount, state, created_at)
                 VALUES (1, 'left', 'plan', 'team', 'card', 'tok_ok', 'EUR', 9900, 'pending', 1)",
                [],
            )?;
            db.execute(
                "INSERT INTO refunds (payment_id, key, amount, state, created_at)
                 VALUES (1, 'left', 1999, 'pending', 1)",
                [],
            )?;
            Ok(())
        })
        .await;
    left.expect("they are left behind");
    assert_eq!(total(&server, "platform_payments_unsettled"), 2.0);
    server.shutdown().await;

    let server = start(at(folder.path())).await;
    assert_eq!(total(&server, "platform_payments_unsettled"), 0.0);
    assert_eq!(total(&server, "payments_processed_total"), 1.0);
    assert_eq!(
        total(&server, "payments_refunded_minor_units_total"),
        1999.0
    );
    assert_eq!(pay(&server, &ada, "left", order("team")).await.status, 201);
    assert_eq!(server.service().payments().provider().charges(), 1);
    assert_eq!(get(&server, "/users/me", &ada).await.json()["plan"], "team");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_on_its_way_is_seen_to_its_end_before_the_service_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = Config {
        provider_latency: std::time::Duration::from_millis(300),
        provider_deadline: std::time::Duration::from_secs(5),
        ..at(folder.path())
    };
    let server = start(slow).await;
    let ada = learner(&server, "ada@example.org").await;
    let order = json!({ "plan": "pro", "source": "tok_ok" });
    let request = Request::new("POST", "/payments").token(&ada).key("key");
    let (addr, request) = (server.addr(), request.json(&order));
    let answer = tokio::spawn(async move { request.send(addr).await });
    until("it has begun", || {
        total(&server, "payments_in_progress") == 1.0
    })
    .await;
    server.shutdown().await;
    assert_eq!(
        answer.await.expect("no panic").expect("an answer").status,
        201
    );

    let server = start(at(folder.path())).await;
    let sql = "SELECT count(*) FROM payments WHERE state = 'authorised'";
    assert_eq!(number(&server, sql).await, 1);
    assert_eq!(
        total(&server, "payments_processed_total"),
        0.0,
        "nothing was left to settle"
    );
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_belongs_to_one_service() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(at(folder.path())).await;
    let error = refused(at(folder.path())).await;
    assert!(
        matches!(error, StartError::Open(OpenError::InUse(_))),
        "{error}"
    );
    server.shutdown().await;
    start(at(folder.path())).await.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_and_databases_that_cannot_be_used_are_clear_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, b"x").expect("a file");
    for path in [file.clone(), file.join("below")] {
        let error = refused(at(&path)).await;
        assert!(
            matches!(error, StartError::Open(OpenError::Folder(..))),
            "{error}"
        );
        assert!(
            error.to_string().starts_with("cannot use the data folder"),
            "{error}"
        );
    }
    let database = folder.path().join("azora.sqlite");
    std::fs::write(
        &database,
        b"this is no database, but it is long enough to be one".repeat(40),
    )
    .expect("a file");
    let error = refused(at(folder.path())).await;
    assert!(
        matches!(error, StartError::Open(OpenError::Database(..))),
        "{error}"
    );
    std::fs::remove_file(&database).expect("it is removed");

    let newer = rusqlite::Connection::open(&database).expect("a database");
    newer
        .pragma_update(None, "user_version", 99)
        .expect("a version");
    drop(newer);
    let error = refused(at(folder.path())).await;
    assert!(
        matches!(error, StartError::Open(OpenError::TooNew(_))),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_somebody_else_holds_is_busy_and_nobody_waits_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(at(folder.path())).await;
    let ada = learner(&server, "ada@example.org").await;
    let other = rusqlite::Connection::open(folder.path().join("azora.sqlite")).expect("it opens");
    other.execute_batch("BEGIN EXCLUSIVE").expect("it is held");
    let busy = crate::support::register(&server, "bob@example.org").await;
    assert_error(&busy, 503, "busy");
    assert_eq!(busy.header("retry-after"), Some("1"));
    assert_eq!(
        get(&server, "/users/me", &ada).await.status,
        200,
        "reading goes on"
    );
    let labels = [
        ("database", "write"),
        ("operation", "begin"),
        ("outcome", "timeout"),
    ];
    assert_eq!(
        crate::support::value(&server, "database_queries_total", &labels),
        1.0
    );
    other.execute_batch("ROLLBACK").expect("it is free");
    let made = crate::support::register(&server, "bob@example.org").await;
    assert_eq!(made.status, 201);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_transaction_takes_it_back_and_nothing_else() {
    let server = start(config()).await;
    let storage = server.service().storage();
    let lost: Result<(), StorageError> = storage
        .write(|db| {
            db.execute("DELETE FROM lessons", [])?;
            std::panic::resume_unwind(Box::new("on purpose"))
        })
        .await;
    assert!(matches!(lost, Err(StorageError::Lost)));
    assert!(number(&server, "SELECT count(*) FROM lessons").await > 0);
    learner(&server, "ada@example.org").await;
    let failed = [("queue", "writes"), ("outcome", "failed")];
    assert_eq!(
        crate::support::value(&server, "queue_tasks_total", &failed),
        1.0
    );
    assert_eq!(total(&server, "queue_workers"), 1.0);
    assert_eq!(total(&server, "queue_depth"), 0.0);
    assert_eq!(total(&server, "database_queries_in_flight"), 0.0);
    server.shutdown().await;
}
