//! Requests: those that are answered, and those that are sent to others.

use super::Made;
use super::scope::{Scope, around, minutes};
use crate::alert::{Alert, Severity, Track, Words};
use crate::query::{Quantity, QueryError};

const ERRORS: Words = Words {
    summary: "{job} answers {value} of its requests with an error",
    description: "More than {threshold} of the requests end with a status of 5xx.",
    meaning: "The share of requests that the service failed to answer is too high. Errors of \
              clients (4xx) do not count.",
    impact: "Users see errors at this rate.",
    mitigation: &[
        "Find out whether one route or all of them fail: one route points to its handler or to what \
         it calls, all of them to the service or what all need (database, network, configuration).",
        "If it began with a deployment, go back to the version before.",
        "Look at the health checks of the service: what it depends on may be down.",
        "Look at the log of the routes that fail, at the time at which it began.",
    ],
};

const LATENCY: Words = Words {
    summary: "{route} of {job} is slow",
    description: "One request of twenty takes longer than {threshold}; as far as buckets tell, \
                  {value}.",
    meaning: "The 95th percentile of the time from receiving a request to the end of its answer is \
              above the limit. The limit is a bound of the buckets, because around any other value \
              a percentile is only guessed.",
    impact: "Users of this route wait, and requests pile up behind it.",
    mitigation: &[
        "Compare with the requests in flight and with the rate: more traffic than usual, or the \
         same traffic served slower?",
        "Look at the time of database queries and of requests to others.",
        "Look at the CPU of the process and of its limit: one that is throttled is slow everywhere.",
        "If it began with a deployment, go back to the version before.",
    ],
};

const PANICS: Words = Words {
    summary: "Handlers of {job} panic",
    description: "{value} requests of {route} panicked in ten minutes.",
    meaning: "A handler or a body of a response unwound. Each is a fault in the program.",
    impact: "These requests got no proper answer.",
    mitigation: &[
        "Find the message and the place of the panic in the log.",
        "If it began with a deployment, go back to the version before.",
        "If one kind of input causes it, refuse that input until it is mended.",
    ],
};

const PEER: Words = Words {
    summary: "Requests of {job} to {peer} fail",
    description: "{value} of the requests to {peer} fail, more than {threshold}.",
    meaning: "Another service does not answer, answers with 5xx, or holds us back (429).",
    impact: "Whatever needs {peer} fails or is late.",
    mitigation: &[
        "Look at the outcomes: connect and timeout point to the network or to a peer that is down, \
         server_error to the peer itself, rate_limited to our own traffic.",
        "Look at the status page or the alerts of the peer.",
        "If there is a way without it, take that: a cache, a default, a queue.",
    ],
};

const STATUS: [&str; 4] = ["status", "status_code", "code", "http_response_status_code"];
const ROUTE: [&str; 5] = ["route", "endpoint", "http_route", "handler", "path"];

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let mut alerts = errors(scope)?;
    alerts.extend(latency(scope)?);
    alerts.extend(panics(scope)?);
    alerts.extend(peers(scope)?);
    Ok(alerts)
}

fn errors(scope: &Scope<'_>) -> Made {
    let name = "http_requests_total";
    let (Some(status), Some(route)) = (scope.label(name, &STATUS), scope.label(name, &ROUTE))
    else {
        return Ok(Vec::new());
    };
    let Some(requests) = scope.counter(name, &[])? else {
        return Ok(Vec::new());
    };
    let bad = requests.starts_with(status, "5")?;
    let all = requests.rate().sum_by(["job"])?;
    let share = bad.rate().sum_by(["job"])?.ratio_to(&all)?;
    let enough = all.above(Quantity::per_second(0.1))?;
    let worst = bad.rate().sum_by(["job", route, status])?.topk(10)?;
    let mut alerts = Vec::new();
    for (percent, severity) in [(5.0, Severity::Warning), (10.0, Severity::Critical)] {
        let limit = Quantity::percent(percent);
        let (fires, below) = around(&limit, 1000.0);
        let scenario = scope
            .story(name)
            .series(
                name,
                &[(status, "500")],
                Track::PerMinute(fires),
                Track::PerMinute(below),
            )
            .series(
                name,
                &[(status, "200")],
                Track::PerMinute(1000.0 - fires),
                Track::PerMinute(1000.0 - below),
            )
            .by(&[("job", "")])
            .shows(fires / 1000.0, below / 1000.0)
            .guarded(0.005);
        let condition = share.above(limit)?.and(&enough)?;
        let alert = scope.alert("HighErrorRate", severity, condition, &ERRORS)?;
        alerts.push(
            alert
                .hold(minutes(5))
                .scenario(scenario)
                .ask("Which routes fail, with which status?", scope.text(&worst))
                .ask("How many requests are there?", scope.text(&all)),
        );
    }
    Ok(alerts)
}

