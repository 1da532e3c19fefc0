//! A webhook that takes what Alertmanager sends, and a server that always says the same.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::poll;

/// How long a client may take to say what it wants.
const LIMIT: Duration = Duration::from_secs(5);

/// An alert as it has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The receiver that it was routed to.
    pub receiver: String,
    /// `firing` or `resolved`.
    pub status: String,
    /// Its name.
    pub name: String,
    /// Its labels and annotations.
    pub alert: Value,
}

/// Takes what Alertmanager sends to a webhook, for as long as the test process lives.
#[derive(Debug, Clone)]
pub struct Sink {
    port: u16,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Sink {
    /// Starts to listen.
    #[track_caller]
    pub fn start() -> Self {
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let port = serve({
            let arrived = Arc::clone(&arrived);
            move |body| {
                let body: Value = serde_json::from_slice(body).unwrap_or_default();
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let alerts = body["alerts"].as_array().cloned().unwrap_or_default();
                let alerts = alerts.into_iter().map(|alert| Arrived {
                    receiver: text(&body["receiver"]),
                    status: text(&alert["status"]),
                    name: text(&alert["labels"]["alertname"]),
                    alert,
                });
                let mut arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner);
                arrived.extend(alerts);
                ("application/json", "{}".to_owned())
            }
        });
        Sink { port, arrived }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Everything that has arrived.
    pub fn arrived(&self) -> Vec<Arrived> {
        let arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.clone()
    }

    /// The last alert with these labels and this status, if one has arrived.
    pub fn last(&self, labels: &[(&str, &str)], status: &str) -> Option<Arrived> {
        let has = |one: &Arrived, (name, value): &(&str, &str)| one.alert["labels"][name] == *value;
        let is_it =
            |one: &&Arrived| one.status == status && labels.iter().all(|label| has(one, label));
        let arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.iter().rev().find(is_it).cloned()
    }

    /// Waits for an alert with these labels and this status, and returns it.
    #[track_caller]
    pub fn wait_for(&self, deadline: Duration, labels: &[(&str, &str)], status: &str) -> Arrived {
        poll::until_ok(
            deadline,
            &format!("{labels:?} to arrive as {status}"),
            || {
                self.last(labels, status).ok_or_else(|| {
                    let names = self.arrived().into_iter();
                    let names = names.map(|one| format!("{} {}", one.name, one.status));
                    format!("arrived: {}", names.collect::<Vec<_>>().join(", "))
                })
            },
        )
    }
}

/// Listens on a port of its own and answers every request with 200 and what the function makes of
/// its body, for as long as the test process lives. Returns the port.
#[track_caller]
pub fn serve(answer: impl Fn(&[u8]) -> (&'static str, String) + Send + Sync + 'static) -> u16 {
    let listener = match TcpListener::bind(("127.0.0.1", 0)) {
        Ok(listener) => listener,
        Err(error) => panic!("cannot listen on 127.0.0.1: {error}"),
    };
    let port = match listener.local_addr() {
        Ok(address) => address.port(),
        Err(error) => panic!("the listener has no address: {error}"),
    };
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // Who hangs up has had enough.
            thread::spawn(move || exchange(stream, &*answer));
        }
    });
    port
}

fn exchange(
    stream: TcpStream,
    answer: &(impl Fn(&[u8]) -> (&'static str, String) + ?Sized),
) -> io::Result<()> {
    stream.set_read_timeout(Some(LIMIT))?;
    let mut reader = BufReader::new(&stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (kind, text) = answer(&body);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    (&stream).write_all(head.as_bytes())?;
    (&stream).write_all(text.as_bytes())
}
