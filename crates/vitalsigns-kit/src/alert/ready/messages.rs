//! Webhooks and events.

use super::Made;
use super::patterns::{Call, Grows, Old, Share};
use super::scope::{Scope, hours, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const SIGNATURES: Words = Words {
    summary: "Webhooks of {source} come to {job} with wrong signatures",
    description: "{value} webhooks in ten minutes were signed wrongly or not at all, more than \
                  {threshold}.",
    meaning: "Somebody sends webhooks without the secret, or the secrets of both sides differ.",
    impact: "If it is the provider, its events are lost until the secrets agree. If it is somebody \
             else, nothing got in, but somebody tries.",
    mitigation: &[
        "Look whether webhooks of this source are still accepted: if none is, a secret was changed \
         on one side; set it on the other.",
        "If some are accepted, look at the addresses from which the others come, and refuse them \
         before the service.",
        "Never switch the check off.",
    ],
};

const RECEIVING: Words = Words {
    summary: "{job} fails to handle webhooks of {source}",
    description: "{value} of the webhooks fail, more than {threshold}.",
    meaning: "Webhooks that were accepted end with an error or a panic here.",
    impact: "The provider sends them again for some time, then gives up: events are lost.",
    mitigation: &[
        "Look which type of event fails, by the query above, and at the errors in the log.",
        "Answer early and handle later, if handling takes longer than the provider waits.",
        "Ask the provider to send what was lost again, once it is mended.",
    ],
};

const DEAD: Words = Words {
    summary: "Deliveries of {job} to {sink} are given up",
    description: "{value} deliveries were put aside in the last hour.",
    meaning: "All attempts at these deliveries failed.",
    impact: "The receiver does not know of these events until somebody delivers them again.",
    mitigation: &[
        "Look at the outcomes of the attempts below: http_4xx points to our request or to a \
         receiver that is gone, the others to the receiver or the network.",
        "Once the receiver answers, deliver what was put aside again.",
    ],
};

const PENDING: Words = Words {
    summary: "Deliveries of {job} stand still",
    description: "The oldest has waited for {value}, more than {threshold}.",
    meaning: "A delivery has had no outcome for too long.",
    impact: "Receivers hear of events late.",
    mitigation: &[
        "Look which sink has deliveries pending.",
        "Look whether the sender runs at all, and what its last attempts became.",
    ],
};

const CONSUMING: Words = Words {
    summary: "{job} fails to handle events of {topic}",
    description: "{value} of the events of the last ten minutes failed, more than {threshold}.",
    meaning: "Events that were consumed end with an error, a panic, or put aside.",
    impact: "What the events were for is not done.",
    mitigation: &[
        "Look which type of event fails, by the query above, and at the errors in the log.",
        "If one event fails each time, put it aside so that those behind it go on.",
        "If it began with a new version here or at the producer, compare what they understand.",
    ],
};

const PRODUCING: Words = Words {
    summary: "{job} fails to send events to {topic}",
    description: "{value} of the events of the last ten minutes were not sent, more than \
                  {threshold}.",
    meaning: "The broker did not take them.",
    impact: "Consumers do not hear of these events.",
    mitigation: &[
        "timeout and unavailable: look at the broker and the network.",
        "rejected: look at the rights of this service on the topic. too_large: look at the events.",
        "Look whether what was not sent is kept and sent again.",
    ],
};

const STALLED: Words = Words {
    summary: "{job} consumes nothing of {topic}, and events wait",
    description: "{value} events wait, and none was consumed in five minutes.",
    meaning: "The consumer stands still: it hangs, has no partition, or fails on one event for ever.",
    impact: "Everything that follows from these events is late, and more so each minute.",
    mitigation: &[
        "Look at the log of the consumer, and whether it has a partition (rebalances).",
        "If it tries one event again and again, put that aside.",
        "Restart the consumer: it goes on where it was.",
    ],
};

const LAG: Words = Words {
    summary: "{job} falls behind on {topic}",
    description: "{value} events wait, more than {threshold}, and more than ten minutes ago.",
    meaning: "Events come faster than they are consumed.",
    impact: "What follows from these events is late.",
    mitigation: &[
        "Look whether more is produced than usual, or less consumed.",
        "Start more consumers, as long as there are partitions for them.",
        "Look at the time that handling an event takes.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let call = |name, severity, hold, words| Call {
        name,
        severity,
        hold,
        words,
    };
    let warning = Severity::Warning;
    let mut alerts = Grows {
        call: call("WebhookSignatureFailures", warning, minutes(0), &SIGNATURES),
        family: "webhook_requests_total",
        only: Some(("outcome", &["bad_signature"])),
        by: &[("source", "stripe")],
        more_than: 10.0,
        window: minutes(10),
    }
    .alert(scope)?;
    let failed = Share {
        call: call("WebhooksFailing", warning, minutes(5), &RECEIVING),
        family: "webhook_requests_total",
        label: "outcome",
        bad: &["failed", "panicked"],
        ignored: &["cancelled", "bad_signature"],
        good: "accepted",
        by: &[("source", "stripe")],
        percent: 5.0,
        at_least: 10.0,
        window: minutes(10),
    };
    alerts.extend(failed.alert(scope)?);
    let given_up = Grows {
        call: call("WebhookDeliveriesLost", warning, minutes(0), &DEAD),
        family: "webhook_deliveries_total",
        only: Some(("outcome", &["dead_lettered", "dropped"])),
        by: &[("sink", "crm")],
        more_than: 0.0,
        window: hours(1),
    };
    let attempts = scope.counter("webhook_delivery_attempts_total", &["sink", "outcome"])?;
    for alert in given_up.alert(scope)? {
        alerts.push(match &attempts {
            Some(attempts) => {
                let outcomes = attempts.increase_over(hours(1))?;
                let outcomes = outcomes.sum_by(["job", "sink", "outcome"])?;
                alert.ask("What became of the attempts?", scope.text(&outcomes))
            }
            None => alert,
        });
    }
    let waiting = Old {
        call: call("WebhookDeliveriesStuck", warning, minutes(5), &PENDING),
        family: "webhook_deliveries_oldest_pending_timestamp_seconds",
        by: &[],
        limit: minutes(15),
    };
    alerts.extend(waiting.alert(scope)?);
    let consuming = Share {
        call: call("EventsFailing", warning, minutes(5), &CONSUMING),
        family: "events_consumed_total",
        label: "outcome",
        bad: &["failed", "dead_lettered", "panicked", "malformed"],
        ignored: &["cancelled", "retried"],
        good: "success",
        by: &[("topic", "readings")],
        percent: 5.0,
        at_least: 20.0,
        window: minutes(10),
    };
    alerts.extend(consuming.alert(scope)?);
    let producing = Share {
        call: call("EventsNotSent", Severity::Critical, minutes(5), &PRODUCING),
        family: "events_produced_total",
        label: "outcome",
        bad: &[
            "failed",
            "timeout",
            "unavailable",
            "rejected",
            "too_large",
            "panicked",
        ],
        ignored: &["cancelled"],
        good: "success",
        by: &[("topic", "readings")],
        percent: 5.0,
        at_least: 20.0,
        window: minutes(10),
    };
    alerts.extend(producing.alert(scope)?);
    alerts.extend(lag(scope)?);
    Ok(alerts)
}

fn lag(scope: &Scope<'_>) -> Made {
    let name = "events_consumer_lag";
    let Some(lag) = scope.gauge(name, &["topic"])? else {
        return Ok(Vec::new());
    };
    let by = ["job", "topic"];
    let topic = ("topic", "readings");
    let waits = lag.value().sum_by(by)?;
    let growing = waits.above(waits.ago(minutes(10))?)?;
    let condition = waits.above(1000.0)?.and(&growing)?;
    let scenario = scope
        .story(name)
        .series(
            name,
            &[topic],
            Track::Slope(1001.0, 10.0),
            Track::Slope(500.0, 10.0),
        )
        .by(&[("job", ""), topic])
        .silent("it does not grow", &scope.name(name), Track::Level(1001.0));
    let mut words = LAG;
    words.description = "More than {threshold} events wait, and more than ten minutes ago.";
    let alert = scope.alert("EventsLag", Severity::Warning, condition, &words)?;
    let mut lags = alert.hold(minutes(15)).scenario(scenario);
    let counter = scope.counter("events_consumed_total", &["topic", "outcome"])?;
    if let Some(consumed) = &counter {
        let rate = consumed.rate().sum_by(["job", "topic", "outcome"])?;
        lags = lags.ask("How many are consumed, per second?", scope.text(&rate));
    }
    let mut alerts = vec![lags];
    let (Some(_), Some(last)) = (
        &counter,
        scope.gauge("events_last_consumed_timestamp_seconds", &["topic"])?,
    ) else {
        return Ok(alerts);
    };
    // The youngest of several consumers of one topic.
    let idle = last.age()?.min_by(by)?.above(Quantity::seconds(300.0))?;
    let condition = waits.above(0.0)?.and(&idle)?;
    let scenario = scope
        .story(name)
        .always(name, &[topic], Track::Level(50.0))
        .series(
            "events_last_consumed_timestamp_seconds",
            &[topic],
            Track::Age(301.0),
            Track::Age(299.0),
        )
        .by(&[("job", ""), topic])
        .shows(50.0, 50.0)
        .silent("nothing waits", &scope.name(name), Track::Level(0.0));
    let alert = scope.alert(
        "EventConsumerStalled",
        Severity::Critical,
        condition,
        &STALLED,
    )?;
    let alert = alert.hold(minutes(2)).scenario(scenario);
    alerts.push(alert.ask("How many events wait?", scope.text(&waits)));
    Ok(alerts)
}
