//! What was not mended in time. In a file of its own: it reads what other rules write.

use super::Made;
use super::scope::{Scope, hours};
use super::scrape::any_target;
use crate::alert::{Severity, Track, Words};

const ESCALATION: Words = Words {
    summary: "Critical alerts of {job} fire for more than an hour",
    description: "{value} critical alerts of {job} fire now and did so an hour ago.",
    meaning: "Something critical was not mended in an hour. Alertmanager knows no acknowledgement, \
              so this is how others hear of it.",
    impact: "What the critical alerts say still goes on.",
    mitigation: &[
        "Ask who works on it. If nobody does, the first receivers were not reached: look at the \
         route of the alert and at the notifications of Alertmanager.",
        "If it is known and has to wait, silence the alerts and this one together: a silence of the \
         first alone does not stop this one.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let firing = scope.of_scrape("ALERTS")?;
    let firing = firing
        .with("alertstate", "firing")?
        .with("severity", "critical")?;
    let firing = firing.none_of("alertname", &["EscalationNeeded"])?;
    let for_long = firing
        .value()
        .when(&firing.value().ago(hours(1))?.equals(1.0)?)?;
    let condition = for_long.count_by(["job"])?.above(0.0)?;
    let labels = |severity| {
        [
            ("alertname", "ServiceDown"),
            ("alertstate", "firing"),
            ("severity", severity),
        ]
    };
    let scenario = any_target(scope)
        .series(
            "ALERTS",
            &labels("critical"),
            Track::Level(1.0),
            Track::Gone,
        )
        .always("ALERTS", &labels("warning"), Track::Level(1.0))
        .by(&[("job", "")])
        .shows(1.0, 0.0);
    let alert = scope.alert(
        "EscalationNeeded",
        Severity::Critical,
        condition,
        &ESCALATION,
    )?;
    let which = scope.text(&for_long);
    Ok(vec![alert.scenario(scenario).ask("Which alerts?", which)])
}
