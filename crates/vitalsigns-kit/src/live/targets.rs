//! Whether what Prometheus is to scrape is there, and is a page.

use serde_json::Value;

use super::api::{Api, list, text};
use super::{Found, Place};
use crate::finding::Rule;
use crate::verify::duration::duration;
use crate::yaml;

pub(super) static PLACEHOLDER: Rule = Rule::error(
    "endpoint-placeholder",
    "What answers at the address of a target is no page of metrics.",
);
pub(super) static DOWN: Rule = Rule::error("target-down", "Prometheus cannot scrape a target.");
pub(super) static UNSCRAPED: Rule =
    Rule::warning("target-not-scraped", "A target has not been scraped yet.");
pub(super) static NO_TARGETS: Rule = Rule::error(
    "job-without-targets",
    "A job of the configuration has no targets.",
);
pub(super) static SLOW: Rule = Rule::warning(
    "scrape-near-timeout",
    "A scrape takes more than four fifths of the time that it may take.",
);
pub(super) static EMPTY: Rule = Rule::error(
    "target-empty",
    "A target is up and has nothing on its page.",
);

/// A target that is up, with the address of its page.
pub(super) struct Up {
    pub(super) job: String,
    pub(super) url: String,
}

/// Looks at every target, and returns those that are up.
pub(super) fn look(api: &Api<'_>, found: &mut Found) -> Vec<Up> {
    let data = match api.data("targets", &[("state", "active")]) {
        Ok(data) => data,
        Err(error) => {
            found.unreachable("Prometheus", &api.url(""), &error);
            return Vec::new();
        }
    };
    let targets = list(&data["activeTargets"]);
    let up = targets
        .iter()
        .filter_map(|target| look_at(target, found))
        .collect();
    look_for_jobs(api, targets, found);
    look_for_empty(api, found);
    up
}

fn look_at(target: &Value, found: &mut Found) -> Option<Up> {
    let url = text(&target["scrapeUrl"]).to_owned();
    let job = text(&target["labels"]["job"]).to_owned();
    let place = Place::of(&url).in_part(format!("job `{job}`"));
    match text(&target["health"]) {
        "up" => {}
        "down" => {
            let (rule, cause, hint) = explained(text(&target["lastError"]));
            found.add(rule, place, cause, hint);
            return None;
        }
        _ => {
            let cause = "Prometheus has not scraped it yet, so nothing is known of it";
            found.add(
                &UNSCRAPED,
                place,
                cause,
                "ask again after the interval of the job",
            );
            return None;
        }
    }
    let took = target["lastScrapeDuration"].as_f64().unwrap_or_default();
    let timeout = duration(text(&target["scrapeTimeout"]));
    if let Some(timeout) = timeout.map(|timeout| timeout.as_secs_f64())
        && took > 0.8 * timeout
    {
        found.add(
            &SLOW,
            place,
            format!("the last scrape took {took:.1} s, and after {timeout} s Prometheus gives up"),
            "find the slow collector (`vitalsigns_collector_*`), or raise `scrape_timeout`",
        );
    }
    Some(Up { job, url })
}

/// What an error of a scrape comes from.
fn explained(error: &str) -> (&'static Rule, String, String) {
    let has = |part: &str| error.contains(part);
    let no_page = has("unsupported Content-Type")
        || has("blank Content-Type")
        || has("cannot parse Content-Type")
        || has("is not a valid start token")
        || has("expected equal")
        || has("expected a valid start token")
        || has("invalid metric type")
        || has("does not end with # EOF")
        || has("expected value after metric");
    if no_page {
        return (
            &PLACEHOLDER,
            format!("what answers is no page of metrics: {error}"),
            "serve the ready-made endpoint in place of a placeholder, and look at the page with \
             `vitalsigns lint`"
                .to_owned(),
        );
    }
    let hint = if has("connection refused") {
        "nothing listens at this port: the service is down, or its port is another one"
    } else if has("no such host") || has("server misbehaving") {
        "no host has this name where Prometheus runs; use the name of the service in its network"
    } else if has("HTTP status 404") {
        "there is no page at this path; is `metrics_path` right, and the endpoint mounted?"
    } else if has("HTTP status 401") || has("HTTP status 403") {
        "the page wants a token: `authorization: {credentials_file: …}` of the job"
    } else if has("HTTP status 5") {
        "the service fails to write its page; its log says why"
    } else if has("deadline exceeded") || has("Client.Timeout") {
        "it does not answer in time: find what is slow, or raise `scrape_timeout`"
    } else if has("malformed HTTP") || has("EOF") || has("connection reset") {
        "what listens there does not speak HTTP; a database is scraped through its exporter"
    } else if has("limit exceeded") {
        "the page is larger than the limits of the job"
    } else {
        "`vitalsigns lint` on the same address says more"
    };
    (
        &DOWN,
        format!("Prometheus cannot scrape it: {error}"),
        hint.to_owned(),
    )
}

fn look_for_jobs(api: &Api<'_>, targets: &[Value], found: &mut Found) {
    // Some speak the language and have no configuration to show.
    let Ok(data) = api.data("status/config", &[]) else {
        return;
    };
    let Ok(configuration) = yaml::document(text(&data["yaml"])) else {
        return;
    };
    let jobs = configuration.get("scrape_configs");
    for job in jobs.map(yaml::Node::items).unwrap_or_default() {
        let Some(name) = job.get("job_name").and_then(yaml::Node::text) else {
            continue;
        };
        let is_of_job = |target: &Value| text(&target["scrapePool"]) == name;
        if !targets.iter().any(is_of_job) {
            found.add(
                &NO_TARGETS,
                Place::of(api.url("")).in_part(format!("job `{name}`")),
                "it has no targets, so alerts on `up` of it are silent",
                "name its targets, or find out why its discovery finds none",
            );
        }
    }
}

fn look_for_empty(api: &Api<'_>, found: &mut Found) {
    let empty = api.query("scrape_samples_scraped == 0 and up == 1");
    for (labels, _) in empty.unwrap_or_default() {
        let (job, instance) = (text(&labels["job"]), text(&labels["instance"]));
        found.add(
            &EMPTY,
            Place::of(instance).in_part(format!("job `{job}`")),
            "it answers with an empty page, which counts as up",
            "register the families of the service with the registry that its endpoint serves",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_scrapes_are_explained() {
        for (error, code, hint) in [
            (
                "Get \"http://a:1/metrics\": dial tcp 10.0.0.1:1: connect: connection refused",
                "target-down",
                "nothing listens",
            ),
            (
                "server returned HTTP status 404 Not Found",
                "target-down",
                "no page at this path",
            ),
            (
                "received unsupported Content-Type \"application/json\" and no \
                 fallback_scrape_protocol specified for target",
                "endpoint-placeholder",
                "ready-made endpoint",
            ),
            (
                "\"INVALID\" is not a valid start token",
                "endpoint-placeholder",
                "ready-made",
            ),
            ("context deadline exceeded", "target-down", "in time"),
        ] {
            let (rule, cause, told) = explained(error);
            assert_eq!(rule.code, code, "{error}");
            assert!(
                cause.contains(error) && told.contains(hint),
                "{error}: {told}"
            );
        }
    }
}
