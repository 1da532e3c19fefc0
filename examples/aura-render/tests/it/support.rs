//! What the tests share: starting a service, asking it, and waiting with a deadline.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use aura_render::{Config, RendererChoice, Server};
use serde_json::Value;
use visitor::client::{Request, Response};
pub(crate) use visitor::testing::{DEADLINE, until};

/// Settings with the embedded renderer.
pub(crate) fn config() -> Config {
    Config {
        renderer: RendererChoice::Embedded,
        ..Config::default()
    }
}

/// Starts a service on a free port.
pub(crate) async fn start(config: Config) -> Server {
    Server::start(config, SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .expect("the service starts")
}

/// Sends a request and reads the response.
pub(crate) async fn send(
    server: &Server,
    method: &str,
    path: &str,
    body: Option<&str>,
) -> Response {
    let request = Request::new(method, path);
    let request = match body {
        Some(body) => request.body(body),
        None => request,
    };
    tokio::time::timeout(DEADLINE, request.send(server.addr()))
        .await
        .expect("an answer in time")
        .expect("an answer")
}

/// Submits a job that must be taken, and gives its name.
pub(crate) async fn submit(server: &Server, order: &str) -> String {
    let response = send(server, "POST", "/generate", Some(order)).await;
    assert_eq!(response.status, 202, "{}", response.json());
    response.json()["id"].as_str().expect("an id").to_owned()
}

/// What is known of a job.
pub(crate) async fn job(server: &Server, id: &str) -> Value {
    send(server, "GET", &format!("/jobs/{id}"), None)
        .await
        .json()
}

/// Waits until a job is finished.
pub(crate) async fn finished(server: &Server, id: &str) -> Value {
    let end = Instant::now() + DEADLINE;
    loop {
        let job = send(server, "GET", &format!("/jobs/{id}?wait=20"), None)
            .await
            .json();
        if job["state"] != "queued" && job["state"] != "running" {
            return job;
        }
        assert!(
            Instant::now() < end,
            "job {id} does not come to an end: {job}"
        );
    }
}

/// Waits until a job runs, in a stage where one is given.
pub(crate) async fn running(server: &Server, id: &str, stage: Option<&str>) {
    let end = Instant::now() + DEADLINE;
    loop {
        let job = job(server, id).await;
        if job["state"] == "running" && stage.is_none_or(|stage| job["stage"] == stage) {
            return;
        }
        assert!(
            job["state"] == "queued" || job["state"] == "running",
            "it has ended: {job}"
        );
        assert!(
            Instant::now() < end,
            "job {id} does not get to {stage:?}: {job}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How many entries a folder of the service's files has.
pub(crate) fn entries(server: &Server, folder: &str) -> usize {
    let path = server.service().data_dir().join(folder);
    std::fs::read_dir(path)
        .expect("the folder is there")
        .count()
}
