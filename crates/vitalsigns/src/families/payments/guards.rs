//! What begins and ends: an attempt at a payment, a call to a provider.

use std::fmt;
use std::sync::Arc;

use super::labels::Reason;
use super::{Amount, Currency, Decline, Failure, Method, Outcome};
use super::{PaymentMetrics, Processed, ProviderOutcome, by_currency};
use crate::clock::Stopwatch;
use crate::families::{Known, unsaid};
use crate::{GaugeGuard, LabelValue};

/// How a call to a provider ended.
#[derive(LabelValue, Clone, Copy)]
pub(super) enum CallOutcome {
    Answered,
    Failed,
    Timeout,
    Cancelled,
    Panicked,
}

/// One attempt at a payment. Dropped before it says how it ended, it counts as cancelled; dropped
/// by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::Payments};
/// use vitalsigns::families::payments::{Currency, Failure, Method};
///
/// # let payments = Payments::<bool>::register(&Registry::new())?;
/// let attempt = payments.attempt(Method::Card, Currency::EUR);
/// attempt.failed(Failure::ProviderUnreachable);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "an attempt that is dropped counts as cancelled"]
pub struct Attempt<P: LabelValue> {
    pub(super) metrics: Arc<PaymentMetrics<P>>,
    pub(super) method: Method,
    pub(super) currency: Currency,
    /// `None` once the end was recorded.
    pub(super) in_progress: Option<GaugeGuard>,
}

impl<P: LabelValue> Attempt<P> {
    /// The money is there, or promised: this much of it, which can be less than was asked for.
    ///
    /// An amount of another currency than the attempt's, as of a provider that converts, counts in
    /// its own currency; the attempt counts in the one that it was begun with.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Payments, payments::{Amount, Currency, Method}}};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// let attempt = payments.attempt(Method::Card, Currency::KWD);
    /// attempt.authorised(Amount::from_decimal(Currency::KWD, "4.750")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn authorised(mut self, amount: Amount) {
        let labels = by_currency(self.method, amount);
        let units = amount.minor_units();
        let metrics = &self.metrics;
        let money = &metrics.payments_amount_minor_units_total;
        money.with(&labels).add(units);
        let sizes = &metrics.payment_amount_minor_units;
        sizes.with(&labels).observe(units);
        self.end(Outcome::Authorised, Reason::NONE);
    }

    /// Bank, provider or payer said no.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Payments, payments::{Currency, Decline, Method}}};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// payments.attempt(Method::Card, Currency::EUR).declined(Decline::ExpiredCard);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn declined(mut self, reason: Decline) {
        self.end(Outcome::Declined, Reason::declined(reason));
    }

    /// There was no answer, or none that could be used.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Payments, payments::{Currency, Failure, Method}}};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// payments.attempt(Method::Card, Currency::EUR).failed(Failure::Timeout);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn failed(mut self, reason: Failure) {
        self.end(Outcome::Failed, Reason::failed(reason));
    }

    fn end(&mut self, outcome: Outcome, reason: Reason) {
        // Given back last, so that who sees nothing in progress sees everything counted.
        let Some(_in_progress) = self.in_progress.take() else {
            return;
        };
        let labels = Processed {
            method: self.method,
            currency: self.currency,
            outcome,
            reason,
        };
        self.metrics.payments_processed_total.with(&labels).inc();
    }
}

impl<P: LabelValue> Drop for Attempt<P> {
    fn drop(&mut self) {
        self.end(unsaid(Outcome::Cancelled, Outcome::Panicked), Reason::NONE);
    }
}

impl<P: LabelValue> fmt::Debug for Attempt<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("method", &self.method)
            .field("currency", &self.currency)
            .finish_non_exhaustive()
    }
}

/// One call to a provider, for whatever it is: dropped before it says how it ended, it counts as
/// cancelled; dropped by a panic, as panicked.
///
/// # Examples
///
/// ```
/// # use vitalsigns::{Registry, families::Payments};
/// # let payments = Payments::<bool>::register(&Registry::new())?;
/// payments.provider_call(true).timed_out();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[must_use = "a call that is dropped counts as cancelled"]
pub struct ProviderCall<P: LabelValue> {
    metrics: Arc<PaymentMetrics<P>>,
    provider: Known<P>,
    started: Stopwatch,
    /// What the drop records, if anything was said.
    outcome: Option<CallOutcome>,
}

impl<P: LabelValue> ProviderCall<P> {
    pub(super) fn start(metrics: &Arc<PaymentMetrics<P>>, provider: P) -> Self {
        ProviderCall {
            metrics: Arc::clone(metrics),
            provider: Known::new(provider),
            started: Stopwatch::start(),
            outcome: None,
        }
    }

    /// The provider answered; that can be a no.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Payments};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// payments.provider_call(true).answered();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn answered(mut self) {
        self.outcome = Some(CallOutcome::Answered);
    }

    /// There was an error in place of an answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Payments};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// payments.provider_call(true).failed();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn failed(mut self) {
        self.outcome = Some(CallOutcome::Failed);
    }

    /// There was no answer in time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Payments};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// payments.provider_call(true).timed_out();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn timed_out(mut self) {
        self.outcome = Some(CallOutcome::Timeout);
    }
}

impl<P: LabelValue> Drop for ProviderCall<P> {
    fn drop(&mut self) {
        let unsaid = || unsaid(CallOutcome::Cancelled, CallOutcome::Panicked);
        let labels = ProviderOutcome {
            provider: self.provider,
            outcome: self.outcome.unwrap_or_else(unsaid),
        };
        let duration = &self.metrics.payments_provider_duration_seconds;
        duration.with(&labels).observe(self.started.elapsed());
    }
}

impl<P: LabelValue> fmt::Debug for ProviderCall<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderCall")
            .field("elapsed", &self.started.elapsed())
            .finish_non_exhaustive()
    }
}
