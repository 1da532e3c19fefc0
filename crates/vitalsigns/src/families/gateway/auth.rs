//! Who is let in.

use std::fmt;

use super::super::{Known, unsaid};
use crate::{Counter, Family, LabelSet, LabelValue};

/// How a client shows who it is, for gateways that have no methods of their own.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::gateway::AuthMethod};
///
/// assert_eq!(AuthMethod::ApiKey.as_label(), "api_key");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// A name and a password.
    Password,
    /// A signed token, as in `Authorization: Bearer`.
    Token,
    /// A key of an application.
    ApiKey,
    /// A cookie of a session.
    Session,
    /// A certificate of the client.
    Certificate,
    /// Anything else, nothing included.
    Other,
}

/// Why an authentication was refused.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::gateway::Refusal};
///
/// assert_eq!(Refusal::VALUES, ["missing", "invalid", "expired", "blocked"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// There was nothing to check.
    Missing,
    /// It is wrong, or not signed by whom it should be.
    Invalid,
    /// It was right once, or was taken back.
    Expired,
    /// It may be right; its owner is locked out.
    Blocked,
}

/// How an authentication ended.
#[derive(LabelValue, Clone, Copy)]
pub(super) enum AuthOutcome {
    Success,
    Missing,
    Invalid,
    Expired,
    Blocked,
    Error,
    Cancelled,
    Panicked,
}

#[derive(LabelSet)]
pub(super) struct AuthLabels<A> {
    method: Known<A>,
    outcome: AuthOutcome,
}

/// One authentication on its way. Dropped before it says how it ended, it counts as cancelled;
/// dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::{Gateway, gateway::AuthMethod}};
/// # let gateway = Gateway::<bool>::register(&Registry::new())?;
/// let attempt = gateway.authenticate(AuthMethod::Password);
/// drop(attempt); // The client did not wait for the answer.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "an attempt that is dropped counts as cancelled"]
pub struct Attempt<A: LabelValue = AuthMethod> {
    /// `None` once the end was recorded.
    attempts: Option<Family<AuthLabels<A>, Counter>>,
    method: Known<A>,
}

impl<A: LabelValue> Attempt<A> {
    pub(super) fn begin(attempts: &Family<AuthLabels<A>, Counter>, method: A) -> Self {
        Attempt {
            attempts: Some(attempts.clone()),
            method: Known::new(method),
        }
    }

    /// The client is who it says it is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Gateway, gateway::AuthMethod}};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.authenticate(AuthMethod::Session).succeed();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn succeed(mut self) {
        self.end(AuthOutcome::Success);
    }

    /// The client is not let in.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Gateway, gateway::{AuthMethod, Refusal}}};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.authenticate(AuthMethod::Other).refuse(Refusal::Missing);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn refuse(mut self, why: Refusal) {
        self.end(match why {
            Refusal::Missing => AuthOutcome::Missing,
            Refusal::Invalid => AuthOutcome::Invalid,
            Refusal::Expired => AuthOutcome::Expired,
            Refusal::Blocked => AuthOutcome::Blocked,
        });
    }

    /// It could not be found out: the service that knows did not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Gateway, gateway::AuthMethod}};
    /// # let gateway = Gateway::<bool>::register(&Registry::new())?;
    /// gateway.authenticate(AuthMethod::Token).fail();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn fail(mut self) {
        self.end(AuthOutcome::Error);
    }

    fn end(&mut self, outcome: AuthOutcome) {
        if let Some(attempts) = self.attempts.take() {
            let method = self.method;
            attempts.with(&AuthLabels { method, outcome }).inc();
        }
    }
}

impl<A: LabelValue> Drop for Attempt<A> {
    fn drop(&mut self) {
        self.end(unsaid(AuthOutcome::Cancelled, AuthOutcome::Panicked));
    }
}

impl<A: LabelValue> fmt::Debug for Attempt<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}
