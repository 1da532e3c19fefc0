//! Payments: attempts, money, and what goes back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use vitalsigns::families::Payments;
use vitalsigns::families::payments::{
    Amount, AmountError, Chargeback, Currency, Decline, Failure, Method,
};
use vitalsigns::{Format, LabelValue, Registry, testing};

#[derive(LabelValue, Clone, Copy)]
enum Provider {
    Acme,
    Best,
}

fn new() -> (Registry, Payments<Provider>) {
    let registry = Registry::new();
    let payments = Payments::register(&registry).unwrap();
    (registry, payments)
}

fn amount(currency: Currency, text: &str) -> Amount {
    Amount::from_decimal(currency, text).unwrap()
}

#[track_caller]
fn assert_nothing_in_progress(registry: &Registry) {
    assert_eq!(testing::total(registry, "payments_in_progress"), 0.0);
}

#[test]
fn a_typical_hour() {
    let (registry, payments) = new();
    for cents in ["12.34", "9.99", "1200"] {
        let attempt = payments.attempt(Method::Card, Currency::EUR);
        payments.provider_call(Provider::Acme).answered();
        let amount = amount(Currency::EUR, cents);
        attempt.authorised(amount);
        payments.captured(Method::Card, amount);
    }
    let declined = |reason| {
        let attempt = payments.attempt(Method::Card, Currency::EUR);
        payments.provider_call(Provider::Acme).answered();
        attempt.declined(reason);
    };
    declined(Decline::InsufficientFunds);
    declined(Decline::InsufficientFunds);
    declined(Decline::FraudSuspected);
    let attempt = payments.attempt(Method::Card, Currency::EUR);
    payments.provider_call(Provider::Acme).timed_out();
    attempt.failed(Failure::Timeout);
    let yen = amount(Currency::JPY, "2980");
    let attempt = payments.attempt(Method::Wallet, Currency::JPY);
    payments.provider_call(Provider::Best).answered();
    attempt.authorised(yen);
    let dinars = amount(Currency::KWD, "4.75");
    payments
        .attempt(Method::Card, Currency::KWD)
        .authorised(dinars);
    payments.provider_call(Provider::Best).failed();
    let waiting = payments.attempt(Method::BankTransfer, Currency::EUR);
    payments.refunded(Method::Card, amount(Currency::EUR, "9.99"));
    payments.refund_failed(Method::Card, Currency::EUR);
    payments.charged_back(
        Method::Card,
        amount(Currency::EUR, "12.34"),
        Chargeback::Fraud,
    );

    let is = |name: &str, lines: &[&str]| {
        let expected: String = lines.iter().map(|line| format!("{name}{line}\n")).collect();
        testing::assert_family(&registry, name, &expected);
    };
    is(
        "payments_processed_total",
        &[
            "{method=\"card\",currency=\"EUR\",outcome=\"authorised\",reason=\"none\"} 3",
            "{method=\"card\",currency=\"EUR\",outcome=\"declined\",reason=\"insufficient_funds\"} 2",
            "{method=\"card\",currency=\"EUR\",outcome=\"declined\",reason=\"fraud_suspected\"} 1",
            "{method=\"card\",currency=\"EUR\",outcome=\"failed\",reason=\"timeout\"} 1",
            "{method=\"card\",currency=\"KWD\",outcome=\"authorised\",reason=\"none\"} 1",
            "{method=\"wallet\",currency=\"JPY\",outcome=\"authorised\",reason=\"none\"} 1",
        ],
    );
    is(
        "payments_in_progress",
        &[
            "{method=\"card\"} 0",
            "{method=\"wallet\"} 0",
            "{method=\"bank_transfer\"} 1",
            "{method=\"direct_debit\"} 0",
            "{method=\"buy_now_pay_later\"} 0",
            "{method=\"voucher\"} 0",
            "{method=\"carrier_billing\"} 0",
            "{method=\"crypto\"} 0",
            "{method=\"other\"} 0",
        ],
    );
    is(
        "payments_amount_minor_units_total",
        &[
            "{method=\"card\",currency=\"EUR\"} 122233",
            "{method=\"card\",currency=\"KWD\"} 4750",
            "{method=\"wallet\",currency=\"JPY\"} 2980",
        ],
    );
    is(
        "payments_captures_total",
        &["{method=\"card\",currency=\"EUR\"} 3"],
    );
    is(
        "payments_captured_minor_units_total",
        &["{method=\"card\",currency=\"EUR\"} 122233"],
    );
    is(
        "payments_refunds_total",
        &[
            "{method=\"card\",currency=\"EUR\",outcome=\"success\"} 1",
            "{method=\"card\",currency=\"EUR\",outcome=\"failed\"} 1",
        ],
    );
    is(
        "payments_refunded_minor_units_total",
        &["{method=\"card\",currency=\"EUR\"} 999"],
    );
    is(
        "payments_chargebacks_total",
        &["{method=\"card\",currency=\"EUR\",reason=\"fraud\"} 1"],
    );
    is(
        "payments_charged_back_minor_units_total",
        &["{method=\"card\",currency=\"EUR\"} 1234"],
    );
    for (provider, outcome, count) in [
        ("acme", "answered", 6.0),
        ("acme", "timeout", 1.0),
        ("best", "answered", 1.0),
        ("best", "failed", 1.0),
        ("best", "cancelled", 0.0),
    ] {
        let labels = [("provider", provider), ("outcome", outcome)];
        let found = testing::value(&registry, "payments_provider_duration_seconds", &labels);
        assert_eq!(found, Some(count), "{labels:?}");
    }
    drop(waiting);
    assert_nothing_in_progress(&registry);
}

