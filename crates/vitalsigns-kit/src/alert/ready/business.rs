//! Money, people, and the door through which they come.

use super::Made;
use super::patterns::{Call, Level, Share, Than};
use super::scope::{Scope, hours, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const PAYMENTS: Words = Words {
    summary: "Payments by {method} in {currency} fail at {job}",
    description: "{value} of the payments of the last half hour failed by our fault or the \
                  provider's, more than {threshold}.",
    meaning: "Too many payments end with an error of ours or of the provider. What the bank \
              declined is not counted: see PaymentDeclines.",
    impact: "Customers cannot pay. Some may be charged without an order: a timeout is no refusal.",
    mitigation: &[
        "Look at the reasons below: provider_unreachable, provider_error and timeout point to the \
         provider, invalid_request and internal to us.",
        "Look at the status page of the provider, and switch to another if there is one.",
        "If it began with a deployment, go back to the version before.",
        "Afterwards, compare what timed out with the books of the provider.",
    ],
};

const DECLINES: Words = Words {
    summary: "Banks decline many payments by {method} in {currency} at {job}",
    description: "{value} of the payments of the last hour were declined, more than {threshold}.",
    meaning: "More payments than usual are declined. It is seldom a fault of ours, but it may be \
              somebody who tries stolen cards.",
    impact: "Fewer sales; with fraud, fees and chargebacks later.",
    mitigation: &[
        "Look at the reasons below: many fraud_suspected or invalid_details in short time point to \
         somebody who tries cards; limit attempts by address and account.",
        "authentication_failed: look whether the second factor of the bank works with our page.",
    ],
};

const LOGINS: Words = Words {
    summary: "Most logins by {method} at {job} fail",
    description: "{value} of the logins of the last ten minutes had wrong credentials, more than \
                  {threshold}.",
    meaning: "Far more logins than usual have wrong credentials: somebody tries passwords, or a \
              change made right ones wrong.",
    impact: "Accounts may be taken over, or users cannot get in.",
    mitigation: &[
        "Compare with the number of logins: many more than usual are an attack, as many as usual a \
         fault of ours.",
        "An attack: limit attempts by address and account; look at the addresses in the log.",
        "A fault: go back to the version before, look at the store of users.",
    ],
};

const SPREAD: Words = Words {
    summary: "Logins fail by several methods at once at {job}",
    description: "{value} methods have more than 50 logins with wrong credentials in ten minutes.",
    meaning: "Wrong credentials come by two methods or more at the same time: this is broader than \
              one broken form, and the usual look of an attack.",
    impact: "Accounts may be taken over.",
    mitigation: &[
        "Limit attempts by address and account now.",
        "Look in the log which accounts are tried, and lock those that were guessed.",
    ],
};

const DOOR: Words = Words {
    summary: "The gateway {job} refuses most by {method}",
    description: "{value} of the authentications are refused, more than {threshold}.",
    meaning: "Most of those who show a credential are refused: it was revoked or changed, has \
              expired for all, or somebody tries.",
    impact: "Whoever comes by this method gets in no more, or somebody tries to.",
    mitigation: &[
        "Look at the outcomes below: expired for all points to keys or clocks, invalid to a changed \
         key or an attack, error to what checks them.",
        "Look whether keys were changed lately and all parts know the new ones.",
    ],
};

const UPSTREAM: Words = Words {
    summary: "Requests of {job} to {upstream} fail",
    description: "{value} of the requests to {upstream} fail, more than {threshold}.",
    meaning: "What is behind the gateway answers with 5xx, too late, or not at all.",
    impact: "Everything that {upstream} serves fails for users.",
    mitigation: &[
        "Look at the alerts of the service itself.",
        "connect: it is down or not reached. timeout: it is overloaded or hangs. server_error: it \
         has a fault.",
    ],
};

const CIRCUIT: Words = Words {
    summary: "{job} sends nothing to {upstream}",
    description: "The circuit breaker of {upstream} is open.",
    meaning: "The gateway saw so many failures that it does not try any more for a while.",
    impact: "Everything that {upstream} serves is refused at once.",
    mitigation: &[
        "Look at the service behind it: it failed before.",
        "It closes by itself once a try succeeds; if it does not although the service is well, look \
         at what it counts as a failure.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let call = |name, severity, hold, words| Call {
        name,
        severity,
        hold,
        words,
    };
    let (warning, critical) = (Severity::Warning, Severity::Critical);
    let money: &[(&str, &str)] = &[("method", "card"), ("currency", "EUR")];
    let paying = |call, bad, percent, window| Share {
        call,
        family: "payments_processed_total",
        label: "outcome",
        bad,
        ignored: &["cancelled"],
        good: "authorised",
        by: money,
        percent,
        at_least: 100.0,
        window,
    };
    let failing = call("PaymentFailures", critical, minutes(2), &PAYMENTS);
    let failed = paying(failing, &["failed", "panicked"], 1.0, minutes(30));
    let declining = call("PaymentDeclines", warning, minutes(15), &DECLINES);
    let declined = paying(declining, &["declined"], 30.0, hours(1));
    let mut alerts = Vec::new();
    let reasons = ["method", "currency", "reason"];
    let reasons = scope.counter("payments_processed_total", &reasons)?;
    for alert in failed
        .alert(scope)?
        .into_iter()
        .chain(declined.alert(scope)?)
    {
        alerts.push(match &reasons {
            Some(payments) => {
                let reasons = payments.none_of("outcome", &["authorised"])?;
                let reasons = reasons.increase_over(hours(1))?;
                let by = ["job", "method", "currency", "outcome", "reason"];
                alert.ask(
                    "For which reasons?",
                    scope.text(&reasons.sum_by(by)?.topk(20)?),
                )
            }
            None => alert,
        });
    }
    let logins = Share {
        call: call("LoginFailures", warning, minutes(5), &LOGINS),
        family: "user_logins_total",
        label: "outcome",
        bad: &["bad_credentials", "mfa_failed", "locked"],
        ignored: &[],
        good: "success",
        by: &[("method", "password")],
        percent: 50.0,
        at_least: 50.0,
        window: minutes(10),
    };
    alerts.extend(logins.alert(scope)?);
    alerts.extend(spread(scope)?);
    let door = Share {
        call: call("AuthenticationsRefused", warning, minutes(5), &DOOR),
        family: "gateway_authentications_total",
        label: "outcome",
        bad: &["invalid", "expired", "blocked", "error", "panicked"],
        ignored: &["cancelled", "missing"],
        good: "success",
        by: &[("method", "token")],
        percent: 50.0,
        at_least: 50.0,
        window: minutes(10),
    };
    alerts.extend(door.alert(scope)?);
    let upstream = Share {
        call: call("UpstreamFailing", critical, minutes(5), &UPSTREAM),
        family: "gateway_upstream_requests_total",
        label: "outcome",
        bad: &["server_error", "timeout", "connect", "error", "panicked"],
        ignored: &["cancelled"],
        good: "success",
        by: &[("upstream", "orders")],
        percent: 10.0,
        at_least: 20.0,
        window: minutes(5),
    };
    alerts.extend(upstream.alert(scope)?);
    let circuit = Level {
        call: call("CircuitOpen", warning, minutes(5), &CIRCUIT),
        family: "gateway_circuit_state",
        is_states: true,
        only: &[("gateway_circuit_state", &["open"])],
        by: &[("upstream", "orders")],
        than: Than::Is(1.0),
        values: (1.0, 0.0),
    };
    alerts.extend(circuit.alert(scope)?);
    Ok(alerts)
}

fn spread(scope: &Scope<'_>) -> Made {
    let name = "user_logins_total";
    let Some(logins) = scope.counter(name, &["method", "outcome"])? else {
        return Ok(Vec::new());
    };
    let wrong = logins.any_of("outcome", &["bad_credentials", "mfa_failed"])?;
    let wrong = wrong
        .increase_over(minutes(10))?
        .sum_by(["job", "method"])?;
    let many = wrong.when(&wrong.above(50.0)?)?.count_by(["job"])?;
    let condition = many.at_least(Quantity::number(2.0))?;
    let labels = |method| [("method", method), ("outcome", "bad_credentials")];
    let scenario = scope
        .story(name)
        .always(name, &labels("password"), Track::PerMinute(5.1))
        .series(
            name,
            &labels("phone_code"),
            Track::PerMinute(5.1),
            Track::PerMinute(4.9),
        )
        .by(&[("job", "")])
        .shows(2.0, 1.0);
    let alert = scope.alert(
        "LoginFailuresSpread",
        Severity::Critical,
        condition,
        &SPREAD,
    )?;
    let alert = alert.hold(minutes(5)).scenario(scenario);
    Ok(vec![alert.ask(
        "By which methods, and how many?",
        scope.text(&wrong),
    )])
}
