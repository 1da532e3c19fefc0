//! Queues and who works on them.

use std::time::Duration;

use super::Made;
use super::patterns::{Call, Old, Part, Share};
use super::scope::{Scope, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const BACKLOG: Words = Words {
    summary: "The queue {queue} of {job} is too long",
    description: "{value} tasks wait, more than {threshold}, and the oldest for more than five \
                  minutes.",
    meaning: "More tasks come than are done, and have for some time. A short burst alone does not \
              fire: the oldest task has to have waited as well.",
    impact: "What is put into the queue now is late by at least as much as the oldest task waits.",
    mitigation: &[
        "Look whether tasks are done at all: if not, see QueueNotMoving.",
        "Look whether all workers are busy: if so, start more; if not, look what they wait for.",
        "Look whether more is put in than usual, and by whom.",
    ],
};

const NOT_MOVING: Words = Words {
    summary: "Nothing is taken from the queue {queue} of {job}",
    description: "{value} tasks wait, and none has ended in half an hour.",
    meaning: "Tasks wait and none ends, well or badly: all workers hang, or none takes a task.",
    impact: "Everything that depends on this queue stands still.",
    mitigation: &[
        "Look whether workers are alive, and whether they are busy.",
        "None alive: start them, and read why the last ones ended.",
        "All busy: look what they wait for, then restart them one after the other.",
        "Alive and idle: look at the connection between the workers and the queue.",
        "If tasks of this queue take longer than half an hour, give this alert a longer time.",
    ],
};

const UNWORKED: Words = Words {
    summary: "The queue {queue} of {job} has no workers",
    description: "{value} tasks wait and no worker is alive.",
    meaning: "All workers of the queue have ended, or none was started.",
    impact: "Everything that depends on this queue stands still.",
    mitigation: &[
        "Start workers.",
        "Read why the last ones ended: their log, and their outcomes below.",
    ],
};

const FAILURES: Words = Words {
    summary: "Tasks of the queue {queue} of {job} fail",
    description: "{value} of the tasks of the last ten minutes failed, more than {threshold}.",
    meaning: "Too many tasks end with an error or a panic. Tries that are made again do not count.",
    impact: "What these tasks were for is not done.",
    mitigation: &[
        "Read the errors in the log of the workers.",
        "Look at the health checks: what the tasks need may be down.",
        "If one kind of task fails each time, take it out of the queue and keep it for later.",
    ],
};

const SILENT: Words = Words {
    summary: "A worker of the queue {queue} of {job} is silent",
    description: "Its last sign of life is {value} old, more than {threshold}.",
    meaning: "A worker that has not ended gives no sign of life: it hangs, or its machine does.",
    impact: "One worker less; its task is not done.",
    mitigation: &[
        "Look at its log for what it did last.",
        "Restart it. The task that it had is lost unless the queue gives it out again.",
    ],
};

const BUSY: Words = Words {
    summary: "The workers of the queue {queue} of {job} are all but busy",
    description: "{value} of the workers have a task, more than {threshold}, for a quarter of an \
                  hour.",
    meaning: "There is hardly a free worker left. By itself that is no fault.",
    impact: "With a little more work the queue begins to grow.",
    mitigation: &[
        "If the queue grows as well, start more workers.",
        "If it is so at this time each day, plan for more before it grows.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let mut alerts = backlog(scope)?;
    alerts.extend(not_moving(scope)?);
    alerts.extend(unworked(scope)?);
    let queue: &[(&str, &str)] = &[("queue", "render")];
    let call = |name, severity, hold, words| Call {
        name,
        severity,
        hold,
        words,
    };
    alerts.extend(
        Share {
            call: call(
                "QueueTaskFailures",
                Severity::Warning,
                minutes(5),
                &FAILURES,
            ),
            family: "queue_tasks_total",
            label: "outcome",
            bad: &["failed", "panicked"],
            ignored: &["cancelled", "retried"],
            good: "success",
            by: queue,
            percent: 20.0,
            at_least: 5.0,
            window: minutes(10),
        }
        .alert(scope)?,
    );
    alerts.extend(
        Old {
            call: call("WorkerSilent", Severity::Critical, minutes(1), &SILENT),
            family: "queue_workers_oldest_heartbeat_timestamp_seconds",
            by: queue,
            limit: Duration::from_secs(120),
        }
        .alert(scope)?,
    );
    alerts.extend(
        Part {
            call: call("WorkersBusy", Severity::Info, minutes(15), &BUSY),
            used: "queue_workers_busy",
            whole: "queue_workers",
            by: queue,
            percent: 90.0,
            may_be_unlimited: true,
        }
        .alert(scope)?,
    );
    Ok(alerts)
}

fn backlog(scope: &Scope<'_>) -> Made {
    let (depth, oldest) = ("queue_depth", "queue_oldest_enqueued_timestamp_seconds");
    let gauges = (
        scope.gauge(depth, &["queue"])?,
        scope.gauge(oldest, &["queue"])?,
    );
    let (Some(depths), Some(oldests)) = gauges else {
        return Ok(Vec::new());
    };
    // Where several look at one queue, each says the same of it.
    let long = depths.value().max_by(["job", "queue"])?;
    let old = oldests.age()?.max_by(["job", "queue"])?;
    let condition = long
        .above(100.0)?
        .and(&old.above(Quantity::seconds(300.0))?)?;
    let queue = ("queue", "render");
    let scenario = scope
        .story(depth)
        .series(depth, &[queue], Track::Level(101.0), Track::Level(100.0))
        .always(oldest, &[queue], Track::Age(400.0))
        .by(&[("job", ""), queue])
        .shows(101.0, 100.0)
        .silent(
            "the oldest is young",
            &scope.name(oldest),
            Track::Age(200.0),
        );
    let alert = scope.alert("QueueBacklog", Severity::Warning, condition, &BACKLOG)?;
    let mut alert = alert
        .hold(minutes(5))
        .scenario(scenario)
        .ask("How long does the oldest wait?", scope.text(&old));
    if let Some(tasks) = scope.counter("queue_tasks_total", &["queue", "outcome"])? {
        let ended = tasks.rate().sum_by(["job", "queue", "outcome"])?;
        alert = alert.ask("How many tasks end, per second?", scope.text(&ended));
    }
    if let Some(put) = scope.counter("queue_tasks_enqueued_total", &["queue"])? {
        let put = put.rate().sum_by(["job", "queue"])?;
        alert = alert.ask("How many are put in, per second?", scope.text(&put));
    }
    Ok(vec![alert])
}

fn not_moving(scope: &Scope<'_>) -> Made {
    let (depth, tasks) = ("queue_depth", "queue_tasks_total");
    let families = (
        scope.gauge(depth, &["queue"])?,
        scope.counter(tasks, &["queue"])?,
    );
    let (Some(depths), Some(ended)) = families else {
        return Ok(Vec::new());
    };
    let by = ["job", "queue"];
    let waits = depths.value().max_by(by)?.above(0.0)?;
    let ended = ended.increase_over(minutes(30))?.sum_by(by)?;
    // A queue of which no task has ended yet has no such series.
    let condition = waits.unless(&ended.above(0.0)?)?;
    let queue = ("queue", "render");
    let scenario = scope
        .story(depth)
        .always(depth, &[queue], Track::Level(3.0))
        .series(
            tasks,
            &[queue, ("outcome", "success")],
            Track::PerMinute(0.0),
            Track::PerMinute(0.1),
        )
        .by(&[("job", ""), queue])
        .shows(3.0, 3.0)
        .silent("nothing waits", &scope.name(depth), Track::Level(0.0));
    let alert = scope.alert("QueueNotMoving", Severity::Critical, condition, &NOT_MOVING)?;
    let mut alert = alert.hold(minutes(5)).scenario(scenario);
    for (name, question) in [
        ("queue_workers", "How many workers are alive?"),
        ("queue_workers_busy", "How many of them have a task?"),
    ] {
        if let Some(workers) = scope.gauge(name, &["queue"])? {
            alert = alert.ask(question, scope.text(&workers.value().sum_by(by)?));
        }
    }
    Ok(vec![alert])
}

fn unworked(scope: &Scope<'_>) -> Made {
    let (depth, workers) = ("queue_depth", "queue_workers");
    let gauges = (
        scope.gauge(depth, &["queue"])?,
        scope.gauge(workers, &["queue"])?,
    );
    let (Some(depths), Some(alive)) = gauges else {
        return Ok(Vec::new());
    };
    let by = ["job", "queue"];
    let none = alive.value().sum_by(by)?.equals(0.0)?;
    let condition = depths.value().max_by(by)?.above(0.0)?.and(&none)?;
    let queue = ("queue", "render");
    let scenario = scope
        .story(depth)
        .always(depth, &[queue], Track::Level(3.0))
        .series(workers, &[queue], Track::Level(0.0), Track::Level(1.0))
        .by(&[("job", ""), queue])
        .shows(3.0, 3.0)
        .silent("nothing waits", &scope.name(depth), Track::Level(0.0));
    let alert = scope.alert(
        "QueueWithoutWorkers",
        Severity::Critical,
        condition,
        &UNWORKED,
    )?;
    let alert = alert.hold(minutes(5)).scenario(scenario);
    let Some(ended) = scope.counter("queue_workers_ended_total", &["queue", "outcome"])? else {
        return Ok(vec![alert]);
    };
    let ended = ended
        .increase_over(minutes(60))?
        .sum_by(["job", "queue", "outcome"])?;
    Ok(vec![alert.ask(
        "How did workers of the last hour end?",
        scope.text(&ended),
    )])
}
