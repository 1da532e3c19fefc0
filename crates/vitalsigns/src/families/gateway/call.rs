//! Functions that send a request on, and that authenticate a client.

use std::fmt;
use std::sync::Arc;

use super::{
    Attempt, AuthMethod, Forward, ForwardError, Gateway, GatewayMetrics, Limiter, Refusal,
};
use crate::LabelValue;
use crate::instrument::{Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The label of a request to an upstream in `#[instrument_metrics(on = gateway, upstream = …)]`.
    ///
    /// The status of the answer is what `ok = …` gives.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::Gateway;
    /// use vitalsigns::families::gateway::ForwardError;
    /// use vitalsigns::{LabelValue, Registry, instrument_metrics};
    ///
    /// #[derive(LabelValue)]
    /// enum Upstream {
    ///     Payments,
    /// }
    ///
    /// #[instrument_metrics(
    ///     on = gateway,
    ///     upstream = Upstream::Payments,
    ///     ok = |status| *status,
    ///     error = |_| ForwardError::Connect,
    /// )]
    /// async fn pay(gateway: &Gateway<Upstream>) -> Result<u16, std::io::Error> {
    ///     Ok(200)
    /// }
    /// # drop(pay(&Gateway::register(&Registry::new())?));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// The upstream, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::gateway::CallLabels::default().upstream(true);
        /// ```
        upstream: U is LabelValue,
    }
}

impl<U: LabelValue, L: LabelValue, A: LabelValue> Instrument for Gateway<U, L, A> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<U>;
    type Guard = Forward<U>;

    fn start(&self, labels: CallLabels<U>) -> Forward<U> {
        self.forward(labels.upstream)
    }
}

impl<U: LabelValue> InstrumentGuard for Forward<U> {
    type Success = u16;
    type Failure = ForwardError;

    fn succeed(self, status: u16) {
        self.answered(status);
    }

    fn fail(self, why: ForwardError) {
        Forward::fail(self, why);
    }
}

call_labels! {
    /// The label of an authentication in
    /// `#[instrument_metrics(on = gateway.authentications(), method = …)]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::Gateway;
    /// use vitalsigns::families::gateway::{AuthMethod, NotLetIn, Refusal};
    /// use vitalsigns::{Registry, instrument_metrics};
    ///
    /// #[instrument_metrics(
    ///     on = gateway.authentications(),
    ///     method = AuthMethod::Token,
    ///     error = |_| NotLetIn::Refused(Refusal::Invalid),
    /// )]
    /// async fn authenticate(gateway: &Gateway<bool>, token: &str) -> Result<(), String> {
    ///     Ok(())
    /// }
    /// # drop(authenticate(&Gateway::register(&Registry::new())?, ""));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    AuthenticationLabels {
        /// The method.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::gateway::{AuthMethod, AuthenticationLabels};
        ///
        /// let labels = AuthenticationLabels::default().method(AuthMethod::Token);
        /// ```
        method: A is LabelValue,
    }
}

/// Why a function did not let a client in.
///
/// # Examples
///
/// See [`AuthenticationLabels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotLetIn {
    /// As [`Attempt::refuse`].
    Refused(Refusal),
    /// As [`Attempt::fail`].
    Failed,
}

/// The authentications of a gateway, as what `on = …` can name: see
/// [`Gateway::authentications`].
///
/// # Examples
///
/// See [`AuthenticationLabels`].
pub struct Authentications<U: LabelValue, L: LabelValue = Limiter, A: LabelValue = AuthMethod> {
    metrics: Arc<GatewayMetrics<U, L, A>>,
}

impl<U: LabelValue, L: LabelValue, A: LabelValue> Gateway<U, L, A> {
    /// What functions that authenticate record on.
    ///
    /// # Examples
    ///
    /// See [`AuthenticationLabels`].
    pub fn authentications(&self) -> Authentications<U, L, A> {
        Authentications {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<U: LabelValue, L: LabelValue, A: LabelValue> Instrument for Authentications<U, L, A> {
    type Unlabelled = AuthenticationLabels;
    type Labels = AuthenticationLabels<A>;
    type Guard = Attempt<A>;

    fn start(&self, labels: AuthenticationLabels<A>) -> Attempt<A> {
        Attempt::begin(&self.metrics.authentications_total, labels.method)
    }
}

impl<A: LabelValue> InstrumentGuard for Attempt<A> {
    type Success = ();
    type Failure = NotLetIn;

    fn succeed(self, (): ()) {
        Attempt::succeed(self);
    }

    fn fail(self, why: NotLetIn) {
        match why {
            NotLetIn::Refused(why) => self.refuse(why),
            NotLetIn::Failed => Attempt::fail(self),
        }
    }
}

impl<U: LabelValue, L: LabelValue, A: LabelValue> fmt::Debug for Authentications<U, L, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentications").finish_non_exhaustive()
    }
}
