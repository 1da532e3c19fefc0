//! Cancelling jobs, by their users and by the shutdown.

use std::time::{Duration, Instant};

use aura_render::{
    Config,
    jobs::{JobId, JobState},
};

use crate::support::{config, entries, finished, job, running, send, start, submit, until};

const LONG: &str = r#"{"theme":"abstract","seconds":30}"#;
const SHORT: &str = r#"{"theme":"city","seconds":0.5}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_job_is_cancelled_at_once_and_only_once() {
    let server = start(Config {
        workers: 0,
        ..config()
    })
    .await;
    let id = submit(&server, SHORT).await;
    let path = format!("/jobs/{id}");
    let cancelled = send(&server, "DELETE", &path, None).await;
    assert_eq!(
        (cancelled.status, &cancelled.json()["state"]),
        (200, &"cancelled".into())
    );
    let again = send(&server, "DELETE", &path, None).await;
    assert_eq!(
        (again.status, &again.json()["error"]["code"]),
        (409, &"already_finished".into())
    );
    assert_eq!(job(&server, &id).await["state"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_cancelled_and_its_worker_goes_on() {
    let server = start(Config {
        workers: 1,
        ..config()
    })
    .await;
    let id = submit(&server, LONG).await;
    running(&server, &id, Some("rendering")).await;
    let cancelled = send(&server, "DELETE", &format!("/jobs/{id}"), None).await;
    assert_eq!(
        (cancelled.status, &cancelled.json()["state"]),
        (200, &"cancelled".into())
    );
    until("the drawing stops and its folder goes", || {
        entries(&server, "work") == 0
    })
    .await;
    assert_eq!(entries(&server, "bucket"), 0);

    let next = submit(&server, SHORT).await;
    assert_eq!(finished(&server, &next).await["state"], "succeeded");
    let totals = server.service().jobs().totals();
    assert_eq!(
        (totals.running, totals.cancelled, totals.succeeded),
        (0, 1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_cancels_everything_and_leaves_nothing_behind() {
    let server = start(Config {
        workers: 1,
        ..config()
    })
    .await;
    let runs = submit(&server, LONG).await;
    running(&server, &runs, None).await;
    let waits = submit(&server, SHORT).await;
    let jobs = server.service().jobs().clone();
    let folder = server.service().data_dir().to_owned();
    assert!(folder.is_dir());

    let started = Instant::now();
    server.shutdown().await;
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    for id in [runs, waits] {
        let id: JobId = id.parse().expect("a job's name");
        assert_eq!(
            jobs.get(id).expect("the job is known").state,
            JobState::Cancelled
        );
    }
    assert_eq!(
        (
            jobs.totals().running,
            jobs.totals().queued,
            jobs.totals().cancelled
        ),
        (0, 0, 2)
    );
    assert!(!folder.exists(), "the temporary folder is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_job_is_told_of_the_shutdown() {
    let server = start(Config {
        workers: 0,
        ..config()
    })
    .await;
    let id = submit(&server, SHORT).await;
    let (jobs, name) = (
        server.service().jobs().clone(),
        id.parse().expect("a job's name"),
    );
    let waiting = tokio::spawn(async move { jobs.wait(name, Duration::from_secs(30)).await });
    let started = Instant::now();
    server.shutdown().await;
    let told = waiting.await.expect("no panic").expect("the job is known");
    assert_eq!(told.state, JobState::Cancelled);
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}
