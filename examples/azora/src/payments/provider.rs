//! A simulated payment provider: it takes its time, and answers by the source that it is given.
//!
//! Its sources are for tests, as real providers have them: `tok_ok` pays, `tok_expired` is declined
//! as an expired card, and so on. An answer depends on nothing but the source and how often the same
//! reference was asked about, so asking again after a crash is safe.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use vitalsigns::{
    LabelValue,
    families::{
        Payments,
        payments::{Decline, Failure},
    },
};

use crate::metrics::ProviderName;

/// What a payment is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, LabelValue)]
pub enum Source {
    /// Pays.
    TokOk,
    /// Pays, but does not answer the first time in time.
    TokSlow,
    /// Pays; what was paid cannot be given back.
    TokNoRefund,
    /// Declined: not enough money.
    TokInsufficientFunds,
    /// Declined: the bank does not say why.
    TokCardDeclined,
    /// Declined: taken for fraud.
    TokFraud,
    /// Declined: the card is out of date.
    TokExpired,
    /// Declined: the payer could not show who they are.
    TokAuthentication,
    /// Declined: a number is wrong.
    TokInvalid,
    /// Declined: more than the payer may spend.
    TokLimit,
    /// The provider answers with an error.
    TokError,
    /// The provider cannot be reached.
    TokUnreachable,
    /// The provider does not answer.
    TokTimeout,
}

/// What came of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// The money is there.
    Authorised,
    /// The provider, or the bank behind it, says no.
    Declined(Decline),
    /// There was no answer that could be used.
    Failed(Failure),
}

/// The provider, and how it is called.
#[derive(Debug)]
pub struct Provider {
    latency: Duration,
    deadline: Duration,
    metrics: Payments<ProviderName>,
    charges: AtomicU64,
}

impl Provider {
    /// A provider that answers after `latency`, and is waited for until `deadline`.
    pub fn new(latency: Duration, deadline: Duration, metrics: Payments<ProviderName>) -> Self {
        Self {
            latency,
            deadline,
            metrics,
            charges: AtomicU64::new(0),
        }
    }

    /// How often it has taken money.
    pub fn charges(&self) -> u64 {
        self.charges.load(Ordering::Relaxed)
    }

    /// Asks for money. An answer that does not come is asked for once more: the provider knows the
    /// payment by its reference, so it does not charge twice.
    pub async fn charge(&self, source: Source) -> Charge {
        for is_second in [false, true] {
            let call = self.metrics.provider_call(ProviderName::Sandbox);
            let answer = self.answer(source, is_second);
            match tokio::time::timeout(self.deadline, answer).await {
                Err(_) => call.timed_out(),
                Ok(charge @ Charge::Failed(_)) => {
                    call.failed();
                    return charge;
                }
                Ok(charge) => {
                    call.answered();
                    return charge;
                }
            }
        }
        Charge::Failed(Failure::Timeout)
    }

    /// Gives money back, or does not.
    pub async fn refund(&self, source: Source) -> bool {
        let call = self.metrics.provider_call(ProviderName::Sandbox);
        tokio::time::sleep(self.latency).await;
        call.answered();
        source != Source::TokNoRefund
    }

    /// What the provider does.
    async fn answer(&self, source: Source, is_second: bool) -> Charge {
        tokio::time::sleep(self.latency).await;
        match source {
            Source::TokSlow if !is_second => std::future::pending().await,
            Source::TokTimeout => std::future::pending().await,
            Source::TokOk | Source::TokSlow | Source::TokNoRefund => {
                self.charges.fetch_add(1, Ordering::Relaxed);
                Charge::Authorised
            }
            Source::TokInsufficientFunds => Charge::Declined(Decline::InsufficientFunds),
            Source::TokCardDeclined => Charge::Declined(Decline::CardDeclined),
            Source::TokFraud => Charge::Declined(Decline::FraudSuspected),
            Source::TokExpired => Charge::Declined(Decline::ExpiredCard),
            Source::TokAuthentication => Charge::Declined(Decline::AuthenticationFailed),
            Source::TokInvalid => Charge::Declined(Decline::InvalidDetails),
            Source::TokLimit => Charge::Declined(Decline::LimitExceeded),
            Source::TokError => Charge::Failed(Failure::ProviderError),
            Source::TokUnreachable => Charge::Failed(Failure::ProviderUnreachable),
        }
    }
}
