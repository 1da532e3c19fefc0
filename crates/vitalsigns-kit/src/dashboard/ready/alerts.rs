//! Alert Dashboard: what fires, how often and for how long, and what was available meanwhile.

use std::time::Duration;

use super::rows;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Colour, Dashboard, Step, Target, Visual};
use crate::query::QueryError;

use crate::query::{Gauge, Rendering, Selector, Vector};

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    if maker.system.services.is_empty() {
        return Ok(None);
    }
    maker.dashboard(
        "Alert Dashboard",
        "Which alerts fire and wait, how often and for how long they did, whether they reached \
         somebody, and how available the services were meanwhile.",
        [
            maker.row(
                "Active alerts",
                [
                    number(
                        maker,
                        "firing",
                        "Firing",
                        "Alerts that fire, by how much they matter.",
                    ),
                    number(
                        maker,
                        "pending",
                        "Pending",
                        "Alerts whose condition holds, but not for long enough yet.",
                    ),
                    list(maker).map(|panel| panel.size(16, 8)),
                ],
            )?,
            maker.row(
                "Frequency and duration",
                [timeline(maker), firing_time(maker), over_time(maker)],
            )?,
            maker.row("Availability", [available(maker), availability(maker)])?,
            delivery(maker)?,
            rows::targets(maker, "Targets")?,
        ],
    )
}

/// The alerts of the system, but for the one that always fires. They have the labels of their
/// rules, so that no target is chosen.
fn alerts(maker: &Maker<'_>) -> Result<Selector<Gauge>, QueryError> {
    let alerts = maker.gauge("ALERTS")?;
    let alerts = alerts.with("system", &maker.system.name)?;
    alerts.none_of("severity", &["none"])
}

/// Those in a state.
pub(super) fn of_system(maker: &Maker<'_>, state: &str) -> Result<Vector, QueryError> {
    Ok(alerts(maker)?.with("alertstate", state)?.value())
}

/// What fires now, as a table.
pub(super) fn list(maker: &Maker<'_>) -> Made {
    let now = alerts(maker)?.value();
    let now = now.max_by(["alertname", "alertstate", "severity", "job", "instance"])?;
    let mut panel = maker.panel(
        Visual::Table,
        (
            "Active alerts",
            "The alerts that fire or wait, and of what. The runbook of each says what to do; its \
             address is with the alert.",
        ),
        [Target::new(&now, "Active")?
            .table()
            .rendered(Rendering::everywhere())],
    )?;
    panel.no_value = "no alert is active".to_owned();
    Ok(panel)
}

fn number(maker: &Maker<'_>, state: &str, title: &str, about: &str) -> Made {
    let number = of_system(maker, state)?.count_by(["severity"])?;
    let target = Target::new(&number, "{{severity}}")?.rendered(Rendering::everywhere());
    let panel = maker.panel(Visual::Stat, (title, about), [target])?;
    let mut panel = panel.size(4, 8).steps([Step::new(1.0, Colour::Bad)]);
    panel.no_value = "none".to_owned();
    Ok(panel)
}

fn timeline(maker: &Maker<'_>) -> Made {
    use crate::dashboard::model::Word;
    let firing = of_system(maker, "firing")?.max_by(["alertname", "severity"])?;
    let mut panel =
        maker
            .panel(
                Visual::StateTimeline,
                (
                    "When which alert fired",
                    "An alert that comes and goes has a threshold near what is normal: look at its \
             condition before anybody stops listening.",
                ),
                [Target::new(&firing, "{{severity}} {{alertname}}")?
                    .rendered(Rendering::everywhere())],
            )?
            .size(24, 8)
            .words([Word::new(1.0, "firing", Colour::Bad)]);
    panel.no_value = "none fired".to_owned();
    Ok(panel)
}

