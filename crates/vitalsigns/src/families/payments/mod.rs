//! Payments: how many attempts, how they ended and why, and how much money.
//!
//! | family | what it measures |
//! |---|---|
//! | `payments_processed_total{method,currency,outcome,reason}` | attempts that ended |
//! | `payments_in_progress{method}` | attempts that have begun and not ended |
//! | `payments_amount_minor_units_total{method,currency}` | money authorised |
//! | `payment_amount_minor_units{method,currency}` | how large a payment is |
//! | `payments_captures_total`, `payments_captured_minor_units_total` `{method,currency}` | money collected |
//! | `payments_refunds_total{method,currency,outcome}`, `payments_refunded_minor_units_total{method,currency}` | money given back |
//! | `payments_chargebacks_total{method,currency,reason}`, `payments_charged_back_minor_units_total{method,currency}` | money taken back by a bank |
//! | `payments_provider_duration_seconds{provider,outcome}` | calls to a provider |
//!
//! An attempt starts with [`Payments::attempt`], when the service begins to ask for the money, and
//! ends when its [`Attempt`] says how, or is dropped. A **declined** payment is an answer and no
//! error: alert on `outcome="failed"` and `"panicked"`. A capture, a refund and a chargeback come
//! later and are events of their own, so that no attempt counts twice. What happens at the bank
//! is not seen, nor whether a payment that timed out was made after all: the provider's report
//! says.
//!
//! **Money is counted in minor units, in whole numbers**: cents, yen, fils. Nothing is rounded, and
//! amounts of two currencies are never to be added: `sum by (currency)`. A total that comes near
//! 2^64 wraps to 0, which Prometheus reads as a restart; that takes 2048 of the largest amounts.
//! Prometheus keeps floats: a total above 2^53 minor units it sees rounded.
//!
//! **The bounds of `payment_amount_minor_units` are minor units as well**, and so scaled by the
//! exponent of the currency: 1000 is 10.00 EUR, 1000 JPY and 1.000 KWD. Currencies have such
//! minor units that prices in them are of a like size, so one row of bounds from 1.00 EUR (100 JPY,
//! 0.100 KWD) to 10 million EUR fits them all; the millions are for rupiah and dong.
//!
//! The series of a currency are made when it is first used, or by [`Payments::expect`]: with some
//! 170 currencies, no family shows all of them.
//!
//! They replace `payments_processed_total{status,currency}`, whose status mixed declined and
//! failed; `payment_failed_total`, which is `outcome="failed"`; `payment_amount{currency}`, which
//! had no unit and one scale for all; and `revenue_total{…,currency}`, which is captured less
//! refunded less charged back.

mod guards;
mod labels;
mod money;

use std::fmt;
use std::sync::Arc;

pub use guards::{Attempt, ProviderCall};
pub use labels::{Chargeback, Decline, Failure, Method, Outcome};
pub use money::{Amount, AmountError, Currency, UnknownCurrency};

use super::Known;
use crate::clock::Stopwatch;
use crate::{
    Counter, Family, Gauge, Histogram, LabelSet, LabelValue, MetricGroup, RegisterError, Registry,
};
use guards::CallOutcome;
use labels::Reason;

#[derive(LabelValue, Clone, Copy)]
enum RefundOutcome {
    Success,
    Failed,
}

// All of these have the method and the currency, so no family is so small that it would show all
// currencies from the start.

#[derive(LabelSet)]
struct Processed {
    method: Method,
    currency: Currency,
    outcome: Outcome,
    reason: Reason,
}

#[derive(LabelSet)]
struct ByCurrency {
    method: Method,
    currency: Currency,
}

#[derive(LabelSet)]
struct Refunded {
    method: Method,
    currency: Currency,
    outcome: RefundOutcome,
}

#[derive(LabelSet)]
struct ChargedBack {
    method: Method,
    currency: Currency,
    reason: Chargeback,
}

#[derive(LabelSet)]
struct ByMethod {
    method: Method,
}

#[derive(LabelSet)]
struct ProviderOutcome<P> {
    provider: Known<P>,
    outcome: CallOutcome,
}

