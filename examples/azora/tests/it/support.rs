//! What the tests share: starting a service, asking it, and reading what it holds.

use std::{net::SocketAddr, time::Duration};

use azora::{
    Config, Server,
    config::{Hashing, Limit, Secret},
    storage::StorageError,
};
use serde_json::{Value, json};
use visitor::client::{Request, Response};
pub(crate) use visitor::testing::{DEADLINE, until};
use vitalsigns::testing;

/// The password of all learners of the tests.
pub(crate) const PASSWORD: &str = "correct horse";
/// What the payment provider of the tests shows.
pub(crate) const PROVIDER_KEY: &str = "key of the provider";

/// Settings that make nobody wait and limit nobody.
pub(crate) fn config() -> Config {
    let limit = Limit {
        burst: 1e6,
        per_second: 1e6,
    };
    Config {
        hashing: Hashing::CHEAP,
        per_address: limit,
        per_account: limit,
        provider_key: Some(Secret(PROVIDER_KEY.to_owned())),
        provider_latency: Duration::from_millis(5),
        provider_deadline: Duration::from_millis(100),
        circuit_after: 1000,
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
pub(crate) async fn send(server: &Server, request: Request) -> Response {
    tokio::time::timeout(DEADLINE, request.send(server.addr()))
        .await
        .expect("an answer in time")
        .expect("an answer")
}

pub(crate) async fn get(server: &Server, path: &str, token: &str) -> Response {
    send(server, Request::new("GET", path).token(token)).await
}

pub(crate) async fn post(server: &Server, path: &str, token: &str, body: Value) -> Response {
    send(server, Request::new("POST", path).token(token).json(&body)).await
}

/// Status and code of an error.
pub(crate) fn error(response: &Response) -> (u16, String) {
    let code = response.json()["error"]["code"].as_str().map(str::to_owned);
    (response.status, code.unwrap_or_default())
}

/// Asserts that a response is this error.
#[track_caller]
pub(crate) fn assert_error(response: &Response, status: u16, code: &str) {
    let body = response.body.escape_ascii();
    assert_eq!(error(response), (status, code.to_owned()), "{body}");
    let message = response.json()["error"]["message"].as_str().map(str::len);
    assert!(message.is_some_and(|length| length > 5), "{body}");
}

pub(crate) async fn register(server: &Server, email: &str) -> Response {
    let user = json!({ "email": email, "name": "Ada", "password": PASSWORD });
    send(server, Request::new("POST", "/users").json(&user)).await
}

pub(crate) async fn log_in(server: &Server, email: &str, password: &str) -> Response {
    let login = json!({ "email": email, "password": password });
    send(server, Request::new("POST", "/sessions").json(&login)).await
}

/// Makes an account, logs in, and gives the token.
pub(crate) async fn learner(server: &Server, email: &str) -> String {
    let registered = register(server, email).await;
    assert_eq!(registered.status, 201, "{}", registered.json());
    token(server, email).await
}

/// Logs in and gives the token.
pub(crate) async fn token(server: &Server, email: &str) -> String {
    let login = log_in(server, email, PASSWORD).await;
    assert_eq!(login.status, 201, "{}", login.json());
    login.json()["token"].as_str().expect("a token").to_owned()
}

/// Pays for something.
pub(crate) async fn pay(server: &Server, token: &str, key: &str, order: Value) -> Response {
    let request = Request::new("POST", "/payments").token(token).key(key);
    send(server, request.json(&order)).await
}

/// Pays for something that must be paid, and gives the number of the payment.
pub(crate) async fn paid(server: &Server, token: &str, key: &str, order: Value) -> i64 {
    let paid = pay(server, token, key, order).await;
    assert_eq!(paid.status, 201, "{}", paid.json());
    paid.json()["payment"]["id"].as_i64().expect("a number")
}

/// A number that the database knows.
pub(crate) async fn number(server: &Server, sql: &'static str) -> i64 {
    let storage = server.service().storage();
    let number: Result<i64, StorageError> = storage.read(move |db| db.number(sql, [])).await;
    number.expect("a number")
}

/// The value of a series.
pub(crate) fn value(server: &Server, name: &str, labels: &[(&str, &str)]) -> f64 {
    let value = testing::value(server.service().registry(), name, labels);
    value.unwrap_or_else(|| panic!("there is no {name} {labels:?}"))
}

/// The sum of a family.
pub(crate) fn total(server: &Server, name: &str) -> f64 {
    testing::total(server.service().registry(), name)
}