#[test]
fn one_row_of_bounds_fits_currencies_of_every_exponent() {
    let (registry, payments) = new();
    for (currency, text, le) in [
        (Currency::EUR, "4.99", "500.0"),
        (Currency::JPY, "499", "500.0"),
        (Currency::KWD, "0.500", "500.0"),
        (Currency::EUR, "5000", "500000.0"),
        (Currency::IDR, "250000", "1e+08"),
    ] {
        let labels = format!("{{method=\"card\",currency=\"{currency}\",le=\"{le}\"}}");
        let line = format!("payment_amount_minor_units_bucket{labels} ");
        let in_bucket = || {
            let page = registry.render(Format::Text);
            let value = page.lines().find_map(|found| found.strip_prefix(&line));
            value.map_or(0, |value| value.parse::<u64>().unwrap())
        };
        let before = in_bucket();
        let attempt = payments.attempt(Method::Card, currency);
        attempt.authorised(amount(currency, text));
        assert_eq!(in_bucket(), before + 1, "{text} {currency}");
    }
}

#[test]
fn no_family_shows_all_currencies() {
    let (registry, payments) = new();
    let page = registry.render(Format::Text);
    assert!(!page.contains("currency="), "{page}");
    payments.expect(Method::Card, Currency::EUR);
    let processed = testing::samples(&registry, "payments_processed_total");
    assert_eq!(
        processed.lines().count(),
        3 + Decline::VALUES.len() + Failure::VALUES.len()
    );
    assert!(processed.lines().all(|line| line.ends_with(" 0")));
    let before = registry.render(Format::Text).lines().count();
    payments
        .attempt(Method::Card, Currency::EUR)
        .authorised(amount(Currency::EUR, "1"));
    payments.captured(Method::Card, amount(Currency::EUR, "1"));
    payments.refunded(Method::Card, amount(Currency::EUR, "1"));
    payments.charged_back(Method::Card, amount(Currency::EUR, "1"), Chargeback::Unpaid);
    // What was expected is there: nothing new came.
    assert_eq!(registry.render(Format::Text).lines().count(), before);
}

