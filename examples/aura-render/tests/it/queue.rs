//! The bounded queue.

use aura_render::Config;

use crate::support::{config, finished, send, start, submit};

const ORDER: &str = r#"{"theme":"city","seconds":0.5}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_until_there_is_room() {
    let server = start(Config {
        workers: 0,
        queue: 2,
        ..config()
    })
    .await;
    let first = submit(&server, ORDER).await;
    submit(&server, ORDER).await;
    let refused = send(&server, "POST", "/generate", Some(ORDER)).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (503, &"queue_full".into())
    );
    assert_eq!(refused.header("retry-after"), Some("2"));
    assert_eq!(server.service().jobs().totals().queued, 2);

    assert_eq!(
        send(&server, "DELETE", &format!("/jobs/{first}"), None)
            .await
            .status,
        200
    );
    submit(&server, ORDER).await;
    let totals = server.service().jobs().totals();
    assert_eq!(
        (totals.queued, totals.cancelled, totals.deepest_queue),
        (2, 1, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn all_jobs_of_a_full_queue_are_done_in_the_end() {
    let server = start(Config {
        workers: 3,
        queue: 8,
        ..config()
    })
    .await;
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(submit(&server, ORDER).await);
    }
    for id in ids {
        assert_eq!(finished(&server, &id).await["state"], "succeeded");
    }
    let totals = server.service().jobs().totals();
    assert_eq!((totals.queued, totals.running, totals.succeeded), (0, 0, 8));
}
