//! Whether the exporters answer.

use super::Made;
use super::scope::{Scope, Story, minutes};
use super::scrape::down;
use crate::alert::{Severity, Track, Words};

const EXPORTER_DOWN: Words = Words {
    summary: "The exporter {job} is down",
    description: "No target of {job} has been scraped with success, or none is configured.",
    meaning: "What tells of a machine, a database or of the monitoring itself is not reached.",
    impact: "Nothing is broken yet, but alerts and panels about this part stay silent whatever \
             happens.",
    mitigation: &[
        "Look whether the exporter runs, and read the error of the last scrape.",
        "If this system does without the exporter, take it out of the system: a rule about what is \
         not there must not look as if all were well.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let up = scope.of_scrape("up")?;
    let mut alerts = Vec::new();
    for exporter in &scope.system.exporters {
        let down = down(&up, exporter.name())?;
        let target = format!("{}:{}", exporter.name(), exporter.port());
        let story = Story::of(exporter.name(), &target, "");
        let scenario = story.series("up", &[], Track::Level(0.0), Track::Level(1.0));
        let alert = scope.alert("ExporterDown", Severity::Warning, down, &EXPORTER_DOWN)?;
        let each = up.with("job", exporter.name())?.value();
        alerts.push(
            alert
                .hold(minutes(5))
                .label("job", exporter.name())
                .scenario(scenario.by(&[("job", "")]).fires_on_absence())
                .ask("Which targets answer?", scope.text(&each)),
        );
    }
    Ok(alerts)
}