#[derive(MetricGroup)]
struct PaymentMetrics<P: LabelValue> {
    /// Payment attempts that ended, by method, currency, outcome and reason.
    payments_processed_total: Family<Processed, Counter>,
    /// Payment attempts that have begun and not ended.
    payments_in_progress: Family<ByMethod, Gauge>,
    /// Money authorised, in minor units of the currency.
    payments_amount_minor_units_total: Family<ByCurrency, Counter>,
    /// Amount of each payment authorised, in minor units of the currency.
    #[metric(buckets = [
        100, 250, 500, 1e3, 2.5e3, 5e3, 1e4, 2.5e4, 5e4, 1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7,
        1e8, 1e9
    ])]
    payment_amount_minor_units: Family<ByCurrency, Histogram>,
    /// Captures: payments, or parts of them, that were collected.
    payments_captures_total: Family<ByCurrency, Counter>,
    /// Money captured, in minor units of the currency.
    payments_captured_minor_units_total: Family<ByCurrency, Counter>,
    /// Refunds that were tried, by outcome.
    payments_refunds_total: Family<Refunded, Counter>,
    /// Money refunded, in minor units of the currency.
    payments_refunded_minor_units_total: Family<ByCurrency, Counter>,
    /// Chargebacks, by the reason that the bank gives.
    payments_chargebacks_total: Family<ChargedBack, Counter>,
    /// Money charged back, in minor units of the currency.
    payments_charged_back_minor_units_total: Family<ByCurrency, Counter>,
    /// Time from calling a payment provider to its answer.
    #[metric(buckets = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 30, 60])]
    payments_provider_duration_seconds: Family<ProviderOutcome<P>, Histogram>,
}

/// The metrics of a service that takes payments.
///
/// `P` is the service's enum of payment providers.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::Payments;
/// use vitalsigns::families::payments::{Amount, Currency, Decline, Method};
/// use vitalsigns::{LabelValue, Registry};
///
/// #[derive(LabelValue)]
/// enum Provider {
///     Acme,
/// }
///
/// let registry = Registry::new();
/// let payments = Payments::<Provider>::register(&registry)?;
///
/// let attempt = payments.attempt(Method::Card, Currency::EUR);
/// let call = payments.provider_call(Provider::Acme);
/// call.answered();
/// attempt.authorised(Amount::from_decimal(Currency::EUR, "12.34")?);
///
/// let attempt = payments.attempt(Method::Card, Currency::EUR);
/// attempt.declined(Decline::InsufficientFunds);
///
/// let forgotten = payments.attempt(Method::Wallet, Currency::JPY);
/// drop(forgotten); // Counts as cancelled.
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Payments<P: LabelValue> {
    metrics: Arc<PaymentMetrics<P>>,
}