fn latency(scope: &Scope<'_>) -> Made {
    let name = "http_request_duration_seconds";
    let Some(route) = scope.label(name, &ROUTE) else {
        return Ok(Vec::new());
    };
    let Some(durations) = scope.histogram(name, &[])? else {
        return Ok(Vec::new());
    };
    // Two seconds, or the next bound above.
    let Some((limit, next)) = scope.bounds(name, 2.0) else {
        return Ok(Vec::new());
    };
    let by = durations.by(["job", route])?;
    let slow = by.quantile(0.95)?;
    let enough = by.rate().above(Quantity::per_second(0.05))?;
    let condition = slow.above(Quantity::seconds(limit))?.and(&enough)?;
    let bucket = format!("{name}_bucket");
    let le = vitalsigns::FamilyEntry::le;
    let (at, above) = (le(limit), le(next));
    let labels = |le| [(route, "/orders"), ("le", le)];
    let scenario = scope
        .story(name)
        .series(
            &bucket,
            &labels(&at),
            Track::PerMinute(94.0),
            Track::PerMinute(96.0),
        )
        .always(&bucket, &labels(&above), Track::PerMinute(100.0))
        .always(&bucket, &labels("+Inf"), Track::PerMinute(100.0))
        .by(&[("job", ""), (route, "/orders")])
        .shows(limit + (next - limit) / 6.0, limit * 95.0 / 96.0)
        .guarded(0.02);
    let words = Words {
        summary: text_of(route, LATENCY.summary),
        ..LATENCY
    };
    let alert = scope.alert("HighRequestLatency", Severity::Warning, condition, &words)?;
    let share = by.share_above(Quantity::seconds(limit))?;
    Ok(vec![
        alert
            .hold(minutes(5))
            .scenario(scenario)
            .ask("Which routes are slowest?", scope.text(&slow.topk(10)?))
            .ask(
                format!("Which share of their requests takes longer than {limit}s?"),
                scope.text(&share),
            ),
    ])
}

/// The text, with the name that the label of routes has.
fn text_of(route: &str, text: &'static str) -> &'static str {
    match route {
        "route" => text,
        "endpoint" => "{endpoint} of {job} is slow",
        "http_route" => "{http_route} of {job} is slow",
        "handler" => "{handler} of {job} is slow",
        _ => "A route of {job} is slow",
    }
}

fn panics(scope: &Scope<'_>) -> Made {
    let name = "http_request_panics_total";
    let Some(panics) = scope.counter(name, &["route"])? else {
        return Ok(Vec::new());
    };
    let number = panics
        .increase_over(minutes(10))?
        .sum_by(["job", "route"])?;
    let route = ("route", "/orders");
    let scenario = scope
        .story(name)
        .series(name, &[route], Track::PerMinute(1.0), Track::PerMinute(0.0))
        .by(&[("job", ""), route])
        .shows(10.0, 0.0);
    let alert = scope.alert(
        "HandlersPanic",
        Severity::Warning,
        number.above(0.0)?,
        &PANICS,
    )?;
    let alert = alert.scenario(scenario);
    Ok(vec![
        alert.ask("Which routes?", scope.text(&number.topk(10)?)),
    ])
}

fn peers(scope: &Scope<'_>) -> Result<Vec<Alert>, QueryError> {
    let name = "http_client_requests_total";
    let Some(requests) = scope.counter(name, &["peer", "outcome"])? else {
        return Ok(Vec::new());
    };
    let by = ["job", "peer"];
    // Who gave up has neither got nor missed anything, and 4xx are ours.
    let counted = requests.none_of("outcome", &["cancelled"])?;
    let bad = [
        "rate_limited",
        "server_error",
        "connect",
        "timeout",
        "error",
    ];
    let bad = requests.any_of("outcome", &bad)?;
    let all = counted.rate().sum_by(by)?;
    let limit = Quantity::percent(10.0);
    let (fires, below) = around(&limit, 1000.0);
    let share = bad.rate().sum_by(by)?.ratio_to(&all)?;
    let condition = share
        .above(limit)?
        .and(&all.above(Quantity::per_second(0.05))?)?;
    let labels = |outcome| [("peer", "payments"), ("outcome", outcome)];
    let scenario = scope
        .story(name)
        .series(
            name,
            &labels("timeout"),
            Track::PerMinute(fires),
            Track::PerMinute(below),
        )
        .series(
            name,
            &labels("success"),
            Track::PerMinute(1000.0 - fires),
            Track::PerMinute(1000.0 - below),
        )
        .by(&[("job", ""), ("peer", "payments")])
        .shows(fires / 1000.0, below / 1000.0)
        .guarded(0.002);
    let alert = scope.alert("PeerFailing", Severity::Warning, condition, &PEER)?;
    let outcomes = counted.rate().sum_by(["job", "peer", "outcome"])?;
    Ok(vec![alert.hold(minutes(5)).scenario(scenario).ask(
        "What becomes of the requests to each peer?",
        scope.text(&outcomes),
    )])
}
