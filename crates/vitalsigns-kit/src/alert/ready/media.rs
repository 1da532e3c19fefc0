//! Videos and what optimises them.

use super::Made;
use super::patterns::{Call, Old, Share};
use super::scope::{Scope, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const FAILURES: Words = Words {
    summary: "Video generation of {job} fails",
    description: "{value} of the generations of the last ten minutes failed, more than \
                  {threshold}.",
    meaning: "Too many generations that began ended with an error or a panic. Those that users \
              cancelled, and those that were refused, do not count.",
    impact: "Users do not get their videos; what was computed for them is lost.",
    mitigation: &[
        "Look at the failures by stage and reason below: they name the part that breaks.",
        "resource_exhausted: look at memory, disk and GPUs; take fewer generations at once.",
        "dependency or storage: look at the health checks of the service.",
        "invalid_input: look which theme or client began to send what cannot be made.",
        "If it began with a deployment, go back to the version before.",
    ],
};

const LONG: Words = Words {
    summary: "A task of {job} stays in the stage {stage}",
    description: "The oldest has been there for {value}, more than {threshold}.",
    meaning: "A generation that has not ended has been in one stage for too long: it hangs, or \
              what it waits for does. A histogram cannot see it, as it knows only what has ended.",
    impact: "Its user waits, and it keeps its worker and its memory.",
    mitigation: &[
        "queued: look at the workers and the queue; nothing is wrong with the generation itself.",
        "Other stages: look at the log of the worker for what it did last, and at GPU and disk.",
        "Cancel the generation if it does not move; it counts as cancelled.",
        "If long videos need so long in this stage, raise the limit of this alert.",
    ],
};

const AI_FAILURES: Words = Words {
    summary: "Optimisations of {job} fail",
    description: "{value} of the optimisations of type {optimization_type} failed in the last ten \
                  minutes, more than {threshold}.",
    meaning: "Too many optimisations ended with an error or a panic. Those that were skipped count \
              as done.",
    impact: "Results are larger or slower than they should be, or missing.",
    mitigation: &[
        "Look which level fails below.",
        "Look whether model files are there and can be read: the health checks say so.",
        "If it began with a new model or version, go back to the one before.",
    ],
};

const AI_QUALITY: Words = Words {
    summary: "Optimisations of {job} give poor results",
    description: "{value} of the results of the last hour have a quality of 0.7 or less, more than \
                  {threshold}.",
    meaning: "Of the results after optimising, too large a share is below the floor of quality. A \
              mean of last values would not show it.",
    impact: "Users see worse results.",
    mitigation: &[
        "Compare the quality before with that after: if both fell, the input is poor.",
        "Use a lighter level, or skip the optimisation, until it is found out.",
        "If it began with a new model or version, go back to the one before.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let mut alerts = Share {
        call: Call {
            name: "VideoGenerationFailures",
            severity: Severity::Critical,
            hold: minutes(5),
            words: &FAILURES,
        },
        family: "video_generation_total",
        label: "outcome",
        bad: &["failed", "panicked"],
        ignored: &["cancelled", "rejected"],
        good: "success",
        by: &[],
        percent: 20.0,
        at_least: 5.0,
        window: minutes(10),
    }
    .alert(scope)?;
    let reasons = ["stage", "error_type"];
    if let (Some(alert), Some(failures)) = (
        alerts.pop(),
        scope.counter("video_generation_failures_total", &reasons)?,
    ) {
        let causes = failures.increase_over(minutes(30))?;
        let causes = causes.sum_by(["job", "stage", "error_type"])?.topk(20)?;
        alerts.push(alert.ask("In which stage, and why?", scope.text(&causes)));
    }
    alerts.extend(
        Old {
            call: Call {
                name: "LongRunningTasks",
                severity: Severity::Warning,
                hold: minutes(1),
                words: &LONG,
            },
            family: "video_generation_oldest_start_timestamp_seconds",
            by: &[("stage", "rendering")],
            limit: minutes(5),
        }
        .alert(scope)?,
    );
    alerts.extend(
        Share {
            call: Call {
                name: "AiOptimizationFailures",
                severity: Severity::Warning,
                hold: minutes(5),
                words: &AI_FAILURES,
            },
            family: "ai_optimization_total",
            label: "outcome",
            bad: &["failed", "panicked"],
            ignored: &["cancelled"],
            good: "success",
            by: &[("optimization_type", "upscale")],
            percent: 15.0,
            at_least: 5.0,
            window: minutes(10),
        }
        .alert(scope)?,
    );
    alerts.extend(quality(scope)?);
    // Videos and models have their own people.
    let labelled = alerts.into_iter().map(|alert| {
        let is_ai = alert.name.starts_with("Ai");
        alert.label("domain", if is_ai { "ai" } else { "video" })
    });
    Ok(labelled.collect())
}

fn quality(scope: &Scope<'_>) -> Made {
    let name = "ai_optimization_quality_score";
    let Some(scores) = scope.histogram(name, &["moment"])? else {
        return Ok(Vec::new());
    };
    let after = scores
        .with("moment", "after")?
        .by(["job"])?
        .over(minutes(60))?;
    let (limit, floor) = (Quantity::percent(20.0), 0.7);
    let poor = after.share_within(Quantity::number(floor))?;
    let condition = poor.above(limit)?.and(&after.increase().at_least(20.0)?)?;
    let bucket = format!("{name}_bucket");
    let le = vitalsigns::FamilyEntry::le(floor);
    let labels = |le| [("moment", "after"), ("le", le)];
    let scenario = scope
        .story(name)
        .series(
            &bucket,
            &labels(&le),
            Track::PerMinute(21.0),
            Track::PerMinute(19.0),
        )
        .always(&bucket, &labels("+Inf"), Track::PerMinute(100.0))
        .by(&[("job", "")])
        .shows(0.21, 0.19)
        .guarded(0.001);
    let alert = scope.alert("AiQualityLow", Severity::Warning, condition, &AI_QUALITY)?;
    let levels = scores.by(["moment", "level"]);
    let alert = alert.hold(minutes(10)).scenario(scenario);
    let Ok(levels) = levels else {
        return Ok(vec![alert]);
    };
    let levels = levels
        .over(minutes(60))?
        .share_within(Quantity::number(floor))?;
    Ok(vec![alert.ask(
        "Which share is below the floor, before and after, at which level?",
        scope.text(&levels),
    )])
}
