//! Work in the background, and functions.

use super::MaybeRow;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Colour, Step, Visual};

/// Work queues.
pub(crate) fn queues(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Work queues",
        [
            maker.level(
                (
                    "Tasks in line",
                    "Tasks that wait for a worker. A steady rise: more is put in line than \
                     workers can do.",
                ),
                maker.gauge("queue_depth"),
                &["queue"],
            ),
            maker
                .age(
                    (
                        "Longest wait",
                        "How long the first in line has been waiting. It tells sooner than the \
                         number of tasks that workers are stuck.",
                    ),
                    maker.gauge("queue_oldest_enqueued_timestamp_seconds"),
                    &["queue"],
                )
                .map(|panel| panel.not_a_number("nobody waits")),
            maker.rate(
                (
                    "Tasks by outcome",
                    "Tasks that ended, by how. See the log of the workers for those that failed.",
                ),
                maker.counter("queue_tasks_total"),
                &["outcome"],
            ),
            maker.slowest(
                (
                    "Wait (p95)",
                    "How long 95 of 100 tasks waited at most until a worker took them.",
                ),
                maker.histogram("queue_wait_duration_seconds"),
                &["queue"],
            ),
            maker.slowest(
                (
                    "Work on a task (p95)",
                    "How long 95 of 100 tasks took at most once a worker had them.",
                ),
                maker.histogram("queue_processing_duration_seconds"),
                &["queue"],
            ),
            busy(maker),
        ],
    )
}

fn busy(maker: &Maker<'_>) -> Made {
    let busy = maker
        .gauge("queue_workers_busy")?
        .value()
        .sum_by(["queue"])?;
    let all = maker.gauge("queue_workers")?.value().sum_by(["queue"])?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Busy workers",
            "Which share of the workers has a task. At 1 tasks have to wait; with no worker alive \
             there is nothing to show.",
        ),
        [maker.quality(&busy.ratio_to(&all)?, "{{queue}}")?],
    )?;
    Ok(panel
        .range(0.0, 1.0)
        .not_a_number("no worker")
        .steps([Step::new(0.9, Colour::Doubtful)]))
}

/// Functions that are instrumented.
pub(crate) fn functions(maker: &Maker<'_>) -> MaybeRow {
    let by = ["module", "function"];
    maker.row(
        "Functions",
        [
            slowest_functions(maker),
            maker.share(
                (
                    "Failing functions",
                    "Which share of the calls of each function ended with an error or a panic.",
                ),
                maker.counted("function_calls_total", "outcome", &["error", "panicked"]),
                maker.counter("function_calls_total"),
                &by,
            ),
            maker.rate(
                ("Calls by outcome", "Calls that ended, by how they did."),
                maker.counter("function_calls_total"),
                &["outcome"],
            ),
        ],
    )
}

fn slowest_functions(maker: &Maker<'_>) -> Made {
    let slow = maker.histogram("function_duration_seconds")?;
    let slow = slow.by(["module", "function"])?.quantile(0.95)?.topk(10)?;
    maker
        .panel(
            Visual::BarGauge,
            (
                "Slowest functions (p95)",
                "The ten instrumented functions whose calls take longest.",
            ),
            [maker.quality(&slow, "{{module}} {{function}}")?],
        )
        .map(|panel| panel.not_a_number("no calls"))
}
