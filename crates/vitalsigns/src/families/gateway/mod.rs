//! A gateway: who is let in, who is held back, and what the services behind it answer.
//!
//! | what | starts | ends |
//! |---|---|---|
//! | an authentication | [`Gateway::authenticate`] | its [`Attempt`] says how, or is dropped |
//! | a decision of a rate limiter | | [`Gateway::rate_limit`] |
//! | a request to an upstream | [`Gateway::forward`] | the upstream has answered, its [`Forward`] is dropped |
//! | a request that no upstream gets | | [`Gateway::unforwarded`] |
//!
//! Attempts and their outcomes are one counter each, so the share of refused logins, of limited
//! requests or of failed upstreams is a ratio of one family to itself. Requests of the clients are
//! measured by [`HttpServer`](super::HttpServer); what an upstream does with a request after its
//! answer is not seen here, nor is the client's wait for a limiter that delays in place of
//! refusing.
//!
//! Upstreams, and if they differ from those here limiters and methods of authentication, are the
//! service's own: closed enums with `derive(LabelValue)`. Keys, tokens and accounts are never
//! labels.
//!
//! In `#[instrument_metrics(on = …)]` a function that sends a request on names the [`Gateway`], one
//! that authenticates [`Gateway::authentications`]. The decisions of a limiter have no duration.

mod auth;
mod call;
mod forward;

use std::fmt;
use std::sync::Arc;

use auth::AuthLabels;
pub use auth::{Attempt, AuthMethod, Refusal};
pub use call::{AuthenticationLabels, Authentications, CallLabels, NotLetIn};
use forward::ForwardLabels;
pub use forward::{Forward, ForwardError};

use super::Known;
use crate::{
    Counter, Family, Gauge, Histogram, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
    StateSet,
};

/// What a rate limiter counts by, for gateways that have no limiters of their own.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::gateway::Limiter};
///
/// assert_eq!(Limiter::VALUES, ["global", "client", "route"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limiter {
    /// All requests together.
    Global,
    /// The requests of one client.
    Client,
    /// The requests to one route.
    Route,
}

/// What a rate limiter decided.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::gateway::Decision};
///
/// assert_eq!(Decision::VALUES, ["allowed", "limited"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The request goes on; so does one that a broken limiter lets through.
    Allowed,
    /// The request is refused, as with `429`.
    Limited,
}

/// Why a request was sent to no upstream.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::gateway::Unforwarded};
///
/// assert_eq!(Unforwarded::VALUES, ["no_route", "no_upstream", "circuit_open"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unforwarded {
    /// No rule says where it goes.
    NoRoute,
    /// None of the upstreams that it could go to is healthy.
    NoUpstream,
    /// The circuit breaker of its upstream is open.
    CircuitOpen,
}

/// The state of a circuit breaker.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::gateway::Circuit};
///
/// assert_eq!(Circuit::VALUES, ["closed", "open", "half_open"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Circuit {
    /// Requests go through.
    Closed,
    /// Requests are refused without being sent.
    Open,
    /// A few requests go through, to see how they fare.
    HalfOpen,
}

#[derive(LabelSet)]
struct LimitLabels<L> {
    limiter: Known<L>,
    decision: Decision,
}

#[derive(LabelSet)]
struct ByUpstream<U> {
    upstream: Known<U>,
}

#[derive(LabelSet)]
struct ByReason {
    reason: Unforwarded,
}

