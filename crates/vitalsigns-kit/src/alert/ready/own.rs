//! What services say of their own page and of their process.

use super::Made;
use super::patterns::{Call, Grows, Old};
use super::scope::{Scope, hours, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const PARTIAL: Words = Words {
    summary: "The page of {job} lacks what {collector} reads",
    description: "The collector {collector} of {instance} cannot be read, and its families are \
                  left out of the page.",
    meaning: "A collector failed, panicked, or needed too long for the last pages. The rest of the \
              page is right.",
    impact: "Alerts and panels that read these families stay silent.",
    mitigation: &[
        "Look at the cause of its failures, by the query above, and at the log of the service.",
        "error: what the collector reads does not answer; look there.",
        "deadline: what it reads is too slow for a scrape; let it be read in the background.",
        "panic: a fault of the collector; the log has the place.",
    ],
};

const FAILING: Words = Words {
    summary: "The collector {collector} of {job} fails now and then",
    description: "It failed {value} times in half an hour, by {cause}.",
    meaning: "Some pages lack the families of the collector, others have them.",
    impact: "Graphs have gaps, and alerts that read them can be late.",
    mitigation: &[
        "Compare the times of the failures with what the collector reads: a lock, a slow query, a \
         connection that is opened anew.",
        "Let the collector keep its last result where that is better than none.",
    ],
};

const OVERFLOW: Words = Words {
    summary: "{metric} of {job} has more label values than it keeps",
    description: "{value} look-ups in an hour were folded into `other`.",
    meaning: "A label with a cap got more values than the cap allows. What came later shares one \
              series.",
    impact: "Memory is safe. What is behind `other` cannot be told apart any more.",
    mitigation: &[
        "Look at the values that the label has: identifiers, paths or texts of errors do not belong \
         there.",
        "If the values are right and bounded, raise the cap.",
    ],
};

const REJECTED: Words = Words {
    summary: "{metric} of {job} is given values that are no measurement",
    description: "{value} values in an hour were NaN, infinite, or negative where that is \
                  impossible.",
    meaning: "The service computes a value wrongly, often a division by zero or the difference of \
              two clocks.",
    impact: "These values are missing in the metric; the rest is right.",
    mitigation: &[
        "Find where the metric is recorded and look at what is divided or subtracted.",
        "Time differences come from Instant, not from the clock of the day.",
    ],
};

const RESTARTS: Words = Words {
    summary: "{instance} of {job} restarts again and again",
    description: "It was started more than {threshold} times in half an hour.",
    meaning: "The process ends soon after its start and is started anew by whatever watches it.",
    impact: "Requests in between are lost, and everything that was in memory.",
    mitigation: &[
        "Read the last lines of its log before each end, and the exit status.",
        "Status 137: it was killed, mostly for its memory; look at the limit and at what it used.",
        "If a new version was deployed just before, go back to the one before.",
        "If it ends because something that it needs is missing, mend that first.",
    ],
};

const DESCRIPTORS: Words = Words {
    summary: "{instance} of {job} has few file descriptors left",
    description: "{value} of the file descriptors are open, more than {threshold}.",
    meaning: "Files and connections are opened faster than closed, or the limit is low for the \
              traffic.",
    impact: "At the limit no connection can be accepted and no file opened.",
    mitigation: &[
        "Compare with the connections and requests in flight: if these do not grow, something leaks.",
        "List what is open with `ls -l /proc/PID/fd` on the machine.",
        "Restart the instance to win time; raise the limit if the traffic needs it.",
    ],
};

const MEMORY: Words = Words {
    summary: "{instance} of {job} is near its memory limit",
    description: "It uses {value} of what its control group may use, more than {threshold}.",
    meaning: "The memory of the process approaches the limit of its container.",
    impact: "At the limit the kernel kills the process.",
    mitigation: &[
        "Look whether memory grows for hours (a leak) or with the traffic (too small a limit).",
        "Restart the instance to win time, one after the other.",
        "Raise the limit, or bound caches and queues.",
    ],
};

const PANICS: Words = Words {
    summary: "{function} of {job} panics",
    description: "{value} calls of {function} in {module} panicked in ten minutes.",
    meaning: "A measured function unwound. Each time is a fault in the program.",
    impact: "Whoever called it got no value.",
    mitigation: &[
        "Find the message and the place of the panic in the log.",
        "If it began with a deployment, go back to the version before.",
    ],
};

const LATE: Words = Words {
    summary: "{job} has not done its work for more than a day",
    description: "It last succeeded {value} ago, more than {threshold}.",
    meaning: "A job that ends by itself, a backup for example, has not succeeded since. The limit \
              is a day and two hours, for jobs that run daily.",
    impact: "What the job is for is a day old or more: with a backup, so much would be lost.",
    mitigation: &[
        "Look whether it ran at all, at whatever starts it.",
        "If it ran, read its log.",
        "Run it by hand, and see that the time of its success changes.",
    ],
};

/// Functions that are measured.
pub(super) fn functions(scope: &Scope<'_>) -> Made {
    let panics = Grows {
        call: Call {
            name: "FunctionsPanic",
            severity: Severity::Warning,
            hold: minutes(0),
            words: &PANICS,
        },
        family: "function_calls_total",
        only: Some(("outcome", &["panicked"])),
        by: &[("module", "shop::orders"), ("function", "place")],
        more_than: 0.0,
        window: minutes(10),
    };
    panics.alert(scope)
}

/// Jobs that push, in a file of their own because of their long time.
pub(super) fn jobs(scope: &Scope<'_>) -> Made {
    let late = Old {
        call: Call {
            name: "JobLate",
            severity: Severity::Warning,
            hold: minutes(5),
            words: &LATE,
        },
        family: "job_last_success_timestamp_seconds",
        by: &[],
        limit: hours(26),
    };
    late.alert(scope)
}

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let mut alerts = Vec::new();
    let target = [("job", ""), ("instance", "")];
    if let Some(up) = scope.gauge("vitalsigns_collector_up", &["collector"])? {
        let name = "vitalsigns_collector_up";
        let left_out = up
            .value()
            .max_by(["job", "instance", "collector"])?
            .equals(0.0)?;
        let scenario = scope.story(name).series(
            name,
            &[("collector", "pool")],
            Track::Level(0.0),
            Track::Level(1.0),
        );
        let mut alert = scope.alert("MetricsPagePartial", Severity::Warning, left_out, &PARTIAL)?;
        let labels = [target[0], target[1], ("collector", "pool")];
        alert = alert.hold(minutes(5)).scenario(scenario.by(&labels));
        let failures = scope.counter("vitalsigns_collector_failures_total", &["cause"])?;
        if let Some(failures) = &failures {
            let by = ["job", "collector", "cause"];
            let causes = failures.increase_over(hours(1))?.sum_by(by)?;
            alert = alert.ask(
                "Why did collectors fail in the last hour?",
                scope.text(&causes),
            );
        }
        alerts.push(alert);
    }
    let name = "vitalsigns_collector_failures_total";
    if let Some(failures) = scope.counter(name, &["collector", "cause"])? {
        let by = ["job", "collector", "cause"];
        let often = failures.increase_over(minutes(30))?.sum_by(by)?;
        let labels = [("collector", "pool"), ("cause", "error")];
        let story = scope.story(name);
        let story = story.series(name, &labels, Track::PerMinute(0.2), Track::PerMinute(0.08));
        let condition = often.above(3.0)?;
        let alert = scope.alert("CollectorFailing", Severity::Warning, condition, &FAILING)?;
        let scenario = story.by(&[target[0], labels[0], labels[1]]).shows(6.0, 2.4);
        let alert = alert.scenario(scenario).hold(minutes(5));
        alerts.push(alert.ask("Which collectors fail, and why?", scope.text(&often)));
    }
    for (name, called, words) in [
        (
            "vitalsigns_series_overflow_total",
            "SeriesOverflow",
            &OVERFLOW,
        ),
        (
            "vitalsigns_observations_rejected_total",
            "ObservationsRejected",
            &REJECTED,
        ),
    ] {
        if let Some(counter) = scope.counter(name, &["metric"])? {
            let grown = counter.increase_over(hours(1))?.sum_by(["job", "metric"])?;
            let labels = [("metric", "http_requests_total")];
            let story = scope.story(name);
            let story = story.series(name, &labels, Track::PerMinute(1.0), Track::PerMinute(0.0));
            let scenario = story.by(&[target[0], labels[0]]).shows(60.0, 0.0);
            let alert = scope.alert(called, Severity::Warning, grown.above(0.0)?, words)?;
            let alert = alert.scenario(scenario);
            alerts.push(alert.ask(
                "Which metrics, and how often?",
                scope.text(&grown.topk(20)?),
            ));
        }
    }
    let name = "process_start_time_seconds";
    if let Some(started) = scope.gauge(name, &[])? {
        let often = started
            .changes_over(minutes(30))?
            .max_by(["job", "instance"])?;
        let story = scope
            .story(name)
            .series(name, &[], Track::Every(5), Track::Every(15));
        let scenario = story.by(&target);
        let condition = often.above(3.0)?;
        let alert = scope.alert("RestartLoop", Severity::Critical, condition, &RESTARTS)?;
        let alert = alert.scenario(scenario).keep_firing(minutes(10));
        alerts.push(alert.ask("How often was each started?", scope.text(&often)));
    }
    for (used, most, called, words) in [
        (
            "process_open_fds",
            "process_max_fds",
            "FileDescriptorsLow",
            &DESCRIPTORS,
        ),
        (
            "process_resident_memory_bytes",
            "process_cgroup_memory_limit_bytes",
            "MemoryNearLimit",
            &MEMORY,
        ),
    ] {
        if let (Some(of_used), Some(of_most)) = (scope.gauge(used, &[])?, scope.gauge(most, &[])?) {
            let by = ["job", "instance"];
            let used_share = of_used
                .value()
                .max_by(by)?
                .ratio_to(&of_most.value().max_by(by)?)?;
            let condition = used_share.above(Quantity::percent(90.0))?;
            let story = scope.story(used);
            let story = story.series(used, &[], Track::Level(910.0), Track::Level(890.0));
            let story = story.always(most, &[], Track::Level(1000.0));
            let scenario = story.by(&target).shows(0.91, 0.89);
            let alert = scope.alert(called, Severity::Warning, condition, words)?;
            let alert = alert.hold(minutes(10)).scenario(scenario);
            alerts.push(alert.ask("How much of it does each use?", scope.text(&used_share)));
        }
    }
    Ok(alerts)
}
