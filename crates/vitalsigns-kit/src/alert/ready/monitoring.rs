//! Who watches: Prometheus, Alertmanager, Grafana, and probes from outside.

use super::Made;
use super::patterns::{Call, Grows, Level, Share, Than};
use super::scope::{Scope, hours, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const RELOAD: Words = Words {
    summary: "{job} refuses its configuration",
    description: "The last reload of the configuration of {instance} failed.",
    meaning: "A file was changed and is not valid. What was loaded before is still in use, until \
              the next restart, which would fail.",
    impact: "Changes have no effect.",
    mitigation: &[
        "Read the log for the line that is refused.",
        "Check the files: `promtool check config` for Prometheus, `amtool check-config` for \
         Alertmanager.",
        "Go back to the last files that were valid, then reload.",
    ],
};

const RULES: Words = Words {
    summary: "Rules of {instance} fail",
    description: "Evaluations of {rule_group} failed {value} times in five minutes.",
    meaning: "Expressions of this group cannot be evaluated: mostly several series belong to one, \
              or a query is too large.",
    impact: "The alerts of the group do not fire.",
    mitigation: &[
        "Open the page of rules in Prometheus: it has the error beside the rule.",
        "Many-to-many matching: a target is scraped twice, or a label was added.",
        "Query limits: make the rule read less.",
    ],
};

const MISSED: Words = Words {
    summary: "Rules of {instance} are evaluated too rarely",
    description: "{value} evaluations of {rule_group} were left out in ten minutes.",
    meaning: "Evaluating the group takes longer than its interval.",
    impact: "Alerts of the group fire late.",
    mitigation: &[
        "Look how long the groups take, below.",
        "Put slow expressions into recording rules, or the group's interval up.",
        "Look at CPU and disk of Prometheus.",
    ],
};

const SENDING: Words = Words {
    summary: "{instance} cannot send alerts to {alertmanager}",
    description: "{value} of the alerts of the last quarter of an hour could not be sent, more than \
                  {threshold}.",
    meaning: "Prometheus and this Alertmanager do not talk.",
    impact: "If no other Alertmanager gets them, nobody hears of alerts.",
    mitigation: &[
        "Look whether Alertmanager runs, and at the network between both.",
        "Look at its address in the configuration of Prometheus.",
    ],
};

const UNCONNECTED: Words = Words {
    summary: "{instance} knows no Alertmanager",
    description: "Prometheus has found {value} Alertmanagers.",
    meaning: "None is configured, or the discovery of them finds none.",
    impact: "No alert leaves Prometheus.",
    mitigation: &[
        "Look at `alerting` in the configuration of Prometheus and at /api/v1/alertmanagers.",
        "This alert cannot be sent either: it is seen in Prometheus, and by whoever misses the \
         Watchdog.",
    ],
};

const TSDB: Words = Words {
    summary: "The storage of {instance} has trouble",
    description: "{value} failures in the last hour of what keeps the data of Prometheus in order.",
    meaning: "Compactions, reloads of blocks, or writes to the log of the head failed, or a part \
              of it was found damaged.",
    impact: "Disk use grows, and data may be missing after a restart.",
    mitigation: &[
        "Read the log of Prometheus: it names the block or the file.",
        "Look at the space and the health of the disk.",
        "Take a snapshot through the admin API before anything else. Never delete the folder of \
         the data; a single damaged block can be moved aside while Prometheus is stopped.",
    ],
};

const INGESTS: Words = Words {
    summary: "{instance} takes no samples",
    description: "Nothing was appended in five minutes although Prometheus runs.",
    meaning: "No target is scraped with success, or the storage takes nothing: the disk is full.",
    impact: "All alerts but those about absence are blind.",
    mitigation: &[
        "Look at the targets, and at the disk of Prometheus.",
        "Read its log: `no space left on device` and `out of order` name the cause.",
    ],
};

const NOTIFICATIONS: Words = Words {
    summary: "Alertmanager cannot notify by {integration}",
    description: "{value} of the notifications by {integration} fail, more than {threshold}.",
    meaning: "Mails, messages or calls are refused by whoever delivers them.",
    impact: "People do not hear of alerts by this way.",
    mitigation: &[
        "Read the log of Alertmanager: it has the answer of the other side.",
        "401 or 403: a token or a password has expired. 404: an address is wrong. 429: too many.",
        "Until it is mended, look at the alerts in Alertmanager by hand.",
    ],
};

const DATASOURCE: Words = Words {
    summary: "Grafana cannot ask {datasource}",
    description: "{value} of the questions of Grafana to {datasource} fail, more than {threshold}.",
    meaning: "The data source answers with errors or not at all.",
    impact: "Panels are empty. Alerts of Prometheus are not concerned.",
    mitigation: &[
        "Look whether the data source runs, and whether its address in Grafana is right.",
        "4xx: a query or a password is wrong. 5xx: the source itself.",
    ],
};

const PROBE: Words = Words {
    summary: "{instance} does not answer from outside",
    description: "The probe of {instance} has failed for two minutes.",
    meaning: "Asked as users ask, it does not answer as it should, whatever it says of itself.",
    impact: "Users cannot reach it.",
    mitigation: &[
        "Ask it by hand from outside: `curl -v`.",
        "Look at name, certificate, load balancer and network before the service itself: these are \
         what only a probe from outside sees.",
    ],
};

const CERTIFICATE: Words = Words {
    summary: "A certificate of {instance} ends soon",
    description: "It is valid for {value} more.",
    meaning: "The earliest end of the certificates that {instance} shows is near.",
    impact: "After that clients refuse the connection.",
    mitigation: &[
        "Look why it was not renewed by itself, and renew it.",
        "Load it: many servers go on with the old one until they are told.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let call = |name, severity, hold, words| Call {
        name,
        severity,
        hold,
        words,
    };
    let (warning, critical) = (Severity::Warning, Severity::Critical);
    let instance: &[(&str, &str)] = &[("instance", "")];
    let level = |call, family, than, values| Level {
        call,
        family,
        is_states: false,
        only: &[],
        by: instance,
        than,
        values,
    };
    let mut alerts = Vec::new();
    for (name, family) in [
        (
            "PrometheusConfigReloadFailed",
            "prometheus_config_last_reload_successful",
        ),
        (
            "AlertmanagerConfigReloadFailed",
            "alertmanager_config_last_reload_successful",
        ),
    ] {
        let call = call(name, critical, minutes(5), &RELOAD);
        alerts.extend(level(call, family, Than::Is(0.0), (0.0, 1.0)).alert(scope)?);
    }
    let group: &[(&str, &str)] = &[("instance", ""), ("rule_group", "shop-http")];
    let failures = Grows {
        call: call("PrometheusRuleFailures", critical, minutes(5), &RULES),
        family: "prometheus_rule_evaluation_failures_total",
        only: None,
        by: group,
        more_than: 0.0,
        window: minutes(5),
    };
    alerts.extend(failures.alert(scope)?);
    let missed = Grows {
        call: call("PrometheusMissesEvaluations", warning, minutes(5), &MISSED),
        family: "prometheus_rule_group_iterations_missed_total",
        only: None,
        by: group,
        more_than: 0.0,
        window: minutes(10),
    };
    let took = scope.gauge(
        "prometheus_rule_group_last_duration_seconds",
        &["rule_group"],
    )?;
    for alert in missed.alert(scope)? {
        alerts.push(match &took {
            Some(took) => alert.ask(
                "How long do the groups take?",
                scope.text(&took.value().topk(10)?),
            ),
            None => alert,
        });
    }
    alerts.extend(sending(scope)?);
    let found = call(
        "PrometheusWithoutAlertmanager",
        critical,
        minutes(5),
        &UNCONNECTED,
    );
    let discovered = "prometheus_notifications_alertmanagers_discovered";
    alerts.extend(level(found, discovered, Than::Is(0.0), (0.0, 1.0)).alert(scope)?);
    for (family, part) in [
        ("prometheus_tsdb_compactions_failed_total", "compaction"),
        ("prometheus_tsdb_reloads_failures_total", "reload"),
        ("prometheus_tsdb_wal_corruptions_total", "corruption"),
        (
            "prometheus_tsdb_head_truncations_failed_total",
            "truncation",
        ),
    ] {
        let failed = Grows {
            call: call("PrometheusStorageFailing", critical, minutes(0), &TSDB),
            family,
            only: None,
            by: instance,
            more_than: 0.0,
            window: hours(1),
        };
        let failed = failed.alert(scope)?.into_iter();
        alerts.extend(failed.map(|alert| alert.label("part", part)));
    }
    alerts.extend(ingests(scope)?);
    let notifications = failing_part(
        scope,
        call(
            "AlertmanagerNotificationsFailing",
            critical,
            minutes(5),
            &NOTIFICATIONS,
        ),
        "alertmanager_notifications_failed_total",
        "alertmanager_notifications_total",
        ("integration", "email"),
    )?;
    alerts.extend(notifications);
    let datasource = Share {
        call: call("GrafanaDatasourceFailing", warning, minutes(5), &DATASOURCE),
        family: "grafana_datasource_request_total",
        label: "code",
        bad: &[
            "400", "401", "403", "404", "422", "500", "502", "503", "504",
        ],
        ignored: &[],
        good: "200",
        by: &[("datasource", "Prometheus")],
        percent: 10.0,
        at_least: 10.0,
        window: minutes(10),
    };
    alerts.extend(datasource.alert(scope)?);
    Ok(alerts)
}

fn sending(scope: &Scope<'_>) -> Made {
    let call = Call {
        name: "PrometheusCannotSendAlerts",
        severity: Severity::Critical,
        hold: minutes(5),
        words: &SENDING,
    };
    failing_part(
        scope,
        call,
        "prometheus_notifications_errors_total",
        "prometheus_notifications_sent_total",
        ("alertmanager", "http://alertmanager:9093/api/v2/alerts"),
    )
}

/// What failed of what was tried, of two counters.
fn failing_part(
    scope: &Scope<'_>,
    call: Call<'_>,
    failed: &str,
    tried: &str,
    by: (&str, &str),
) -> Made {
    let families = (
        scope.counter(failed, &[by.0])?,
        scope.counter(tried, &[by.0])?,
    );
    let (Some(bad), Some(all)) = families else {
        return Ok(Vec::new());
    };
    let labels = ["job", "instance", by.0];
    let quarter = minutes(15);
    let all = all.increase_over(quarter)?.sum_by(labels)?;
    let share = bad.increase_over(quarter)?.sum_by(labels)?.ratio_to(&all)?;
    let some = all.at_least(Quantity::new(1.0, all.unit().clone()))?;
    let condition = share.above(Quantity::percent(5.0))?.and(&some)?;
    let scenario = scope
        .story(tried)
        .series(failed, &[by], Track::PerMinute(5.1), Track::PerMinute(4.9))
        .always(tried, &[by], Track::PerMinute(100.0))
        .by(&[("job", ""), ("instance", ""), by])
        .shows(0.051, 0.049)
        .guarded(0.0001);
    let alert = call.made(scope, condition, scenario)?;
    Ok(vec![alert.ask("Which part fails?", scope.text(&share))])
}

fn ingests(scope: &Scope<'_>) -> Made {
    let name = "prometheus_tsdb_head_samples_appended_total";
    let Some(appended) = scope.counter(name, &[])? else {
        return Ok(Vec::new());
    };
    let rate = appended
        .increase_over(minutes(5))?
        .sum_by(["job", "instance"])?;
    let condition = rate.equals(Quantity::new(0.0, rate.unit().clone()))?;
    let scenario = scope
        .story(name)
        .series(name, &[], Track::PerMinute(0.0), Track::PerMinute(1.0))
        .by(&[("job", ""), ("instance", "")]);
    let call = Call {
        name: "PrometheusIngestsNothing",
        severity: Severity::Critical,
        hold: minutes(5),
        words: &INGESTS,
    };
    let alert = call.made(scope, condition, scenario)?;
    Ok(vec![alert.ask("How many samples come?", scope.text(&rate))])
}

pub(super) fn probes(scope: &Scope<'_>) -> Made {
    let probe = Level {
        call: Call {
            name: "ProbeFailed",
            severity: Severity::Critical,
            hold: minutes(2),
            words: &PROBE,
        },
        family: "probe_success",
        is_states: false,
        only: &[],
        by: &[("instance", "")],
        than: Than::Is(0.0),
        values: (0.0, 1.0),
    };
    let mut alerts = probe.alert(scope)?;
    let name = "probe_ssl_earliest_cert_expiry";
    let Some(expiry) = scope.gauge(name, &[])? else {
        return Ok(alerts);
    };
    let left = expiry.time_left().min_by(["job", "instance"])?;
    for (days, severity) in [(14.0, Severity::Warning), (3.0, Severity::Critical)] {
        let seconds = days * 86_400.0;
        let (fires, below) = (seconds - 3600.0, seconds + 3600.0);
        // So far ahead of the clock.
        let scenario = scope
            .story(name)
            .series(name, &[], Track::Age(-fires), Track::Age(-below))
            .by(&[("job", ""), ("instance", "")])
            .shows(fires, below);
        let call = Call {
            name: "CertificateExpires",
            severity,
            hold: hours(1),
            words: &CERTIFICATE,
        };
        let alert = call.made(scope, left.below(Quantity::seconds(seconds))?, scenario)?;
        alerts.push(alert.ask("How long is each valid?", scope.text(&left)));
    }
    Ok(alerts)
}
