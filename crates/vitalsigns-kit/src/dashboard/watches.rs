//! The alerts that watch what panels show.

use std::collections::BTreeSet;

use vitalsigns::Catalogue;

use super::maker::families;
use super::model::{Colour, Panel, Step, Target};
use crate::alert::{Alert, Severity, alerts};
use crate::query::{QueryError, Unit};
use crate::system::System;

/// The most alerts that a panel links to.
const MOST: usize = 4;

/// The panels that show what an alert compares, by their titles: they have its limits in place of
/// their own, where the system has the alert.
const LIMITED: [(&str, &str); 23] = [
    ("Server errors", "HighErrorRate"),
    ("Server errors by service", "HighErrorRate"),
    ("Server errors by route", "HighErrorRate"),
    ("Duration by service (p95)", "HighRequestLatency"),
    ("Duration of scrapes", "ScrapeNearTimeout"),
    ("Memory of the limit", "MemoryNearLimit"),
    ("Files of the limit", "FileDescriptorsLow"),
    ("Failed queries", "DatabaseQueriesFailing"),
    ("Pool in use", "DatabasePoolSaturated"),
    (
        "PostgreSQL connections of the limit",
        "PostgresTooManyConnections",
    ),
    ("Redis memory of the limit", "RedisMemoryHigh"),
    ("CPU usage", "HighCpu"),
    ("Memory usage", "HighMemory"),
    ("GPU temperature", "GpuTemperatureHigh"),
    ("GPU memory", "GpuMemoryHigh"),
    ("How full each tier is", "MemoryTierFull"),
    ("Moves that failed", "MemoryMovesFailing"),
    ("Drift", "MemoryTierDrift"),
    ("Videos that failed", "VideoGenerationFailures"),
    ("Optimisations that failed", "AiOptimizationFailures"),
    ("Webhooks that failed", "WebhooksFailing"),
    ("Errors by upstream", "UpstreamFailing"),
    ("Payments that failed", "PaymentFailures"),
];

/// The alerts of a system, with the families that each reads.
pub(super) struct Watches(Vec<(Alert, BTreeSet<String>)>);

impl Watches {
    pub(super) fn of(system: &System, catalogue: &Catalogue) -> Result<Self, QueryError> {
        let groups = alerts(system)?;
        let alerts = groups.into_iter().flat_map(|group| group.alerts);
        let watches = alerts.map(|alert| {
            let read = families(catalogue, alert.condition.series());
            let read = read.into_iter().map(|family| family.name.clone()).collect();
            (alert, read)
        });
        Ok(Watches(watches.collect()))
    }

    /// The names of those that read nothing but some of these families.
    pub(super) fn alerts_on(&self, families: &BTreeSet<&str>) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (alert, read) in &self.0 {
            let is_on = !read.is_empty() && read.iter().all(|name| families.contains(&**name));
            if is_on && !names.contains(&alert.name.as_str()) {
                names.push(&alert.name);
            }
        }
        names.truncate(MOST);
        names
    }

    /// With the limits of its alert.
    pub(super) fn limited(&self, panel: Panel, namespace: &str) -> Panel {
        let Some((_, alert)) = LIMITED.iter().find(|(title, _)| *title == panel.title) else {
            return panel;
        };
        let unit = panel.targets.first().map(Target::unit);
        match self.limits(alert, namespace, unit) {
            steps if steps.is_empty() => panel,
            steps => panel.steps(steps),
        }
    }

    /// From which values on the alert fires, of values in this unit.
    fn limits(&self, name: &str, namespace: &str, unit: Option<&Unit>) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for (alert, _) in &self.0 {
            let of = alert.labels.get("namespace").map_or("", String::as_str);
            let Some(threshold) = alert.condition.threshold() else {
                continue;
            };
            if alert.name != name || of != namespace || Some(threshold.unit()) != unit {
                continue;
            }
            let colour = match alert.severity {
                Severity::Critical => Colour::Bad,
                _ => Colour::Doubtful,
            };
            if !steps.iter().any(|step| step.colour == colour) {
                steps.push(Step::new(threshold.value(), colour));
            }
        }
        steps.sort_by(|one, other| one.from.total_cmp(&other.from));
        steps
    }
}
