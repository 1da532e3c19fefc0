//! Whether anything can be seen at all: targets, scrapes, and the alert that always fires.

use std::time::Duration;

use super::Made;
use super::scope::{Scope, Story, hours, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::{Condition, Quantity, QueryError, Selector};
use crate::stack::timeouts;

const WATCHDOG: Words = Words {
    summary: "Alerts arrive",
    description: "The newest sample of some target is {value} old and rules are evaluated. This \
                  alert always fires; whoever watches over it raises alarm when it stops.",
    meaning: "Prometheus has fresh samples of some target, evaluates rules, and reaches \
              Alertmanager. It fires as long as all is well, with severity none.",
    impact: "None while it fires. While it does not, no other alert can be trusted either: nobody \
             would be told of anything.",
    mitigation: &[
        "If it is missing at the receiver outside, look whether Prometheus answers at /-/ready.",
        "If Prometheus answers, look at its targets: with no fresh sample this alert ends although \
         Prometheus runs. A full disk is the usual reason.",
        "If the alert is listed by Prometheus, look at Alertmanager, its route to the receiver \
         outside, and the receiver itself.",
    ],
};

const SERVICE_DOWN: Words = Words {
    summary: "{job} is down",
    description: "No target of {job} has been scraped with success, or none is configured.",
    meaning: "Prometheus reaches no target of the service: the process is gone, cannot be reached \
              over the network, answers with an error, or is in no scrape job any more.",
    impact: "The service answers nobody, and all other alerts about it are blind.",
    mitigation: &[
        "Open the page of targets in Prometheus and read the error of the last scrape.",
        "Connection refused: look whether the process runs and on which address it listens.",
        "A timeout: look at the network between both, and whether the process still does anything.",
        "An HTTP status or a content type: the page of metrics itself is wrong; ask it with curl.",
        "No target at all: the scrape job or the discovery of targets was changed.",
        "If a new version was deployed just before, go back to the one before.",
    ],
};

const TARGET_DOWN: Words = Words {
    summary: "{instance} of {job} is down",
    description: "The last scrapes of {instance} failed.",
    meaning: "One target of a service cannot be scraped. Others of the same service may still do.",
    impact: "Less capacity, and nothing is known of what this instance does.",
    mitigation: &[
        "Read the error of the last scrape on the page of targets in Prometheus.",
        "Look at the log of this instance from the time at which the alert began.",
        "If the instance was taken away for good, take it out of the scrape job.",
    ],
};

const SERVICE_EMPTY: Words = Words {
    summary: "{job} answers, but with an empty page",
    description: "{job} is scraped with success and its page lacks what the service always exports.",
    meaning: "The target answers 200, but the families that the service registers at its start are \
              missing: another program listens there, the page is a placeholder, or the metrics \
              went into another registry than the one that is served.",
    impact: "Every alert and panel about the service is blind, while it looks healthy.",
    mitigation: &[
        "Fetch the page with curl and compare it with the catalogue of the service.",
        "Look whether the right path and port are scraped.",
        "Look whether a deployment changed how the page is mounted.",
    ],
};

const NEAR_TIMEOUT: Words = Words {
    summary: "Scrapes of {instance} of {job} take almost too long",
    description: "A scrape took {value}, more than {threshold}; soon it will be given up.",
    meaning: "Reading the page takes more than four fifths of the time that Prometheus waits.",
    impact: "A little slower, and the target counts as down although it works.",
    mitigation: &[
        "Look at the number of samples: a page that grows has labels with too many values.",
        "Look at the duration of the collectors of the page, and give slow ones a cache.",
        "Only if the page has to be so large, raise scrape_timeout of this job.",
    ],
};

const HALVED: Words = Words {
    summary: "{instance} of {job} exports much less than an hour ago",
    description: "The page has {value} the samples of an hour ago.",
    meaning: "A target that is up has lost more than half of its samples.",
    impact: "Alerts and panels may have lost what they read and stay silent.",
    mitigation: &[
        "Look whether a collector fails or a new version registers less.",
        "Compare the catalogues of both versions: `vitalsigns catalogue diff`.",
        "After a restart with little traffic yet, series come back by themselves.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let up = scope.of_scrape("up")?;
    let mut alerts = vec![watchdog(scope, &up)?];
    for service in &scope.system.services {
        let down = down(&up, &service.job)?;
        let story = Story::of(&service.job, &service.target, "");
        let scenario = story.series("up", &[], Track::Level(0.0), Track::Level(1.0));
        let alert = scope.alert("ServiceDown", Severity::Critical, down, &SERVICE_DOWN)?;
        let each = up.with("job", &service.job)?.value();
        alerts.push(
            alert
                .hold(minutes(2))
                .label("job", &service.job)
                .scenario(scenario.by(&[("job", "")]).fires_on_absence())
                .ask("Which targets answer?", scope.text(&each)),
        );
        alerts.extend(service_empty(scope, &up, &service.job)?);
    }
    let jobs: Vec<&str> = scope
        .system
        .services
        .iter()
        .map(|s| s.job.as_str())
        .collect();
    if let [first, ..] = jobs[..] {
        let failing = up.any_of("job", &jobs)?.value().equals(0.0)?;
        let story = Story::of(first, "one:8080", "");
        let scenario = story.series("up", &[], Track::Level(0.0), Track::Level(1.0));
        let alert = scope.alert("TargetDown", Severity::Warning, failing, &TARGET_DOWN)?;
        let left = up.any_of("job", &jobs)?.value().mean_by(["job"])?;
        alerts.push(
            alert
                .hold(minutes(5))
                .scenario(scenario.by(&[("job", ""), ("instance", "")]))
                .ask(
                    "Which share of the targets of each job answers?",
                    scope.text(&left),
                ),
        );
    }
    alerts.extend(near_timeout(scope)?);
    let samples = scope.of_scrape("scrape_samples_scraped")?;
    let halved = samples
        .value()
        .against(hours(1))?
        .below(Quantity::times(0.5))?;
    let halved = halved.and(&up.value().equals(1.0)?)?;
    let scenario = any_target(scope)
        .series(
            "scrape_samples_scraped",
            &[],
            Track::Level(490.0),
            Track::Level(510.0),
        )
        .after(hours(1), Track::Level(1000.0))
        .always("up", &[], Track::Level(1.0))
        .after(hours(1), Track::Level(1.0));
    let scenario = scenario.by(&[("job", ""), ("instance", "")]);
    let alert = scope.alert("SamplesHalved", Severity::Warning, halved, &HALVED)?;
    alerts.push(
        alert
            .hold(minutes(10))
            .scenario(scenario.shows(0.49, 0.51).settles(minutes(1), hours(1)))
            .ask(
                "How many samples has each target?",
                scope.text(&samples.value()),
            ),
    );
    Ok(alerts)
}

/// All targets of a job are down, or there is none.
pub(super) fn down(up: &Selector<crate::query::Gauge>, job: &str) -> Result<Condition, QueryError> {
    let of_job = up.with("job", job)?;
    of_job
        .value()
        .max_by(["job"])?
        .equals(0.0)?
        .or(&of_job.absent())
}

pub(super) fn any_target(scope: &Scope<'_>) -> Story {
    match scope.system.services.first() {
        Some(service) => Story::of(&service.job, &service.target, ""),
        None => Story::of("prometheus", "localhost:9090", ""),
    }
}

fn watchdog(
    scope: &Scope<'_>,
    up: &Selector<crate::query::Gauge>,
) -> Result<crate::alert::Alert, QueryError> {
    // Four scrapes, and never less than a minute.
    let limit = Quantity::duration((scope.system.interval * 4).max(Duration::from_secs(60)));
    let mut fresh = up.sample_age().min()?.below(limit.clone())?;
    let mut story = any_target(scope).series("up", &[], Track::Level(1.0), Track::Gone);
    let evaluated = "prometheus_rule_group_last_evaluation_timestamp_seconds";
    let mut question = None;
    if let Some(evaluated_at) = scope.gauge(evaluated, &[])? {
        let age = evaluated_at.age()?.min()?;
        fresh = fresh.and(&age.below(limit)?)?;
        story = story.series(evaluated, &[], Track::Age(10.0), Track::Age(3600.0));
        question = Some(scope.text(&age));
    }
    let alert = scope.alert("Watchdog", Severity::None, fresh, &WATCHDOG)?;
    let alert = alert.scenario(story.by(&[]).shows(0.0, 0.0)).ask(
        "How old is the newest sample?",
        scope.text(&up.sample_age().min()?),
    );
    Ok(match question {
        Some(text) => alert.ask("When was a group of rules last evaluated?", text),
        None => alert,
    })
}

/// The target answers, and what is always on its page is not.
fn service_empty(scope: &Scope<'_>, up: &Selector<crate::query::Gauge>, job: &str) -> Made {
    let Some(service) = scope
        .system
        .services
        .iter()
        .find(|service| service.job == job)
    else {
        return Ok(Vec::new());
    };
    // These have series from the start.
    let known = |name: &str| service.catalogue.family(name).is_some();
    let (name, there) = if known("build_info") {
        ("build_info", scope.info("build_info")?)
    } else if known("process_start_time_seconds") {
        let name = "process_start_time_seconds";
        (name, scope.gauge(name, &[])?)
    } else {
        return Ok(Vec::new());
    };
    let Some(there) = there else {
        return Ok(Vec::new());
    };
    let answers = up.with("job", job)?.value().max_by(["job"])?.equals(1.0)?;
    let is_there = there
        .with("job", job)?
        .value()
        .count_by(["job"])?
        .above(0.0)?;
    let empty = answers.unless(&is_there)?;
    let scenario = Story::of(job, &service.target, "")
        .always("up", &[], Track::Level(1.0))
        .series(name, &[], Track::Gone, Track::Level(1.0))
        .by(&[("job", "")]);
    let samples = scope
        .of_scrape("scrape_samples_scraped")?
        .with("job", job)?;
    let alert = scope.alert("ServiceEmpty", Severity::Critical, empty, &SERVICE_EMPTY)?;
    let alert = alert
        .hold(minutes(5))
        .label("job", job)
        .scenario(scenario.settles(minutes(6), minutes(5)))
        .ask(
            "How many samples does it export?",
            scope.text(&samples.value()),
        );
    Ok(vec![alert])
}

/// For each time that scrapes may take.
fn near_timeout(scope: &Scope<'_>) -> Made {
    let (each, usual) = timeouts(scope.system);
    let mut short: Vec<(Duration, Vec<&str>)> = Vec::new();
    for (job, timeout) in each {
        if timeout == usual {
            continue;
        }
        match short.iter_mut().find(|(known, _)| *known == timeout) {
            Some((_, jobs)) => jobs.push(job),
            None => short.push((timeout, vec![job])),
        }
    }
    let took = scope.of_scrape("scrape_duration_seconds")?;
    let others: Vec<&str> = short.iter().flat_map(|(_, jobs)| jobs.clone()).collect();
    let of_usual = match others[..] {
        [] => took.clone(),
        _ => took.none_of("job", &others)?,
    };
    let mut all = vec![(usual, of_usual, "prometheus")];
    for (timeout, jobs) in &short {
        let first = jobs.first().copied().unwrap_or_default();
        all.push((*timeout, took.any_of("job", jobs)?, first));
    }
    let has_several = all.len() > 1;
    let mut alerts = Vec::new();
    for (timeout, took, job) in all {
        let limit = timeout.as_secs_f64() * 0.8;
        let slow = took.value().above(Quantity::seconds(limit))?;
        let story = Story::of(job, &format!("{job}:9090"), "").series(
            "scrape_duration_seconds",
            &[],
            Track::Level(limit * 1.05),
            Track::Level(limit * 0.95),
        );
        let scenario = story.by(&[("job", ""), ("instance", "")]);
        let mut alert = scope.alert("ScrapeNearTimeout", Severity::Warning, slow, &NEAR_TIMEOUT)?;
        if has_several {
            alert = alert.label("timeout", crate::query::promql_duration(timeout));
        }
        let samples = scope
            .of_scrape("scrape_samples_scraped")?
            .value()
            .topk(10)?;
        alerts.push(
            alert
                .hold(minutes(10))
                .scenario(scenario.shows(limit * 1.05, limit * 0.95))
                .ask(
                    "Which targets take longest?",
                    scope.text(&took.value().topk(10)?),
                )
                .ask("Which pages are largest?", scope.text(&samples)),
        );
    }
    Ok(alerts)
}