#[derive(MetricGroup)]
#[metrics(prefix = "gateway")]
struct GatewayMetrics<U: LabelValue, L: LabelValue, A: LabelValue> {
    /// Authentications that ended, by method and outcome.
    authentications_total: Family<AuthLabels<A>, Counter>,
    /// Requests that a rate limiter decided on, by limiter and decision.
    rate_limit_decisions_total: Family<LimitLabels<L>, Counter>,
    /// Requests to an upstream that ended, by upstream and outcome.
    upstream_requests_total: Family<ForwardLabels<U>, Counter>,
    /// Time from sending a request to an upstream to the end of its answer.
    upstream_request_duration_seconds: Family<ForwardLabels<U>, Histogram>,
    /// Requests sent to an upstream whose answer has not ended.
    upstream_requests_in_flight: Family<ByUpstream<U>, Gauge>,
    /// Requests that were sent to no upstream, by reason.
    unforwarded_requests_total: Family<ByReason, Counter>,
    /// State of the circuit breaker of an upstream; no state is on before the first is reported.
    circuit_state: Family<ByUpstream<U>, StateSet<Circuit>>,
}

/// The metrics of a gateway.
///
/// `U` is the service's enum of upstreams, `L` of limiters, `A` of methods of authentication.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::Gateway;
/// use vitalsigns::families::gateway::{AuthMethod, Circuit, Decision, ForwardError, Limiter};
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Upstream {
///     Auth,
///     Payments,
/// }
///
/// let gateway = Gateway::<Upstream>::register(&Registry::new())?;
///
/// gateway.authenticate(AuthMethod::Token).succeed();
/// gateway.rate_limit(Limiter::Client, Decision::Allowed);
/// gateway.forward(Upstream::Auth).answered(200);
///
/// gateway.forward(Upstream::Payments).fail(ForwardError::Timeout);
/// gateway.circuit(Upstream::Payments, Circuit::Open);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct Gateway<U: LabelValue, L: LabelValue = Limiter, A: LabelValue = AuthMethod> {
    metrics: Arc<GatewayMetrics<U, L, A>>,
}

impl<U: LabelValue, L: LabelValue, A: LabelValue> Gateway<U, L, A> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Gateway};
    /// let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(GatewayMetrics::register(registry)?);
        Ok(Gateway { metrics })
    }

    /// An authentication begins.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Gateway, gateway::{AuthMethod, Refusal}}};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.authenticate(AuthMethod::ApiKey).refuse(Refusal::Invalid);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn authenticate(&self, method: A) -> Attempt<A> {
        Attempt::begin(&self.metrics.authentications_total, method)
    }

    /// A rate limiter has decided on a request.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Gateway, gateway::{Decision, Limiter}}};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.rate_limit(Limiter::Global, Decision::Limited);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn rate_limit(&self, limiter: L, decision: Decision) {
        let limiter = Known::new(limiter);
        let labels = LimitLabels { limiter, decision };
        self.metrics.rate_limit_decisions_total.with(&labels).inc();
    }

    /// A request is sent to an upstream. Sending it to a second one is another call of this.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Gateway};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.forward(true).answered(200);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn forward(&self, upstream: U) -> Forward<U> {
        let metrics = &*self.metrics;
        Forward::begin(
            &metrics.upstream_requests_total,
            &metrics.upstream_request_duration_seconds,
            &metrics.upstream_requests_in_flight,
            upstream,
        )
    }

    /// A request was sent to no upstream.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Gateway, gateway::Unforwarded}};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.unforwarded(Unforwarded::NoUpstream);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn unforwarded(&self, reason: Unforwarded) {
        let labels = ByReason { reason };
        self.metrics.unforwarded_requests_total.with(&labels).inc();
    }

    /// The circuit breaker of an upstream is in this state, and in no other.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Gateway, gateway::Circuit}};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.circuit(true, Circuit::HalfOpen);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn circuit(&self, upstream: U, state: Circuit) {
        let upstream = Known::new(upstream);
        self.metrics
            .circuit_state
            .with(&ByUpstream { upstream })
            .set(state);
    }
}

impl<U: LabelValue, L: LabelValue, A: LabelValue> Clone for Gateway<U, L, A> {
    fn clone(&self) -> Self {
        Gateway {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<U: LabelValue, L: LabelValue, A: LabelValue> fmt::Debug for Gateway<U, L, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}
