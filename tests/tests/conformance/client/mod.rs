//! Clients that know what they do, and some that do not.

mod frames;
mod h1;
mod h2;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vitalsigns::testing;

pub(crate) use self::frames::{Frames, GOAWAY, HEADERS};
pub(crate) use self::h1::{Answer, Connection};
pub(crate) use self::h2::{H2, read};
use crate::subjects::Running;

/// The server that a client talks to.
#[derive(Clone)]
pub(crate) struct At {
    running: Arc<Running>,
}

impl At {
    pub(crate) fn new(running: Arc<Running>) -> Self {
        At { running }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// A connection on which nothing was sent.
    pub(crate) async fn connect(&self) -> Connection {
        Connection::new(self.address()).await
    }

    /// A connection on which this was sent.
    pub(crate) async fn send(&self, text: &str) -> Connection {
        let mut connection = self.connect().await;
        connection.send(text).await;
        connection
    }

    /// A connection on which a request without body was sent.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> Connection {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n\r\n");
        self.send(&head).await
    }

    /// A connection on which an endless answer has begun: the head and a chunk are here.
    pub(crate) async fn in_the_body_of(&self, path: &str) -> Connection {
        let mut client = self.ask("GET", path).await;
        let begun = client.take_until("the first of many").await;
        begun.expect("the answer begins");
        client
    }

    /// Sends a request without body on a connection of its own and reads the whole answer.
    pub(crate) async fn fetch(&self, method: &str, path: &str) -> Answer {
        self.ask(method, path).await.answer_to(method).await
    }

    /// Fetches and looks at the status.
    pub(crate) async fn expect(&self, method: &str, path: &str, status: u16) {
        let answer = self.fetch(method, path).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }

    /// A connection that speaks HTTP/2 from the start.
    pub(crate) async fn h2(&self) -> H2 {
        H2::new(self.address()).await
    }

    /// A connection on which frames are written by hand, without any client in between.
    pub(crate) async fn frames(&self) -> Frames {
        Frames::new(self.connect().await).await
    }

    /// Waits until so many requests are in flight.
    pub(crate) async fn in_flight(&self, requests: u32) {
        self.wait_for("http_requests_in_flight", requests).await;
    }

    /// Waits until so many requests have ended.
    pub(crate) async fn counted(&self, requests: u32) {
        self.wait_for("http_requests_total", requests).await;
    }

    async fn wait_for(&self, family: &str, value: u32) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let found = testing::total(&self.running.registry, family);
            if found == f64::from(value) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{family} is {found}, and not {value}"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The server takes no more connections and ends when the requests in flight have.
    pub(crate) async fn shut_down(&self) {
        let running = Arc::clone(&self.running);
        let ended = tokio::task::spawn_blocking(move || running.server.shut_down());
        ended.await.expect("the server ends");
    }

    /// The server ends at once.
    pub(crate) async fn abort(&self) {
        let running = Arc::clone(&self.running);
        let ended = tokio::task::spawn_blocking(move || running.server.abort());
        ended.await.expect("the server ends");
    }
}
