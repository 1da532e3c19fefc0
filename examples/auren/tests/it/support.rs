//! What the tests share: starting a service, and asking it.

use std::{net::SocketAddr, time::Duration};

use auren::{
    Config, Server,
    config::{Secret, Secrets},
    memory::{Policy, Stores, TIERS},
};
use serde_json::Value;
use visitor::client::{Request, Response};
pub(crate) use visitor::testing::{DEADLINE, until};

use crate::page::Page;

/// Settings that lose no time, with a policy that moves nothing by itself.
pub(crate) fn config() -> Config {
    Config {
        secrets: Some(secrets()),
        patience: Duration::from_millis(400),
        curate_every: Duration::from_secs(3600),
        heal_every: Duration::from_millis(20),
        minute: Duration::from_millis(50),
        ..Config::default()
    }
}

pub(crate) fn secrets() -> Secrets {
    let secret = |text: &str| Secret(text.to_owned());
    Secrets {
        ring: secret("of the rings"),
        strap: secret("of the straps"),
        watch: secret("of the watches"),
    }
}

/// A policy under which everything soon goes somewhere else, and nothing is given up.
pub(crate) fn hasty() -> Policy {
    Policy {
        capacity: [6 << 10, 16 << 10, 1 << 30],
        half_life: Duration::from_millis(800),
        hot_idle: Duration::from_millis(300),
        warm_idle: Duration::from_millis(700),
        ..Policy::default()
    }
}

/// Starts a service on a free port.
pub(crate) async fn start(config: Config) -> Server {
    start_with(config, |stores| stores).await
}

/// The same, with other stores.
pub(crate) async fn start_with(config: Config, change: impl FnOnce(Stores) -> Stores) -> Server {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::start_with(config, listen, change).await;
    server.expect("the service starts")
}

/// Sends a request and reads the response.
pub(crate) async fn send(server: &Server, request: Request) -> Response {
    tokio::time::timeout(DEADLINE, request.send(server.addr()))
        .await
        .expect("an answer in time")
        .expect("an answer")
}

pub(crate) async fn get(server: &Server, path: &str) -> Response {
    send(server, Request::new("GET", path)).await
}

pub(crate) async fn post(server: &Server, path: &str, body: Value) -> Response {
    send(server, Request::new("POST", path).json(&body)).await
}

/// Status and code of an error.
pub(crate) fn error(response: &Response) -> (u16, String) {
    let code = response.json()["error"]["code"].as_str().map(str::to_owned);
    (response.status, code.unwrap_or_default())
}

/// The page, as a scraper gets it.
pub(crate) async fn page(server: &Server) -> Page {
    Page::parse(&get(server, "/metrics").await)
}

/// Waits until every tier is used and nothing is in doubt or waits.
pub(crate) async fn quiet(server: &Server) {
    let shared = server.service().shared();
    until("all is quiet", || {
        let are_up = TIERS
            .iter()
            .all(|tier| shared.memory.trouble(*tier).is_none());
        are_up && shared.memory.unsettled() == 0 && shared.inbox.undone() == 0
    })
    .await;
}
