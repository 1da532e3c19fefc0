//! HTTP requests that the service sends to others.
//!
//! A request starts with [`Peer::start`] and ends when its [`ClientRequest`] says how, or is
//! dropped: that is when the caller has the answer, its body included if it reads one. Retries
//! belong to it, with the waits between them, so `http_client_requests_total` counts what callers
//! asked for, `outcome` is what they got in the end, and what went over the wire is the sum of
//! that and `http_client_retries_total`. The wait for a connection of the pool is part of it; how
//! it divides into name, connection, handshake and answer is not seen here.
//!
//! There is no label for the status: `outcome` says what a caller can do about it.
//!
//! | `outcome` | status, or what happened | who has to act |
//! |---|---|---|
//! | `success` | 100 to 399 | nobody |
//! | `rate_limited` | 429 | us: ask less |
//! | `client_error` | 400 to 499 but for 429 | us: ask differently |
//! | `server_error` | 500 to 599 | the peer |
//! | `connect` | no connection came about | the network, or the peer |
//! | `timeout` | it took longer than it may | the peer, or us |
//! | `error` | the connection broke, or what came was no answer | the network, or the peer |
//! | `cancelled` | nobody wants it any more: it was dropped | |
//! | `panicked` | it was dropped by a panic | us |
//!
//! A peer is who is asked, by a name from the configuration: `stripe`, `api.stripe.com`. It is
//! never a URL, and never a host that a user can choose.

mod call;

pub use call::CallLabels;

use std::fmt;
use std::sync::Arc;

use super::http::Method;
use super::unsaid;
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue, MetricGroup,
    RegisterError, Registry,
};

/// The name of a peer that has none.
const UNKNOWN: &str = "unknown";

/// Why there is no answer.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::http_client::ClientError};
///
/// assert_eq!(ClientError::VALUES, ["connect", "timeout", "error"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientError {
    /// No connection came about: the name, the address, the handshake.
    Connect,
    /// It took longer than it may.
    Timeout,
    /// The connection broke, or what came was no answer.
    Error,
}

/// How a request ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::http_client::Outcome;
///
/// assert_eq!(Outcome::of_status(204), Outcome::Success);
/// assert_eq!(Outcome::of_status(429), Outcome::RateLimited);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The status is below 400.
    Success,
    /// The status is 429: the peer wants to be asked less.
    RateLimited,
    /// The status is any other 4xx.
    ClientError,
    /// The status is 5xx.
    ServerError,
    /// No connection came about.
    Connect,
    /// It took longer than it may.
    Timeout,
    /// The connection broke, or what came was no answer.
    Error,
    /// The request was dropped.
    Cancelled,
    /// The request was dropped by a panic.
    Panicked,
}

impl Outcome {
    /// The outcome of a request that was answered with this status.
    ///
    /// A number below 100 or above 599 is no status, so it is an [`Error`](Outcome::Error).
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::http_client::Outcome;
    ///
    /// assert_eq!(Outcome::of_status(503), Outcome::ServerError);
    /// assert_eq!(Outcome::of_status(0), Outcome::Error);
    /// ```
    pub fn of_status(status: u16) -> Self {
        match status {
            100..=399 => Outcome::Success,
            429 => Outcome::RateLimited,
            400..=499 => Outcome::ClientError,
            500..=599 => Outcome::ServerError,
            _ => Outcome::Error,
        }
    }
}

#[derive(LabelSet)]
struct RequestLabels<'a> {
    #[label(cap = 100)]
    peer: &'a str,
    method: Method,
    outcome: Outcome,
}

#[derive(LabelSet)]
struct PeerLabels<'a> {
    #[label(cap = 100)]
    peer: &'a str,
    method: Method,
}

#[derive(MetricGroup)]
#[metrics(prefix = "http_client")]
struct ClientMetrics {
    /// Requests to others that ended, by peer, method and outcome.
    #[metric(max_series = 10_000)]
    requests_total: Family<RequestLabels<'static>, Counter>,
    /// Time from sending a request to having its answer, retries included.
    #[metric(buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60])]
    request_duration_seconds: Family<PeerLabels<'static>, Histogram>,
    /// Requests to others that have no answer yet.
    requests_in_flight: Family<PeerLabels<'static>, Gauge>,
    /// Times that a request to others was sent again.
    retries_total: Family<PeerLabels<'static>, Counter>,
}