/// Prometheus notes each evaluation at which an alert fires, so that their number says how long.
fn firing_time(maker: &Maker<'_>) -> Made {
    let alerts = alerts(maker)?.with("alertstate", "firing")?;
    let day = alerts
        .count_over(Duration::from_secs(86_400))?
        .sum_by(["alertname"])?;
    let time = day.times(maker.system.interval.as_secs_f64())?;
    let time = time.counted_in(crate::query::Unit::SECONDS);
    let mut panel = maker.panel(
        Visual::BarGauge,
        (
            "Time of firing in a day",
            "For how long each alert fired in the last 24 hours, all of its targets added up: how \
             long it took until it was mended. Prometheus keeps no times of incidents; this is \
             counted from the evaluations at which the alert fired.",
        ),
        [Target::new(&time, "{{alertname}}")?.rendered(Rendering::everywhere())],
    )?
    .size(12, 9);
    panel.no_value = "none fired".to_owned();
    Ok(panel)
}

fn over_time(maker: &Maker<'_>) -> Made {
    let firing = of_system(maker, "firing")?.count_by(["severity"])?;
    let mut panel = maker
        .panel(
            Visual::Stacked,
            (
                "Alerts over time",
                "How many alerts fired when. A block is an incident; grass is noise.",
            ),
            [Target::new(&firing, "{{severity}}")?.rendered(Rendering::everywhere())],
        )?
        .size(12, 9);
    panel.no_value = "none fired".to_owned();
    Ok(panel)
}

fn available(maker: &Maker<'_>) -> Made {
    let up = maker.gauge("up")?.mean_over(Duration::from_secs(86_400))?;
    let up = up.min_by(["job"])?.counted_in(crate::query::Unit::RATIO);
    let panel = maker.panel(
        Visual::BarGauge,
        (
            "Availability in a day",
            "For which share of the last 24 hours the least available instance of each job \
             answered Prometheus.",
        ),
        [Target::new(&up, "{{job}}")?],
    )?;
    Ok(panel.size(12, 8).range(0.0, 1.0).below(Colour::Bad).steps([
        Step::new(0.99, Colour::Doubtful),
        Step::new(0.999, Colour::Good),
    ]))
}

fn availability(maker: &Maker<'_>) -> Made {
    let up = maker.gauge("up")?.value().mean_by(["job"])?;
    let up = up.counted_in(crate::query::Unit::RATIO);
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Instances that answer",
            "Which share of the instances of each job answers.",
        ),
        [Target::new(&up, "{{job}}")?],
    )?;
    Ok(panel.size(12, 8).range(0.0, 1.0))
}

/// Whether what fires reaches somebody.
fn delivery(maker: &Maker<'_>) -> rows::MaybeRow {
    maker.row(
        "Delivery",
        [
            maker.rate(
                (
                    "Notifications",
                    "Notifications that Alertmanager sent, by the way that they went.",
                ),
                maker.counter("alertmanager_notifications_total"),
                &["integration"],
            ),
            maker.rate(
                (
                    "Notifications that failed",
                    "Notifications that could not be sent: nobody hears of them. Look at the log \
                     of Alertmanager and at the addresses and tokens of its receivers.",
                ),
                maker.counter("alertmanager_notifications_failed_total"),
                &["integration"],
            ),
            maker.level(
                (
                    "Alerts at Alertmanager",
                    "Alerts that Alertmanager holds, silenced ones included.",
                ),
                maker.gauge("alertmanager_alerts"),
                &["state"],
            ),
            maker.rate(
                (
                    "Evaluations that failed",
                    "Rules that Prometheus could not evaluate: their alerts cannot fire.",
                ),
                maker.counter("prometheus_rule_evaluation_failures_total"),
                &["rule_group"],
            ),
            maker.rate(
                (
                    "Alerts dropped",
                    "Alerts that Prometheus could not hand to Alertmanager.",
                ),
                maker.counter("prometheus_notifications_dropped_total"),
                &["instance"],
            ),
        ],
    )
}
