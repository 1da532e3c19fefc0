//! Overview of a service that makes videos and optimises them.

use super::rows;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Dashboard, Visual};
use crate::query::QueryError;

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    if !maker.has("video_generation_total") && !maker.has("ai_optimization_total") {
        return Ok(None);
    }
    maker.dashboard(
        "Overview",
        "Whether videos are made, how fast and how good, what optimising them brings, and what \
         that takes of machines and GPUs.",
        [
            rows::targets(maker, "Service Health")?,
            super::health::health(maker)?,
            rows::requests(maker, "Request Metrics")?,
            videos(maker)?,
            rows::queues(maker)?,
            rows::processes(maker, "System Resources")?,
            rows::machine(maker)?,
            optimisation(maker)?,
            rows::gpus(maker)?,
        ],
    )
}

fn videos(maker: &Maker<'_>) -> rows::MaybeRow {
    let all = || maker.counter("video_generation_total");
    maker.row(
        "Video Generation",
        [
            maker
                .share(
                    (
                        "Videos that failed",
                        "Which share of the generations failed or panicked. See beside in which \
                         stage and why.",
                    ),
                    maker.counted("video_generation_total", "outcome", &["failed", "panicked"]),
                    all(),
                    &[],
                )
                .map(|panel| panel.limits(0.05, 0.1).size(4, 8)),
            videos_an_hour(maker),
            maker.rate(
                (
                    "Videos by outcome",
                    "Generations that ended, by how. `rejected` never began: the queue was full, \
                     or the order wrong.",
                ),
                all(),
                &["outcome"],
            ),
            maker.rate(
                (
                    "Failures by stage and reason",
                    "Where and why generations failed. One stage is its program or its store; \
                     `timeout` everywhere is a machine that is too slow.",
                ),
                maker.counter("video_generation_failures_total"),
                &["stage", "error_type"],
            ),
            maker.slowest(
                (
                    "Time to a video (p95)",
                    "How long 95 of 100 generations took at most, from queueing to the end.",
                ),
                maker.histogram("video_generation_duration_seconds"),
                &["theme"],
            ),
            maker.slowest(
                (
                    "Time in each stage (p95)",
                    "Where the time goes. `queued`: more workers; `rendering` and `encoding`: \
                     more or faster machines.",
                ),
                maker.histogram("video_generation_stage_duration_seconds"),
                &["stage"],
            ),
            maker.heat(
                ("Times to a video", "How many generations took how long."),
                maker.histogram("video_generation_duration_seconds"),
            ),
            maker.level(
                (
                    "Videos in progress",
                    "Generations that have not ended, by the stage that they are in.",
                ),
                maker.gauge("video_generation_in_progress"),
                &["stage"],
            ),
            maker
                .age(
                    (
                        "Longest in a stage",
                        "How long the generation that is in a stage for longest has been in it. \
                         Far above the usual time it hangs.",
                    ),
                    maker.gauge("video_generation_oldest_start_timestamp_seconds"),
                    &["stage"],
                )
                .map(|panel| panel.not_a_number("none in it")),
            maker.slowest(
                (
                    "Quality of videos (p95)",
                    "The score that 95 of 100 videos do not exceed, by the level that they were \
                     optimised at.",
                ),
                maker.histogram("video_quality_score"),
                &["level"],
            ),
            low_quality(maker),
        ],
    )
}

fn videos_an_hour(maker: &Maker<'_>) -> Made {
    let made = maker.counted("video_generation_total", "outcome", &["success"])?;
    let made = made
        .increase_over(std::time::Duration::from_secs(3600))?
        .sum()?;
    let panel = maker.panel(
        Visual::Stat,
        (
            "Videos in an hour",
            "Videos that were made in the last hour. None although work is in line: the workers \
             are stuck.",
        ),
        [maker.traffic(&made, "videos")?],
    )?;
    Ok(panel.size(4, 8))
}

/// The quality that half of the videos stay below.
fn low_quality(maker: &Maker<'_>) -> Made {
    let half = maker
        .histogram("video_quality_score")?
        .by(["theme"])?
        .quantile(0.5)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Quality by theme (median)",
            "The score that half of the videos of each theme reach. A fall after a roll-out: go \
             back.",
        ),
        [maker.quality(&half, "{{theme}}")?],
    )?;
    Ok(panel.range(0.0, 1.0))
}

fn optimisation(maker: &Maker<'_>) -> rows::MaybeRow {
    let all = || maker.counter("ai_optimization_total");
    maker.row(
        "AI Optimization",
        [
            maker
                .share(
                    (
                        "Optimisations that failed",
                        "Which share of the optimisations of each type failed or panicked.",
                    ),
                    maker.counted("ai_optimization_total", "outcome", &["failed", "panicked"]),
                    all(),
                    &["optimization_type"],
                )
                .map(|panel| panel.limits(0.05, 0.1)),
            maker.rate(
                (
                    "Optimisations by outcome",
                    "Optimisations that ended, by how. Many `skipped`: nothing is gained by them.",
                ),
                all(),
                &["outcome"],
            ),
            maker.slowest(
                (
                    "Duration of optimisations (p95)",
                    "How long 95 of 100 optimisations took at most.",
                ),
                maker.histogram("ai_optimization_duration_seconds"),
                &["optimization_type", "level"],
            ),
            saved(maker),
            regressions(maker),
            maker.level(
                (
                    "Optimisations in progress",
                    "Optimisations that have started and not ended.",
                ),
                maker.gauge("ai_optimization_in_progress"),
                &["optimization_type"],
            ),
        ],
    )
}

/// Over all bytes, so that a large file counts as much as it is large.
fn saved(maker: &Maker<'_>) -> Made {
    let by = ["optimization_type"];
    let before = maker
        .counter("ai_optimization_input_bytes_total")?
        .rate()
        .sum_by(by)?;
    let after = maker
        .counter("ai_optimization_output_bytes_total")?
        .rate()
        .sum_by(by)?;
    let target = maker.quality(&after.ratio_to(&before)?.rest()?, "{{optimization_type}}")?;
    maker.panel(
        Visual::TimeSeries,
        (
            "Size saved",
            "Which share of the bytes optimising saved. Below 0 files got larger: leave them as \
             they are.",
        ),
        [target],
    )
}

fn regressions(maker: &Maker<'_>) -> Made {
    maker.rate(
        (
            "Results that got worse",
            "Optimisations whose result is worse than the quality that the service accepts. Any \
             for long: go back to a lower level.",
        ),
        maker.counter("ai_optimization_quality_regressions_total"),
        &["optimization_type", "level"],
    )
}
