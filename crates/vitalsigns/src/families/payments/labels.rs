//! The words of the domain that are labels.

use crate::LabelValue;

/// What a payment is made with.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::payments::Method};
///
/// assert_eq!(Method::from_label("direct_debit"), Some(Method::DirectDebit));
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// A credit or debit card.
    Card,
    /// A wallet of the payer's phone or browser, whatever is in it.
    Wallet,
    /// A transfer that the payer orders at the bank.
    BankTransfer,
    /// A debit that the payer allowed.
    DirectDebit,
    /// A purchase on credit or by instalments.
    BuyNowPayLater,
    /// A voucher, a gift card, or cash paid in at a shop.
    Voucher,
    /// The bill of a phone company.
    CarrierBilling,
    /// A cryptocurrency, for a price in a currency.
    Crypto,
    /// Anything else.
    Other,
}

/// How an attempt ended.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::payments::Outcome};
///
/// assert_eq!(Outcome::VALUES, ["authorised", "declined", "failed", "cancelled", "panicked"]);
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The money is there, or promised.
    Authorised,
    /// Bank, provider or payer said no.
    Declined,
    /// There was no answer, or none that could be used.
    Failed,
    /// The attempt was given up: it was dropped.
    Cancelled,
    /// The attempt was dropped by a panic.
    Panicked,
}

/// Why a payment was declined: an answer, and no error.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::payments::Decline};
///
/// assert_eq!(Decline::InsufficientFunds.as_label(), "insufficient_funds");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decline {
    /// There is not enough money.
    InsufficientFunds,
    /// The bank refuses and does not say why.
    CardDeclined,
    /// The bank, the provider or the service takes it for fraud.
    FraudSuspected,
    /// The card is out of date.
    ExpiredCard,
    /// The payer is not who they should be, or could not show it (3-D Secure, PIN, TAN).
    AuthenticationFailed,
    /// A number or a code of the card or account is wrong.
    InvalidDetails,
    /// It is more than the payer may spend.
    LimitExceeded,
    /// Any other reason.
    DeclinedOther,
}

/// Why a payment failed: an error, of the provider or of the service.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::payments::Failure};
///
/// assert_eq!(Failure::ProviderError.as_label(), "provider_error");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The provider answered with an error.
    ProviderError,
    /// The provider could not be reached.
    ProviderUnreachable,
    /// There was no answer in time; the payment may have been made after all.
    Timeout,
    /// The provider did not understand the service.
    InvalidRequest,
    /// A fault of the service itself.
    Internal,
}

/// Why a bank took money back.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelValue, families::payments::Chargeback};
///
/// assert_eq!(Chargeback::VALUES[0], "fraud");
/// ```
#[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chargeback {
    /// The payer did not order the payment.
    Fraud,
    /// What was paid for did not come.
    NotReceived,
    /// What came was not what was paid for.
    NotAsDescribed,
    /// It was paid twice, or too much.
    Duplicate,
    /// A subscription or a promised refund was not honoured.
    Cancelled,
    /// A debit was returned unpaid.
    Unpaid,
    /// Any other reason.
    Other,
}

const REASONS: [&str; 1 + Decline::VALUES.len() + Failure::VALUES.len()] = {
    let mut all = ["none"; 1 + Decline::VALUES.len() + Failure::VALUES.len()];
    let mut index = 1;
    while index < all.len() {
        let decline = index - 1;
        all[index] = if decline < Decline::VALUES.len() {
            Decline::VALUES[decline]
        } else {
            Failure::VALUES[decline - Decline::VALUES.len()]
        };
        index += 1;
    }
    all
};

/// `none`, or why a payment was declined or failed.
#[derive(Clone, Copy)]
pub(super) struct Reason(usize);

impl Reason {
    pub(super) const NONE: Reason = Reason(0);

    pub(super) fn declined(decline: Decline) -> Self {
        Reason(1 + decline.index())
    }

    pub(super) fn failed(failure: Failure) -> Self {
        Reason(1 + Decline::VALUES.len() + failure.index())
    }
}

impl LabelValue for Reason {
    const VALUES: &'static [&'static str] = &REASONS;

    fn index(&self) -> usize {
        self.0
    }

    fn from_index(index: usize) -> Option<Self> {
        (index < REASONS.len()).then_some(Reason(index))
    }
}
