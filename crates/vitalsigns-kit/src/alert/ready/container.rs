//! Containers, as cAdvisor tells of them.

use super::Made;
use super::patterns::{Call, Grows, Part};
use super::scope::{Scope, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const THROTTLED: Words = Words {
    summary: "The container {name} is held back",
    description: "In {value} of the periods it was stopped for its CPU limit, more than \
                  {threshold}.",
    meaning: "The container wants more CPU time than its limit allows and is halted again and again.",
    impact: "It is slow although the machine may be idle.",
    mitigation: &[
        "Raise its CPU limit, or take it away.",
        "Look what it computes so much.",
    ],
};

const CONTAINER_MEMORY: Words = Words {
    summary: "The container {name} is near its memory limit",
    description: "It uses {value} of its limit, more than {threshold}.",
    meaning: "The memory that the kernel cannot take back approaches the limit.",
    impact: "At the limit the kernel kills a process of the container.",
    mitigation: &[
        "Look whether it grows for hours (a leak) or with the traffic (too small a limit).",
        "Raise the limit, or restart the container to win time.",
    ],
};

const OOM: Words = Words {
    summary: "A process of the container {name} was killed for its memory",
    description: "{value} times in the last quarter of an hour.",
    meaning: "The container reached its memory limit.",
    impact: "What the process did is lost; if it was the main one, the container restarts.",
    mitigation: &[
        "Raise the limit if what it does needs so much.",
        "Look at its memory before the kill: steady growth is a leak.",
    ],
};

const CONTAINER_RESTARTS: Words = Words {
    summary: "The container {name} restarts again and again",
    description: "It was started more than {threshold} times in half an hour.",
    meaning: "Its main process ends soon after its start.",
    impact: "What the container serves is not there most of the time.",
    mitigation: &[
        "`docker logs --tail 100 NAME`, and the exit status from `docker inspect NAME`.",
        "137: killed, mostly for memory. Others: the program says why in its log.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let name: &[(&str, &str)] = &[("instance", ""), ("name", "shop-api")];
    let call = |name, severity, hold, words| Call {
        name,
        severity,
        hold,
        words,
    };
    let warning = Severity::Warning;
    let mut alerts = Vec::new();
    let (held, all) = (
        "container_cpu_cfs_throttled_periods_total",
        "container_cpu_cfs_periods_total",
    );
    if let (Some(throttled), Some(periods)) = (
        scope.counter(held, &["name"])?,
        scope.counter(all, &["name"])?,
    ) {
        let by = ["job", "instance", "name"];
        let periods = periods.rate().sum_by(by)?;
        let share = throttled.rate().sum_by(by)?.ratio_to(&periods)?;
        let labels = [("name", "shop-api")];
        let scenario = scope
            .story(held)
            .series(
                held,
                &labels,
                Track::PerMinute(156.0),
                Track::PerMinute(144.0),
            )
            .always(all, &labels, Track::PerMinute(600.0))
            .by(&[("job", ""), ("instance", ""), labels[0]])
            .shows(0.26, 0.24);
        let call = call("ContainerThrottled", warning, minutes(15), &THROTTLED);
        let alert = call.made(scope, share.above(Quantity::percent(25.0))?, scenario)?;
        alerts.push(alert.ask(
            "Which containers are held back?",
            scope.text(&share.topk(20)?),
        ));
    }
    let memory = Part {
        call: call(
            "ContainerMemoryHigh",
            warning,
            minutes(5),
            &CONTAINER_MEMORY,
        ),
        used: "container_memory_working_set_bytes",
        whole: "container_spec_memory_limit_bytes",
        by: name,
        percent: 90.0,
        may_be_unlimited: true,
    };
    alerts.extend(memory.alert(scope)?);
    let killed = Grows {
        call: call("ContainerOutOfMemory", warning, minutes(0), &OOM),
        family: "container_oom_events_total",
        only: None,
        by: name,
        more_than: 0.0,
        window: minutes(15),
    };
    alerts.extend(killed.alert(scope)?);
    let started = "container_start_time_seconds";
    if let Some(starts) = scope.gauge(started, &["name"])? {
        // What is no container has no name.
        let starts = starts.none_of("name", &[""])?;
        let often = starts
            .changes_over(minutes(30))?
            .max_by(["job", "instance", "name"])?;
        let labels = [("name", "shop-api")];
        let scenario = scope
            .story(started)
            .series(started, &labels, Track::Every(5), Track::Every(15))
            .by(&[("job", ""), ("instance", ""), labels[0]]);
        let call = call(
            "ContainerRestarts",
            Severity::Critical,
            minutes(0),
            &CONTAINER_RESTARTS,
        );
        let alert = call
            .made(scope, often.above(3.0)?, scenario)?
            .keep_firing(minutes(10));
        alerts.push(alert.ask("How often was each started?", scope.text(&often.topk(20)?)));
    }
    Ok(alerts)
}