impl<P: LabelValue> Payments<P> {
    /// Registers the families; registering them again gives the same ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Payments};
    /// let payments = Payments::<bool>::register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let metrics = Arc::new(PaymentMetrics::register(registry)?);
        Ok(Payments { metrics })
    }

    /// Puts the series of a method and a currency on the page, at 0, before the first payment: so
    /// that a rate sees the first of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Payments, payments::{Currency, Method}}};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// for currency in [Currency::EUR, Currency::CHF] {
    ///     payments.expect(Method::Card, currency);
    /// }
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn expect(&self, method: Method, currency: Currency) {
        let metrics = &*self.metrics;
        let ended = |outcome, reason| {
            metrics.payments_processed_total.with(&Processed {
                method,
                currency,
                outcome,
                reason,
            });
        };
        for outcome in [Outcome::Authorised, Outcome::Cancelled, Outcome::Panicked] {
            ended(outcome, Reason::NONE);
        }
        for decline in (0..).map_while(Decline::from_index) {
            ended(Outcome::Declined, Reason::declined(decline));
        }
        for failure in (0..).map_while(Failure::from_index) {
            ended(Outcome::Failed, Reason::failed(failure));
        }
        for outcome in [RefundOutcome::Success, RefundOutcome::Failed] {
            metrics.payments_refunds_total.with(&Refunded {
                method,
                currency,
                outcome,
            });
        }
        for reason in (0..).map_while(Chargeback::from_index) {
            metrics.payments_chargebacks_total.with(&ChargedBack {
                method,
                currency,
                reason,
            });
        }
        let labels = ByCurrency { method, currency };
        for family in [
            &metrics.payments_amount_minor_units_total,
            &metrics.payments_captures_total,
            &metrics.payments_captured_minor_units_total,
            &metrics.payments_refunded_minor_units_total,
            &metrics.payments_charged_back_minor_units_total,
        ] {
            family.with(&labels);
        }
        metrics.payment_amount_minor_units.with(&labels);
    }

    /// The service begins to ask for money.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Payments, payments::{Currency, Method}}};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// let attempt = payments.attempt(Method::Card, Currency::EUR);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn attempt(&self, method: Method, currency: Currency) -> Attempt<P> {
        let in_progress = self.metrics.payments_in_progress.with(&ByMethod { method });
        Attempt {
            metrics: Arc::clone(&self.metrics),
            method,
            currency,
            in_progress: Some(in_progress.hold(1)),
        }
    }

    /// Money that was authorised is collected: all of it, or a part.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Payments, payments::{Amount, Currency, Method}}};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// payments.captured(Method::Card, Amount::from_minor_units(Currency::EUR, 1234)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn captured(&self, method: Method, amount: Amount) {
        let labels = by_currency(method, amount);
        self.metrics.payments_captures_total.with(&labels).inc();
        let money = &self.metrics.payments_captured_minor_units_total;
        money.with(&labels).add(amount.minor_units());
    }

    /// The service gave money back.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Payments, payments::{Amount, Currency, Method}}};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// payments.refunded(Method::Card, Amount::from_minor_units(Currency::EUR, 500)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refunded(&self, method: Method, amount: Amount) {
        self.refund(method, amount.currency(), RefundOutcome::Success);
        let money = &self.metrics.payments_refunded_minor_units_total;
        money
            .with(&by_currency(method, amount))
            .add(amount.minor_units());
    }

    /// The service tried to give money back, and could not.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::{Payments, payments::{Currency, Method}}};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// payments.refund_failed(Method::Card, Currency::EUR);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn refund_failed(&self, method: Method, currency: Currency) {
        self.refund(method, currency, RefundOutcome::Failed);
    }

    fn refund(&self, method: Method, currency: Currency, outcome: RefundOutcome) {
        let labels = Refunded {
            method,
            currency,
            outcome,
        };
        self.metrics.payments_refunds_total.with(&labels).inc();
    }

    /// A bank took money back.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Payments};
    /// use vitalsigns::families::payments::{Amount, Chargeback, Currency, Method};
    ///
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// let amount = Amount::from_minor_units(Currency::EUR, 1234)?;
    /// payments.charged_back(Method::Card, amount, Chargeback::Fraud);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn charged_back(&self, method: Method, amount: Amount, reason: Chargeback) {
        let labels = ChargedBack {
            method,
            currency: amount.currency(),
            reason,
        };
        self.metrics.payments_chargebacks_total.with(&labels).inc();
        let money = &self.metrics.payments_charged_back_minor_units_total;
        money
            .with(&by_currency(method, amount))
            .add(amount.minor_units());
    }

    /// A provider is called.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::Payments};
    /// # let payments = Payments::<bool>::register(&Registry::new())?;
    /// let call = payments.provider_call(true);
    /// // … the request …
    /// call.answered();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn provider_call(&self, provider: P) -> ProviderCall<P> {
        ProviderCall {
            metrics: Arc::clone(&self.metrics),
            provider: Known::new(provider),
            started: Stopwatch::start(),
            outcome: None,
        }
    }
}

fn by_currency(method: Method, amount: Amount) -> ByCurrency {
    ByCurrency {
        method,
        currency: amount.currency(),
    }
}

impl<P: LabelValue> Clone for Payments<P> {
    fn clone(&self) -> Self {
        Payments {
            metrics: Arc::clone(&self.metrics),
        }
    }
}

impl<P: LabelValue> fmt::Debug for Payments<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payments").finish_non_exhaustive()
    }
}
