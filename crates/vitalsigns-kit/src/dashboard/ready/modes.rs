//! Cognitive Mode Analytics: which mode agents are in, for how long, and what makes them change.

use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Colour, Dashboard, Step, Target, Visual, Word};
use crate::query::QueryError;

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    if !maker.has("agent_mode") {
        return Ok(None);
    }
    maker.dashboard(
        "Cognitive Mode Analytics",
        "Which mode the agent is in and was in, what makes it change, how long it stays, and what \
         it finds and decides meanwhile.",
        [
            maker.row(
                "Current mode",
                [current(maker), timeline(maker), running(maker)],
            )?,
            switches(maker)?,
            found(maker)?,
        ],
    )
}

fn current(maker: &Maker<'_>) -> Made {
    let label = maker.name("agent_mode");
    let mode = maker.states("agent_mode")?.value().max_by([&label])?;
    let panel = maker.panel(
        Visual::Stat,
        (
            "Current mode",
            "The mode that agents are in; several, if there are several agents. In none, no agent \
             runs.",
        ),
        [Target::new(&mode, format!("{{{{{label}}}}}"))?],
    )?;
    Ok(on_or_off(panel).size(8, 9))
}

fn on_or_off(panel: crate::dashboard::model::Panel) -> crate::dashboard::model::Panel {
    panel
        .below(Colour::Quiet)
        .steps([Step::new(1.0, Colour::Plain)])
        .words([
            Word::new(0.0, "off", Colour::Quiet),
            Word::new(1.0, "on", Colour::Plain),
        ])
}

/// Which mode when.
pub(super) fn timeline(maker: &Maker<'_>) -> Made {
    let label = maker.name("agent_mode");
    let mode = maker.states("agent_mode")?.value().max_by([&label])?;
    let panel = maker.panel(
        Visual::StateTimeline,
        (
            "Modes over time",
            "When the agent was in which mode. Quick changes to and fro are two triggers that \
             fight: see the transitions.",
        ),
        [Target::new(&mode, format!("{{{{{label}}}}}"))?],
    )?;
    Ok(on_or_off(panel).size(16, 9))
}

fn running(maker: &Maker<'_>) -> Made {
    maker.level(
        (
            "Agents by mode",
            "Agents that run, by the mode that they are in.",
        ),
        maker.gauge("agent_running"),
        &["mode"],
    )
}

fn switches(maker: &Maker<'_>) -> super::rows::MaybeRow {
    maker.row(
        "Mode switches and duration",
        [
            maker.rate(
                (
                    "Switches by trigger",
                    "Switches of mode, by what triggered them. A trigger that takes over decides \
                     alone what the agent is.",
                ),
                maker.counter("agent_mode_switches_total"),
                &["trigger"],
            ),
            matrix(maker),
            maker.heat(
                (
                    "Time in a mode",
                    "How long agents stayed in a mode before they left it, of all modes.",
                ),
                maker.histogram("agent_mode_duration_seconds"),
            ),
            maker.slowest(
                (
                    "Time in each mode (p95)",
                    "How long 95 of 100 stays in each mode lasted at most.",
                ),
                maker.histogram("agent_mode_duration_seconds"),
                &["mode"],
            ),
            maker
                .age(
                    (
                        "In the mode since",
                        "How long the agent that is in a mode for longest has been in it. An agent \
                         that never leaves one is stuck.",
                    ),
                    maker.gauge("agent_mode_oldest_entry_timestamp_seconds"),
                    &["mode"],
                )
                .map(|panel| panel.not_a_number("nobody in it")),
            maker.rate(
                (
                    "Runs by outcome",
                    "Runs of agents that ended, by how. `failed` and `panicked` are in the log.",
                ),
                maker.counter("agent_runs_total"),
                &["outcome"],
            ),
        ],
    )
}

/// From which mode to which, over all that is shown.
fn matrix(maker: &Maker<'_>) -> Made {
    let switches = maker.counter("agent_mode_switches_total")?.increase();
    let switches = switches.sum_by(["from", "to"])?;
    let target = Target::new(&switches, "switches")?.table();
    let panel = maker.panel(
        Visual::Table,
        (
            "Transitions",
            "How often the agent went from which mode (rows) to which (columns) in the time that \
             is shown. What never happens may be what should.",
        ),
        [target.rendered(crate::query::Rendering::dashboard().shown())],
    )?;
    Ok(panel
        .transformed(
            "groupingToMatrix",
            serde_json::json!({
                "columnField": "to", "emptyValue": "zero", "rowField": "from",
                "valueField": "Value",
            }),
        )
        .size(8, 8))
}

fn found(maker: &Maker<'_>) -> super::rows::MaybeRow {
    maker.row(
        "Findings and decisions",
        [
            maker.rate(
                (
                    "Hypotheses",
                    "Hypotheses that agents made, by how sure of them they are.",
                ),
                maker.counter("agent_hypotheses_total"),
                &["confidence"],
            ),
            maker.rate(
                ("Patterns", "Patterns that agents recognised, by type."),
                maker.counter("agent_patterns_total"),
                &["pattern_type"],
            ),
            maker.rate(
                (
                    "Anomalies",
                    "Anomalies that agents detected, by type. A burst is an event outside, or a \
                     source that sends nonsense.",
                ),
                maker.counter("agent_anomalies_total"),
                &["anomaly_type"],
            ),
            maker.rate(
                ("Decisions of agents", "Decisions by what became of them."),
                maker.counter("agent_decisions_total"),
                &["outcome"],
            ),
            maker.level(
                (
                    "Open decisions",
                    "Decisions that nothing has become of yet. A steady rise is something that \
                     does not answer.",
                ),
                maker.gauge("agent_decisions_in_progress"),
                &["decision"],
            ),
        ],
    )
}
