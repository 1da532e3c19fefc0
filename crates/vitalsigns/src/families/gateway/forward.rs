//! What the services behind the gateway answer.

use std::fmt;

use super::super::{Known, unsaid};
use super::ByUpstream;
use crate::clock::Stopwatch;
use crate::{Counter, Family, Gauge, GaugeGuard, Histogram, LabelSet, LabelValue};

/// Why a request got no answer from the upstream that it was sent to.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::gateway::ForwardError};
///
/// assert_eq!(ForwardError::VALUES, ["timeout", "connect", "error"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForwardError {
    /// The upstream took longer than it may.
    Timeout,
    /// No connection came about.
    Connect,
    /// The connection broke, or what came back was no answer.
    Error,
}

/// How a request to an upstream ended.
#[derive(LabelValue, Clone, Copy)]
pub(super) enum Forwarded {
    Success,
    ClientError,
    ServerError,
    Timeout,
    Connect,
    Error,
    Cancelled,
    Panicked,
}

#[derive(LabelSet)]
pub(super) struct ForwardLabels<U> {
    upstream: Known<U>,
    outcome: Forwarded,
}

/// One request to an upstream on its way. Dropped before it says how it ended, it counts as
/// cancelled; dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::Gateway};
/// # let gateway = Gateway::<bool>::register(&Registry::new())?;
/// let forward = gateway.forward(true);
/// drop(forward); // The client left, so the request to the upstream was given up.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a request that is dropped counts as cancelled"]
pub struct Forward<U: LabelValue> {
    requests: Family<ForwardLabels<U>, Counter>,
    duration: Family<ForwardLabels<U>, Histogram>,
    upstream: Known<U>,
    started: Stopwatch,
    /// `None` once the end was recorded.
    in_flight: Option<GaugeGuard>,
}

impl<U: LabelValue> Forward<U> {
    pub(super) fn begin(
        requests: &Family<ForwardLabels<U>, Counter>,
        duration: &Family<ForwardLabels<U>, Histogram>,
        in_flight: &Family<ByUpstream<U>, Gauge>,
        upstream: U,
    ) -> Self {
        let upstream = Known::new(upstream);
        Forward {
            requests: requests.clone(),
            duration: duration.clone(),
            upstream,
            started: Stopwatch::start(),
            in_flight: Some(in_flight.with(&ByUpstream { upstream }).hold(1)),
        }
    }

    /// The upstream has answered with this status, and its body is passed on.
    ///
    /// 100 to 399 are a success, 400 to 499 an error of the client, 500 to 599 one of the
    /// upstream. No other number is a status, so it counts as `error`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Gateway};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.forward(true).answered(503);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn answered(mut self, status: u16) {
        self.end(match status {
            100..=399 => Forwarded::Success,
            400..=499 => Forwarded::ClientError,
            500..=599 => Forwarded::ServerError,
            _ => Forwarded::Error,
        });
    }

    /// There is no answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Gateway, gateway::ForwardError}};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.forward(true).fail(ForwardError::Connect);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self, why: ForwardError) {
        self.end(match why {
            ForwardError::Timeout => Forwarded::Timeout,
            ForwardError::Connect => Forwarded::Connect,
            ForwardError::Error => Forwarded::Error,
        });
    }

    fn end(&mut self, outcome: Forwarded) {
        // Given back last, so that who sees none in flight sees all of them counted.
        let Some(_in_flight) = self.in_flight.take() else {
            return;
        };
        let upstream = self.upstream;
        let labels = ForwardLabels { upstream, outcome };
        self.requests.with(&labels).inc();
        self.duration.with(&labels).observe(self.started.elapsed());
    }
}

impl<U: LabelValue> Drop for Forward<U> {
    fn drop(&mut self) {
        self.end(unsaid(Forwarded::Cancelled, Forwarded::Panicked));
    }
}

impl<U: LabelValue> fmt::Debug for Forward<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forward")
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
