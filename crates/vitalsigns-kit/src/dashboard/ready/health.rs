//! System Health and Performance: health checks, what they took, and what the processes take.

use super::rows;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Colour, Dashboard, Step, Target, Visual, Word};
use crate::query::{Gauge, QueryError, Selector, Vector};

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    if !maker.has("health_group_state") && !maker.has("process_cpu_seconds_total") {
        return Ok(None);
    }
    maker.dashboard(
        "System Health and Performance",
        "Whether the components work, how long their checks take, and what the processes take of \
         their machines.",
        [
            health(maker)?,
            rows::details(maker)?,
            rows::processes(maker, "System Resources")?,
            rows::runtime(maker)?,
            rows::databases(maker)?,
            rows::caches(maker)?,
            rows::queues(maker)?,
            rows::targets(maker, "Scrapes")?,
        ],
    )
}

/// The states of checks and groups as numbers, from good to bad.
const STATES: [(&str, f64, Colour); 4] = [
    ("up", 0.0, Colour::Good),
    ("degraded", 1.0, Colour::Doubtful),
    ("unknown", 2.0, Colour::Quiet),
    ("down", 3.0, Colour::Bad),
];

pub(super) fn health(maker: &Maker<'_>) -> rows::MaybeRow {
    maker.row(
        "Component health",
        [
            groups(maker),
            checks(maker),
            maker.slowest(
                (
                    "Duration of checks (p95)",
                    "How long the runs of each check took. A component that gets slow shows here \
                     before it fails.",
                ),
                maker.histogram("health_check_duration_seconds"),
                &["check"],
            ),
            maker.age(
                (
                    "Since the last success",
                    "How long ago each check was last up or degraded.",
                ),
                maker.gauge("health_check_last_success_timestamp_seconds"),
                &["check"],
            ),
            maker.rate(
                (
                    "Changes of state",
                    "How often checks changed to which state. Many are a component at its limit.",
                ),
                maker.counter("health_check_transitions_total"),
                &["check", "to"],
            ),
        ],
    )
}

/// One number for the state that is on.
fn as_number(states: &Selector<Gauge>, label: &str, by: &[&str]) -> Result<Vector, QueryError> {
    let mut number: Option<Vector> = None;
    for (state, value, _) in STATES {
        let on = states
            .with(label, state)?
            .value()
            .sum_by(by)?
            .times(value)?;
        number = Some(match number {
            Some(number) => number.plus(&on)?,
            None => on,
        });
    }
    // There are four.
    number.ok_or(QueryError::NothingMatches {
        label: label.to_owned(),
    })
}

fn states(maker: &Maker<'_>, about: (&str, &str), family: &str, by: [&str; 3]) -> Made {
    let number = as_number(&maker.states(family)?, &maker.name(family), &by)?;
    let legend = format!("{{{{{}}}}} {{{{job}}}} {{{{instance}}}}", by[0]);
    let panel = maker.panel(
        Visual::StateTimeline,
        about,
        [Target::new(&number, legend)?],
    )?;
    let steps = STATES.iter().skip(1);
    Ok(panel
        .or_says("no check")
        .steps(steps.map(|(_, value, colour)| Step::new(*value, *colour)))
        .words(STATES.map(|(state, value, colour)| Word::new(value, state, colour))))
}

fn groups(maker: &Maker<'_>) -> Made {
    states(
        maker,
        (
            "Groups",
            "How live, ready, startup and full stood. Where `ready` is down no requests come; \
             where `live` is down the process is restarted. The checks beside say why.",
        ),
        "health_group_state",
        ["group", "job", "instance"],
    )
}

fn checks(maker: &Maker<'_>) -> Made {
    states(
        maker,
        (
            "Checks",
            "How each component stood. `unknown` means that nobody looked lately. What is down: \
             look at the component itself, and at the message in the answer of `/health`.",
        ),
        "health_check_state",
        ["check", "job", "instance"],
    )
}
