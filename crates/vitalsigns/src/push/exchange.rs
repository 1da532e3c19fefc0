//! One request to the gateway, and what its answer means.

use std::io::Read as _;
use std::time::Duration;

use ureq::http::{HeaderMap, Method, Request, Response};
use ureq::{Agent, Body, Error};

use super::PushError;

/// How much is read of an answer.
const ANSWER_LIMIT: u64 = 8 * 1024;

/// How many characters of its first line are kept.
const MESSAGE_LIMIT: usize = 500;

/// A request that is made until it has an answer.
pub(super) struct Exchange<'a> {
    pub(super) method: Method,
    pub(super) url: &'a str,
    /// Names and values.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// A request that was not taken.
pub(super) struct Refusal {
    pub(super) error: PushError,
    /// Whether the same request may be taken later.
    pub(super) can_get_better: bool,
    /// When the gateway wants to see it again.
    pub(super) asked: Option<Duration>,
}

impl Refusal {
    fn last(error: PushError) -> Self {
        Refusal {
            error,
            can_get_better: false,
            asked: None,
        }
    }
}

/// A client that does as it is told: no redirects, no proxies, no connection that was left open.
pub(super) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .proxy(None)
        .user_agent(concat!("vitalsigns/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

impl Exchange<'_> {
    /// Makes the request; `attempts` and `timeout` are for the error.
    pub(super) fn run(
        &self,
        agent: &Agent,
        left: Duration,
        attempts: u32,
        timeout: Duration,
    ) -> Result<(), Refusal> {
        let url = || self.url.to_owned();
        let unreachable = |reason| PushError::Unreachable {
            url: url(),
            reason,
            attempts,
        };
        let mut response = match self.answer(agent, left) {
            Ok(response) => response,
            Err(Error::Timeout(_)) => {
                return Err(Refusal::last(PushError::Timeout {
                    url: url(),
                    timeout,
                    attempts,
                }));
            }
            Err(error) => {
                // What a proxy of TLS or a wrong port answers does not change by asking again.
                let can_get_better = !matches!(error, Error::Protocol(_) | Error::Http(_));
                return Err(Refusal {
                    error: unreachable(told(error)),
                    can_get_better,
                    asked: None,
                });
            }
        };
        let status = response.status().as_u16();
        match status {
            200..300 => Ok(()),
            300..400 => Err(Refusal::last(PushError::Redirect {
                url: url(),
                status,
                location: header(response.headers(), "location").unwrap_or_default(),
            })),
            _ => Err(Refusal {
                asked: header(response.headers(), "retry-after")
                    .and_then(|seconds| seconds.trim().parse().ok())
                    .map(Duration::from_secs),
                can_get_better: status == 429 || status >= 500,
                error: PushError::Status {
                    url: url(),
                    status,
                    message: message(response.body_mut()),
                    attempts,
                },
            }),
        }
    }

    fn answer(&self, agent: &Agent, left: Duration) -> Result<Response<Body>, Error> {
        let mut request = Request::builder().method(self.method.clone()).uri(self.url);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if self.body.is_empty() {
            let request = request.body(()).map_err(Error::Http)?;
            let request = agent.configure_request(request);
            agent.run(request.timeout_global(Some(left)).build())
        } else {
            let request = request.body(self.body.as_slice()).map_err(Error::Http)?;
            let request = agent.configure_request(request);
            agent.run(request.timeout_global(Some(left)).build())
        }
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The first line of an answer that says something; as much as came, if it breaks off.
fn message(body: &mut Body) -> String {
    let mut bytes = Vec::new();
    let _ = body.as_reader().take(ANSWER_LIMIT).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.next().unwrap_or_default().chars();
    line.filter(|character| !character.is_control())
        .take(MESSAGE_LIMIT)
        .collect()
}

/// The error in words.
fn told(error: Error) -> String {
    match error {
        Error::Io(error) => error.to_string(),
        Error::HostNotFound => String::from("the host is not known"),
        error => error.to_string(),
    }
}
