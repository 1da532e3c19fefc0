//! Whether alerts find their way out of Prometheus.

use super::api::{Api, json, list, text};
use super::{Found, Place};
use crate::client::Client;
use crate::finding::Rule;

pub(super) static NONE: Rule = Rule::error(
    "no-alertmanager",
    "Prometheus has no Alertmanager, so alerts reach nobody.",
);
pub(super) static UNREACHABLE: Rule = Rule::error(
    "alertmanager-unreachable",
    "An Alertmanager does not answer.",
);
pub(super) static FAILING: Rule = Rule::error(
    "notifications-failing",
    "Alerts, or notifications of them, could not be delivered in the last minutes.",
);

/// Where alerts go: what Prometheus names, or what it is asked for by another name from here.
pub(super) fn look(api: &Api<'_>, client: &Client, own: Option<&str>, found: &mut Found) {
    let named = match api.data("alertmanagers", &[]) {
        Ok(data) => {
            let active = list(&data["activeAlertmanagers"]).iter();
            let urls = active.map(|alertmanager| base(text(&alertmanager["url"])));
            urls.collect::<Vec<String>>()
        }
        // That Prometheus does not answer has been told.
        Err(_) => return,
    };
    if named.is_empty() {
        found.add(
            &NONE,
            Place::of(api.url("/alertmanagers")),
            "Prometheus sends its alerts nowhere",
            "name one under `alerting: alertmanagers:` in prometheus.yml",
        );
    }
    let addresses = match own {
        Some(own) => vec![own.trim_end_matches('/').to_owned()],
        None => named,
    };
    for address in addresses {
        if let Err(error) = json(client, &format!("{address}/api/v2/status")) {
            found.add(
                &UNREACHABLE,
                Place::of(address),
                error.to_string(),
                "alerts wait in Prometheus and are lost when its queue is full; if only this \
                 machine cannot reach it, say where it is with `--alertmanager`",
            );
        }
    }
    look_for_failures(api, found);
}

fn look_for_failures(api: &Api<'_>, found: &mut Found) {
    for (expression, label, what) in [
        (
            "increase(prometheus_notifications_errors_total[5m]) > 0",
            "alertmanager",
            "alerts to Alertmanager failed",
        ),
        (
            "increase(alertmanager_notifications_failed_total[5m]) > 0",
            "integration",
            "notifications failed",
        ),
    ] {
        for (labels, value) in api.query(expression).unwrap_or_default() {
            found.add(
                &FAILING,
                Place::of(text(&labels["instance"])).in_part(text(&labels[label])),
                format!("{value:.0} {what} in five minutes"),
                "its log says why; a test alert (`amtool alert add`) shows when it works again",
            );
        }
    }
}

/// Without the path that alerts are posted to.
fn base(url: &str) -> String {
    let end = url.find("/api/").unwrap_or(url.len());
    url[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn the_path_of_alerts_is_left_out() {
        assert_eq!(base("http://a:9093/api/v2/alerts"), "http://a:9093");
        assert_eq!(base("http://a/am/api/v2/alerts"), "http://a/am");
    }
}
