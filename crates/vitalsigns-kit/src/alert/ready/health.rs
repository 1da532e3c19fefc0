//! What services say of themselves: their health checks.

use super::patterns::{Call, Grows, Level, Old, Than};
use super::scope::{Scope, minutes};
use super::{Made, storage};
use crate::alert::{Severity, Words};

const DOWN: Words = Words {
    summary: "The check {check} of {instance} of {job} is down",
    description: "The health check {check} has found its subject down for two minutes.",
    meaning: "The service runs, and something that it needs does not.",
    impact: "What needs {check} fails. If the check belongs to readiness, the instance gets no \
             requests.",
    mitigation: &[
        "Ask the service: its page of health has the reason in words.",
        "If several instances say so, look at what is checked; if one does, look at that instance.",
    ],
};

const UNREADY: Words = Words {
    summary: "{instance} of {job} is not ready",
    description: "Its readiness is {health_group_state}.",
    meaning: "The instance answers its readiness probe with 503: something that it needs is down \
              or not known yet.",
    impact: "It gets no requests. If all instances say so, the service is down for its users.",
    mitigation: &[
        "Look which of its checks is down: see the question below and its page of health.",
        "Just after a start, unknown is normal until each check has run once.",
    ],
};

const FLAPPING: Words = Words {
    summary: "The check {check} of {job} comes and goes",
    description: "Its state changed {value} times in half an hour, more than {threshold}.",
    meaning: "What is checked is at its limit, or the time that the check allows is.",
    impact: "Instances come and go with it; requests fail in between.",
    mitigation: &[
        "Look how long the check takes: near its limit it fails by chance.",
        "Look at what is checked at the times of the changes.",
        "Let the check fail several times before it counts, if single failures mean nothing.",
    ],
};

const STALE: Words = Words {
    summary: "The check {check} of {instance} of {job} tells nothing",
    description: "The state of {check} has been unknown for ten minutes.",
    meaning: "The check has not run for longer than its result is good for, or cannot tell.",
    impact: "Nobody knows how its subject is; readiness may be refused.",
    mitigation: &[
        "Look whether the checks of the service run: after a panic of the runtime they do not.",
        "Look whether the check is implemented and configured; what cannot tell is unknown.",
    ],
};

const LONG_AGO: Words = Words {
    summary: "The check {check} of {job} has not been well for long",
    description: "It was last up or degraded {value} ago, more than {threshold}.",
    meaning: "For a long time no run of the check found its subject well.",
    impact: "Whatever needs {check} has been without it for so long.",
    mitigation: &[
        "If its subject is not needed any more, take the check out of the service.",
        "Else see HealthCheckDown: somebody should have been called by it before.",
    ],
};

/// A check in this state.
fn of_state<'a>(call: Call<'a>, states: &'a [(&'a str, &'a [&'a str])]) -> Level<'a> {
    Level {
        call,
        family: "health_check_state",
        is_states: true,
        only: states,
        by: &[("instance", ""), ("check", "database")],
        than: Than::Is(1.0),
        values: (1.0, 0.0),
    }
}

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let call = |name, severity, hold, words| Call {
        name,
        severity,
        hold,
        words,
    };
    let state = "health_check_state";
    let down = call("HealthCheckDown", Severity::Critical, minutes(2), &DOWN);
    let mut alerts = of_state(down, &[(state, &["down"])]).alert(scope)?;
    let stale = call("HealthCheckStale", Severity::Warning, minutes(10), &STALE);
    alerts.extend(of_state(stale, &[(state, &["unknown"])]).alert(scope)?);
    // The label of the states has the name of the family, namespace and all.
    let group = "health_group_state";
    let words = match scope.name(group) == group {
        true => UNREADY,
        false => Words {
            description: "Its readiness is down or unknown.",
            ..UNREADY
        },
    };
    let plain: &[(&str, &str)] = &[("instance", "")];
    let told: &[(&str, &str)] = &[("instance", ""), (group, "down")];
    let unready = Level {
        call: call("ServiceUnready", Severity::Critical, minutes(2), &words),
        family: group,
        is_states: true,
        only: &[("group", &["ready"]), (group, &["down", "unknown"])],
        by: match scope.name(group) == group {
            true => told,
            false => plain,
        },
        than: Than::Is(1.0),
        values: (1.0, 0.0),
    };
    for alert in unready.alert(scope)? {
        let checks = scope.states(state, &["check"])?;
        alerts.push(match checks {
            Some(checks) => {
                let label = scope.name(state);
                let bad = checks.any_of(&label, &["down", "unknown"])?.value();
                alert.ask("Which checks are down or unknown?", scope.text(&bad))
            }
            None => alert,
        });
    }
    let flapping = Grows {
        call: call(
            "HealthCheckFlapping",
            Severity::Warning,
            minutes(0),
            &FLAPPING,
        ),
        family: "health_check_transitions_total",
        only: None,
        by: &[("check", "database")],
        more_than: 6.0,
        window: minutes(30),
    };
    let flapping = flapping.alert(scope)?.into_iter();
    alerts.extend(flapping.map(|alert| alert.keep_firing(minutes(15))));
    let long_ago = Old {
        call: call(
            "HealthCheckLongFailing",
            Severity::Warning,
            minutes(5),
            &LONG_AGO,
        ),
        family: "health_check_last_success_timestamp_seconds",
        by: &[("check", "database")],
        limit: minutes(60),
    };
    alerts.extend(long_ago.alert(scope)?);
    alerts.extend(storage::checked(scope)?);
    Ok(alerts)
}
