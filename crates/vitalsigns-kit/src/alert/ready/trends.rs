//! What is otherwise than at the same hour last week.

use std::time::Duration;

use super::Made;
use super::patterns::Call;
use super::scope::{Scope, hours, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const WEEK: Duration = hours(7 * 24);

const RATE: Words = Words {
    summary: "{job} makes far fewer videos than usual",
    description: "In the last hour there were {value} what there were in the same hour last week, \
                  less than {threshold}.",
    meaning: "Fewer generations end well than in the same hour a week ago, in which there were at \
              least ten. A fixed limit would fire each night.",
    impact: "Users get no videos, or do not come any more.",
    mitigation: &[
        "Look whether fewer are asked for or fewer succeed: see VideoGenerationFailures.",
        "Fewer are asked for: look at the service in front, at logins and at the page itself.",
        "A holiday, or a week with a campaign behind it, explains itself: silence it for the day.",
    ],
};

const QUALITY: Words = Words {
    summary: "The videos of {job} are worse than a week ago",
    description: "The share of poor results (0.7 or less) rose by {value} of all against the same \
                  hour last week, more than {threshold}.",
    meaning: "Compared with the same hour a week ago, clearly more videos are of poor quality.",
    impact: "Users see worse videos.",
    mitigation: &[
        "Look which level and which theme are worse.",
        "If it began with a new model or version, go back to the one before.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let mut alerts = rate(scope)?;
    alerts.extend(quality(scope)?);
    Ok(alerts)
}

fn rate(scope: &Scope<'_>) -> Made {
    let name = "video_generation_total";
    let Some(generations) = scope.counter(name, &["outcome"])? else {
        return Ok(Vec::new());
    };
    let made = generations.with("outcome", "success")?;
    let made = made.increase_over(hours(1))?.sum_by(["job"])?;
    let usual = made.ago(WEEK)?.at_least(Quantity::number(10.0))?;
    let condition = made
        .against_last_week()?
        .below(Quantity::times(0.5))?
        .and(&usual)?;
    let labels = [("theme", "nature"), ("outcome", "success")];
    let scenario = scope
        .story(name)
        .series(
            name,
            &labels,
            Track::PerMinute(0.98),
            Track::PerMinute(1.02),
        )
        .after(WEEK, Track::PerMinute(2.0))
        .by(&[("job", "")])
        .shows(0.49, 0.51)
        .guarded(0.05);
    let call = Call {
        name: "LowVideoGenerationRate",
        severity: Severity::Warning,
        hold: minutes(30),
        words: &RATE,
    };
    let alert = call.made(scope, condition, scenario)?;
    let outcomes = generations
        .increase_over(hours(1))?
        .sum_by(["job", "outcome"])?;
    Ok(vec![alert.ask(
        "What became of those of the last hour?",
        scope.text(&outcomes),
    )])
}

fn quality(scope: &Scope<'_>) -> Made {
    let name = "video_quality_score";
    let Some(scores) = scope.histogram(name, &[])? else {
        return Ok(Vec::new());
    };
    let floor = 0.7;
    let hour = scores.by(["job"])?.over(hours(1))?;
    let poor = hour.share_within(Quantity::number(floor))?;
    let rose = poor.minus(&poor.ago(WEEK)?)?;
    let enough = hour.increase().at_least(Quantity::number(20.0))?;
    let condition = rose.above(Quantity::percent(10.0))?.and(&enough)?;
    let bucket = format!("{name}_bucket");
    let le = vitalsigns::FamilyEntry::le(floor);
    let labels = |le| [("theme", "nature"), ("level", "standard"), ("le", le)];
    let scenario = scope
        .story(name)
        .series(
            &bucket,
            &labels(&le),
            Track::PerMinute(1.55),
            Track::PerMinute(1.45),
        )
        .after(WEEK, Track::PerMinute(0.5))
        .always(&bucket, &labels("+Inf"), Track::PerMinute(10.0))
        .after(WEEK, Track::PerMinute(10.0))
        .by(&[("job", "")])
        .shows(0.105, 0.095)
        .guarded(0.01);
    let call = Call {
        name: "QualityDrop",
        severity: Severity::Warning,
        hold: minutes(30),
        words: &QUALITY,
    };
    let alert = call.made(scope, condition, scenario)?;
    let mean = scores.by(["job", "theme", "level"]);
    let Ok(mean) = mean else {
        return Ok(vec![alert]);
    };
    let mean = mean.over(hours(1))?.mean()?;
    Ok(vec![alert.ask(
        "How good are they by theme and level?",
        scope.text(&mean),
    )])
}
