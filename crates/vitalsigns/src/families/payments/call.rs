//! Functions that take a payment, and that call a provider.

use std::fmt;
use std::sync::Arc;

use super::{
    Amount, Attempt, Currency, Decline, Failure, Method, PaymentMetrics, Payments, ProviderCall,
};
use crate::LabelValue;
use crate::instrument::{Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The labels of an attempt at a payment in `#[instrument_metrics(on = payments, …)]`.
    ///
    /// How much was authorised is what `ok = …` gives.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::Payments;
    /// use vitalsigns::families::payments::{Amount, Currency, Decline, Method, NotAuthorised};
    /// use vitalsigns::{Registry, instrument_metrics};
    ///
    /// #[instrument_metrics(
    ///     on = payments,
    ///     method = Method::Card,
    ///     currency = amount.currency(),
    ///     ok = |authorised| *authorised,
    ///     error = |_| NotAuthorised::Declined(Decline::CardDeclined),
    /// )]
    /// async fn charge(payments: &Payments<bool>, amount: Amount) -> Result<Amount, String> {
    ///     Ok(amount)
    /// }
    /// # let amount = Amount::from_minor_units(Currency::EUR, 1).unwrap();
    /// # drop(charge(&Payments::register(&Registry::new())?, amount));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// What is paid with.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::payments::{CallLabels, Method};
        ///
        /// let labels = CallLabels::default().method(Method::Card);
        /// ```
        method: M is LabelValue,
        /// The currency that is asked for.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::payments::{CallLabels, Currency};
        ///
        /// let labels = CallLabels::default().currency(Currency::EUR);
        /// ```
        currency: C is LabelValue,
    }
}

/// Why a function did not get a payment authorised.
///
/// # Examples
///
/// See [`CallLabels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotAuthorised {
    /// As [`Attempt::declined`].
    Declined(Decline),
    /// As [`Attempt::failed`].
    Failed(Failure),
}

impl<P: LabelValue> Instrument for Payments<P> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<Method, Currency>;
    type Guard = Attempt<P>;

    fn start(&self, labels: CallLabels<Method, Currency>) -> Attempt<P> {
        self.attempt(labels.method, labels.currency)
    }
}

impl<P: LabelValue> InstrumentGuard for Attempt<P> {
    type Success = Amount;
    type Failure = NotAuthorised;

    fn succeed(self, amount: Amount) {
        self.authorised(amount);
    }

    fn fail(self, why: NotAuthorised) {
        match why {
            NotAuthorised::Declined(why) => self.declined(why),
            NotAuthorised::Failed(why) => self.failed(why),
        }
    }
}

call_labels! {
    /// The label of a call to a provider in
    /// `#[instrument_metrics(on = payments.provider_calls(), provider = …)]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::Payments;
    /// use vitalsigns::families::payments::Unanswered;
    /// use vitalsigns::{LabelValue, Registry, instrument_metrics};
    ///
    /// #[derive(LabelValue)]
    /// enum Provider {
    ///     Acme,
    /// }
    ///
    /// #[instrument_metrics(
    ///     on = payments.provider_calls(),
    ///     provider = Provider::Acme,
    ///     error = |_| Unanswered::Timeout,
    /// )]
    /// async fn ask(payments: &Payments<Provider>) -> Result<bool, std::io::Error> {
    ///     Ok(true)
    /// }
    /// # drop(ask(&Payments::register(&Registry::new())?));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    ProviderLabels {
        /// The provider, an enum of the service.
        ///
        /// # Examples
        ///
        /// ```
        /// let labels = vitalsigns::families::payments::ProviderLabels::default().provider(true);
        /// ```
        provider: P is LabelValue,
    }
}

/// Why a call to a provider had no answer.
///
/// # Examples
///
/// See [`ProviderLabels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unanswered {
    /// As [`ProviderCall::failed`].
    Failed,
    /// As [`ProviderCall::timed_out`].
    Timeout,
}

/// Calls to payment providers, as what `on = …` can name: see [`Payments::provider_calls`].
///
/// # Examples
///
/// See [`ProviderLabels`].
pub struct ProviderCalls<P: LabelValue> {
    metrics: Arc<PaymentMetrics<P>>,
}

impl<P: LabelValue> Payments<P> {
    /// What functions that call a provider record on.
    ///
    /// # Examples
    ///
    /// See [`ProviderLabels`].
    pub fn provider_calls(&self) -> ProviderCalls<P> {
        ProviderCalls {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<P: LabelValue> Instrument for ProviderCalls<P> {
    type Unlabelled = ProviderLabels;
    type Labels = ProviderLabels<P>;
    type Guard = ProviderCall<P>;

    fn start(&self, labels: ProviderLabels<P>) -> ProviderCall<P> {
        ProviderCall::start(&self.metrics, labels.provider)
    }
}

impl<P: LabelValue> InstrumentGuard for ProviderCall<P> {
    type Success = ();
    type Failure = Unanswered;

    fn succeed(self, (): ()) {
        self.answered();
    }

    fn fail(self, why: Unanswered) {
        match why {
            Unanswered::Failed => self.failed(),
            Unanswered::Timeout => self.timed_out(),
        }
    }
}

impl<P: LabelValue> fmt::Debug for ProviderCalls<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderCalls").finish_non_exhaustive()
    }
}
