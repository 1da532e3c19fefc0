//! After a while of everything at once, the page and the database agree.

use std::time::Duration;

use azora::demo;

use crate::support::{config, number, start, total, until, value};

#[tokio::test(flavor = "multi_thread")]
async fn after_the_demo_the_page_says_what_the_database_says() {
    let server = start(config()).await;
    let mut said = Vec::new();
    let visits = demo::run(server.addr(), server.service(), &mut said);
    let visits = tokio::time::timeout(Duration::from_secs(5), visits).await;
    assert!(visits.is_err(), "it does not end by itself");
    assert!(String::from_utf8(said).expect("text").contains("users:"));
    // The visitors are gone in the middle of what they did; the service sees it to its end.
    for name in [
        "gateway_upstream_requests_in_flight",
        "payments_in_progress",
        "platform_payments_unsettled",
        "queue_depth",
        "database_queries_in_flight",
    ] {
        until(name, || total(&server, name) == 0.0).await;
    }
    for (sql, name, outcome) in [
        (
            "SELECT count(*) FROM completions",
            "learning_lessons_total",
            "completed",
        ),
        (
            "SELECT count(*) FROM payments WHERE state = 'authorised'",
            "payments_processed_total",
            "authorised",
        ),
        (
            "SELECT count(*) FROM payments WHERE state = 'declined'",
            "payments_processed_total",
            "declined",
        ),
        (
            "SELECT count(*) FROM payments WHERE state = 'failed'",
            "payments_processed_total",
            "failed",
        ),
        (
            "SELECT count(*) FROM refunds WHERE state = 'refunded'",
            "payments_refunds_total",
            "success",
        ),
    ] {
        let rows = number(&server, sql).await;
        assert_eq!(of(&server, name, outcome), rows as f64, "{sql}");
    }
    let registered = [("method", "password"), ("outcome", "success")];
    let registered = value(&server, "user_registrations_total", &registered);
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'users'";
    assert_eq!(number(&server, sql).await as f64, registered);
    server.shutdown().await;
}

/// The sum of the series of a family that have this outcome.
fn of(server: &azora::Server, name: &str, outcome: &str) -> f64 {
    let samples = vitalsigns::testing::samples(server.service().registry(), name);
    let outcome = format!("outcome=\"{outcome}\"");
    let counts = samples.lines().filter(|line| line.contains(&outcome));
    let counts = counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    counts.sum()
}