#[test]
fn a_guard_that_is_dropped_is_cancelled_or_panicked() {
    struct Owner {
        _attempt: vitalsigns::families::payments::Attempt<Provider>,
        _call: vitalsigns::families::payments::ProviderCall<Provider>,
    }
    let (registry, payments) = new();
    let begin = || Owner {
        _attempt: payments.attempt(Method::Card, Currency::USD),
        _call: payments.provider_call(Provider::Acme),
    };
    let owner = begin();
    assert_eq!(testing::total(&registry, "payments_in_progress"), 1.0);
    drop(owner);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _owner = begin();
        panic!("the work panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_nothing_in_progress(&registry);
    testing::assert_family(
        &registry,
        "payments_processed_total",
        "payments_processed_total{method=\"card\",currency=\"USD\",outcome=\"cancelled\",reason=\"none\"} 1\n\
         payments_processed_total{method=\"card\",currency=\"USD\",outcome=\"panicked\",reason=\"none\"} 1\n",
    );
    for outcome in ["cancelled", "panicked"] {
        let labels = [("provider", "acme"), ("outcome", outcome)];
        let found = testing::value(&registry, "payments_provider_duration_seconds", &labels);
        assert_eq!(found, Some(1.0));
    }
    assert_eq!(
        testing::total(&registry, "payments_provider_duration_seconds"),
        2.0
    );
}

#[test]
fn a_provider_that_converts_loses_no_money() {
    let (registry, payments) = new();
    let attempt = payments.attempt(Method::Card, Currency::EUR);
    attempt.authorised(amount(Currency::USD, "10.80"));
    testing::assert_family(
        &registry,
        "payments_amount_minor_units_total",
        "payments_amount_minor_units_total{method=\"card\",currency=\"USD\"} 1080\n",
    );
    testing::assert_family(
        &registry,
        "payments_processed_total",
        "payments_processed_total{method=\"card\",currency=\"EUR\",outcome=\"authorised\",reason=\"none\"} 1\n",
    );
}

#[test]
fn what_is_no_amount_is_an_error() {
    use AmountError::{Negative, NotANumber, TooLarge, TooPrecise};
    for (currency, text, expected) in [
        (Currency::EUR, "12.34", Ok(1234)),
        (Currency::EUR, "12.3", Ok(1230)),
        (Currency::EUR, "12", Ok(1200)),
        (Currency::EUR, "0012.3400", Ok(1234)),
        (Currency::EUR, "0", Ok(0)),
        (Currency::CLF, "0.0001", Ok(1)),
        (Currency::JPY, "5.0", Ok(5)),
        (Currency::JPY, "9007199254740992", Ok(1 << 53)),
        (Currency::JPY, "9007199254740993", Err(TooLarge)),
        (Currency::EUR, "90071992547409.93", Err(TooLarge)),
        (Currency::EUR, "999999999999999999999999999", Err(TooLarge)),
        (Currency::JPY, "5.5", Err(TooPrecise)),
        (Currency::EUR, "0.001", Err(TooPrecise)),
        (Currency::EUR, "-1", Err(Negative)),
        (Currency::EUR, "", Err(NotANumber)),
        (Currency::EUR, "-", Err(NotANumber)),
        (Currency::EUR, "--1", Err(NotANumber)),
        (Currency::EUR, ".5", Err(NotANumber)),
        (Currency::EUR, "5.", Err(NotANumber)),
        (Currency::EUR, "1.2.3", Err(NotANumber)),
        (Currency::EUR, "1,5", Err(NotANumber)),
        (Currency::EUR, "+1", Err(NotANumber)),
        (Currency::EUR, " 1", Err(NotANumber)),
        (Currency::EUR, "1e3", Err(NotANumber)),
        (Currency::EUR, "NaN", Err(NotANumber)),
        (Currency::EUR, "١٢", Err(NotANumber)),
    ] {
        let found = Amount::from_decimal(currency, text).map(Amount::minor_units);
        assert_eq!(found, expected, "{text} {currency}");
    }
    let from = |units: i128| Amount::from_minor_units(Currency::EUR, units);
    assert_eq!(from(-1), Err(Negative));
    assert_eq!(from(i128::MIN), Err(Negative));
    assert_eq!(from((1 << 53) + 1), Err(TooLarge));
    assert_eq!(from(i128::MAX), Err(TooLarge));
    assert_eq!(
        Amount::from_minor_units(Currency::EUR, u64::MAX),
        Err(TooLarge)
    );
    for (amount, text) in [
        (amount(Currency::EUR, "0.07"), "0.07 EUR"),
        (amount(Currency::JPY, "500"), "500 JPY"),
        (amount(Currency::KWD, "1.005"), "1.005 KWD"),
    ] {
        assert_eq!(amount.to_string(), text);
    }
}

#[test]
fn the_currencies_are_those_of_the_standard_that_have_a_minor_unit() {
    // Every text of three letters is asked, so that a new code of the table shows here.
    let letters = || b'A'..=b'Z';
    let mut known = Vec::new();
    for code in
        letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c])))
    {
        let code = std::str::from_utf8(&code).unwrap();
        let standard = iso_currency::Currency::from_code(code)
            .and_then(|currency| Some((currency.numeric(), u32::from(currency.exponent()?))));
        let ours = Currency::from_code(code).ok();
        assert_eq!(
            ours.map(|currency| (currency.numeric(), currency.exponent())),
            standard,
            "{code}"
        );
        known.extend(ours);
    }
    let codes: Vec<&str> = known.iter().map(|currency| currency.code()).collect();
    assert_eq!(codes, Currency::VALUES);
    for (index, currency) in known.iter().enumerate() {
        assert_eq!(Currency::from_index(currency.index()), Some(*currency));
        assert_eq!(currency.index(), index);
        // The histogram's bounds and the scaling of amounts count on it.
        assert!(currency.exponent() <= 4);
    }
    assert_eq!(Currency::from_index(known.len()), None);
    for text in ["", "EU", "EURO", "XAU", "XXX", "€", "€€€", "E R", "ÄÖ"] {
        assert!(Currency::from_code(text).is_err(), "{text}");
    }
    let long = "\"; drop\n".repeat(10_000);
    let error = Currency::from_code(&long).unwrap_err().to_string();
    assert!(error.len() < 120 && !error.contains('\n'), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn attempts_and_money_are_conserved(
        events in prop::collection::vec((0..6u8, 0..4usize, 0..Amount::MOST_MINOR_UNITS), 1..80),
    ) {
        let (registry, payments) = new();
        let currencies = [Currency::EUR, Currency::JPY, Currency::KWD, Currency::CLF];
        let mut going = Vec::new();
        let mut money = [0u64; 4];
        for (attempts, (event, currency, units)) in (1..).zip(events) {
            going.push((currency, payments.attempt(Method::Card, currencies[currency])));
            let (of, attempt) = going.swap_remove(going.len() / 2);
            match event {
                0 => {
                    attempt.authorised(Amount::from_minor_units(currencies[of], units).unwrap());
                    money[of] += units;
                }
                1 => attempt.declined(Decline::LimitExceeded),
                2 => attempt.failed(Failure::Internal),
                3 => drop(attempt),
                _ => going.push((of, attempt)),
            }
            let ended = testing::total(&registry, "payments_processed_total");
            let in_progress = testing::total(&registry, "payments_in_progress");
            prop_assert_eq!(in_progress, going.len() as f64);
            prop_assert_eq!(ended + in_progress, f64::from(attempts));
        }
        for (currency, expected) in currencies.iter().zip(money) {
            let samples = testing::samples(&registry, "payments_amount_minor_units_total");
            let labels = format!("currency=\"{currency}\"}} ");
            let found = samples.lines().find_map(|line| line.split_once(&labels));
            prop_assert_eq!(found.map_or(0, |(_, value)| value.parse().unwrap()), expected);
        }
    }

    #[test]
    fn what_is_written_is_read_back(units in 0..=Amount::MOST_MINOR_UNITS, index in 0..170usize) {
        let currency = Currency::from_index(index).unwrap();
        let amount = Amount::from_minor_units(currency, units).unwrap();
        let text = amount.to_string();
        let (number, code) = text.split_once(' ').unwrap();
        prop_assert_eq!(Currency::from_code(code), Ok(currency));
        prop_assert_eq!(Amount::from_decimal(currency, number), Ok(amount));
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,40}") {
        let _ = Currency::from_code(&text);
        let _ = Amount::from_decimal(Currency::EUR, &text);
    }
}