/// The metrics of an HTTP client.
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
/// use vitalsigns::families::HttpClient;
/// use vitalsigns::families::http::Method;
/// use vitalsigns::families::http_client::ClientError;
///
/// let client = HttpClient::register(&Registry::new())?;
/// let stripe = client.peer("stripe"); // Kept, beside the client that talks to it.
///
/// stripe.start(Method::Get).answered(200);
///
/// let mut request = stripe.start(Method::Post);
/// request.retried(); // The first try found no connection.
/// request.fail(ClientError::Timeout);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct HttpClient {
    metrics: Arc<ClientMetrics>,
}

impl HttpClient {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpClient};
    /// let client = HttpClient::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(ClientMetrics::register(registry)?);
        Ok(HttpClient { metrics })
    }

    /// Somebody who is asked. An empty name reads `unknown`.
    ///
    /// This allocates, so what it returns is kept; the requests to it do not. 100 peers are told
    /// apart, those beyond share `other`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpClient};
    /// # let client = HttpClient::register(&Registry::new())?;
    /// let maps = client.peer("maps");
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn peer(&self, name: &str) -> Peer {
        let name = if name.is_empty() { UNKNOWN } else { name };
        Peer {
            metrics: Arc::clone(&self.metrics),
            name: name.into(),
        }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

/// Somebody who is asked: an API, a service, a host. A clone is cheap.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{HttpClient, http::Method}};
/// # let client = HttpClient::register(&Registry::new())?;
/// let maps = client.peer("maps");
/// maps.start(Method::Get).answered(404);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Peer {
    metrics: Arc<ClientMetrics>,
    name: Arc<str>,
}

impl Peer {
    /// A request is sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{HttpClient, http::Method}};
    /// # let maps = HttpClient::register(&Registry::new())?.peer("maps");
    /// let request = maps.start(Method::of("PATCH"));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn start(&self, method: Method) -> ClientRequest {
        let labels = PeerLabels {
            peer: &self.name,
            method,
        };
        let in_flight = self.metrics.requests_in_flight.with(&labels).hold(1);
        ClientRequest {
            peer: self.clone(),
            method,
            started: Stopwatch::start(),
            in_flight: Some(in_flight),
        }
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Peer").field(&self.name).finish()
    }
}

/// One request on its way. Dropped before it says how it ended, it counts as cancelled; dropped by
/// a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{HttpClient, http::Method}};
/// # let maps = HttpClient::register(&Registry::new())?.peer("maps");
/// let request = maps.start(Method::Get);
/// drop(request); // The caller has left.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a request that is dropped counts as cancelled"]
pub struct ClientRequest {
    peer: Peer,
    method: Method,
    started: Stopwatch,
    /// `None` once the end was recorded.
    in_flight: Option<GaugeGuard>,
}

impl ClientRequest {
    /// The request is sent once more. It counts at once, however the request ends.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{HttpClient, http::Method}};
    /// # let maps = HttpClient::register(&Registry::new())?.peer("maps");
    /// let mut request = maps.start(Method::Get);
    /// request.retried();
    /// request.answered(200);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn retried(&mut self) {
        let retries = &self.peer.metrics.retries_total;
        retries.with(&self.labels()).inc();
    }

    /// There is an answer with this status; see [`Outcome::of_status`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{HttpClient, http::Method}};
    /// # let maps = HttpClient::register(&Registry::new())?.peer("maps");
    /// maps.start(Method::Get).answered(304);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn answered(mut self, status: u16) {
        self.end(Outcome::of_status(status));
    }

    /// There is no answer, or not all of it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{HttpClient, http::Method}};
    /// # use vitalsigns::families::http_client::ClientError;
    /// # let maps = HttpClient::register(&Registry::new())?.peer("maps");
    /// maps.start(Method::Get).fail(ClientError::Connect);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self, why: ClientError) {
        self.end(match why {
            ClientError::Connect => Outcome::Connect,
            ClientError::Timeout => Outcome::Timeout,
            ClientError::Error => Outcome::Error,
        });
    }

    fn labels(&self) -> PeerLabels<'_> {
        PeerLabels {
            peer: &self.peer.name,
            method: self.method,
        }
    }

    fn end(&mut self, outcome: Outcome) {
        // Given back last, so that who sees none in flight sees all of them counted.
        let Some(_in_flight) = self.in_flight.take() else {
            return;
        };
        let metrics = &self.peer.metrics;
        let labels = RequestLabels {
            peer: &self.peer.name,
            method: self.method,
            outcome,
        };
        metrics.requests_total.with(&labels).inc();
        let duration = metrics.request_duration_seconds.with(&self.labels());
        duration.observe(self.started.elapsed());
    }
}

impl Drop for ClientRequest {
    fn drop(&mut self) {
        self.end(unsaid(Outcome::Cancelled, Outcome::Panicked));
    }
}

impl fmt::Debug for ClientRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRequest")
            .field("peer", &self.peer.name)
            .field("method", &self.method)
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
