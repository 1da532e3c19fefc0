//! Who is told of what, how often, and what is kept back.

use super::head;
use super::routes::{CRITICAL, DEAD_MAN, ESCALATION, INFO, NOWHERE, TEAM, WARNING};
use crate::system::{Audience, Email, Receivers, System, Webhook};
use crate::yaml_text::{Map, Yaml};

/// The time interval in which what is not urgent is told.
const WORKING_HOURS: &str = "working-hours";

/// The configuration.
pub(super) fn text(system: &System) -> String {
    let receivers = &system.receivers;
    let mut config = Map::new();
    if let Some(email) = &receivers.email {
        config.add("global", global(email));
    }
    let hours = Map::new().with("weekdays", ["monday:friday"]).with(
        "times",
        [Map::new()
            .with("start_time", "08:00")
            .with("end_time", "18:00")],
    );
    let hours = Map::new()
        .with("name", WORKING_HOURS)
        .comment("UTC.")
        .with("time_intervals", [hours]);
    config
        .with("templates", ["templates/*.tmpl"])
        .with("route", route(receivers))
        .with("inhibit_rules", inhibitions())
        .with("time_intervals", [hours])
        .comment(
            "Only what the description declares is here; secrets are read from files when they are \
             needed.",
        )
        .with("receivers", integrations(receivers))
        .document(&head(system, "Who is told of alerts"))
}

fn global(email: &Email) -> Map {
    Map::new()
        .with("smtp_smarthost", email.smarthost.as_str())
        .with("smtp_from", email.from.as_str())
        .with("smtp_auth_username", email.username.as_str())
        .with("smtp_auth_password_file", secret("smtp_password"))
        .with("smtp_require_tls", true)
}

fn secret(name: &str) -> String {
    format!("/run/secrets/{name}")
}

/// The tree of routes. The first that matches is taken, and those behind it only if it continues:
/// so what has a way of its own comes first, then those who are told besides, then severities.
fn route(receivers: &Receivers) -> Map {
    let to = |about: &str, receiver: &str, label: &str, value: &str| {
        Map::new()
            .comment(about)
            .with("receiver", receiver)
            .with("matchers", [format!("{label}=\"{value}\"")])
    };
    let always = "It always fires: whoever hears nothing of it gives the alarm.";
    let late =
        "Nobody has ended it in time. A silence of the first alert has to match this one too.";
    let mut routes = vec![
        to(always, dead_man(receivers), "alertname", "Watchdog")
            .with("group_wait", "0s")
            .with("group_interval", "1m")
            .with("repeat_interval", "1m"),
        to("", NOWHERE, "severity", "none"),
        to(late, ESCALATION, "alertname", "EscalationNeeded"),
    ];
    for audience in &receivers.audiences {
        let about = "Besides those who are told by severity.";
        let route = to(about, &audience.name(), &audience.label, &audience.value);
        routes.push(route.with("continue", true));
    }
    routes.extend([
        to("", CRITICAL, "severity", "critical"),
        to("", WARNING, "severity", "warning"),
        to("It can wait.", INFO, "severity", "info")
            .with("repeat_interval", "12h")
            .with("active_time_intervals", [WORKING_HOURS]),
    ]);
    Map::new()
        .with("receiver", TEAM)
        .with("group_by", ["alertname", "job", "system"])
        .with("group_wait", "30s")
        .with("group_interval", "5m")
        .with("repeat_interval", "4h")
        .with("routes", routes)
}

/// Where what shows that alerts arrive is sent to.
fn dead_man(receivers: &Receivers) -> &'static str {
    match receivers.dead_man {
        Some(_) => DEAD_MAN,
        None => NOWHERE,
    }
}

/// What is kept back while something else fires that explains it.
fn inhibitions() -> Vec<Map> {
    let by_severity = |source: &str, target: &str| {
        Map::new()
            .with("source_matchers", [format!("severity=\"{source}\"")])
            .with("target_matchers", [target])
            .with("equal", ["alertname", "job", "system"])
    };
    vec![
        Map::new()
            .comment("Of a service that is down, nothing else is told.")
            .with("source_matchers", ["alertname=\"ServiceDown\""])
            .with(
                "target_matchers",
                ["alertname!~\"ServiceDown|EscalationNeeded|Watchdog\""],
            )
            .with("equal", ["job", "system"]),
        by_severity("critical", "severity=~\"warning|info\""),
        by_severity("warning", "severity=\"info\""),
    ]
}

/// The receivers that routes lead to, each with what was declared.
fn integrations(receivers: &Receivers) -> Vec<Map> {
    let email = receivers.email.as_ref();
    let slack = receivers.slack.as_ref();
    let everything = receivers.webhook.as_ref().map(|to| ("webhook_url", to));
    let sms = receivers.sms.as_ref().map(|to| ("sms_url", to));
    let webhooks = |urgent: bool| {
        let sms = sms.filter(|_| urgent);
        everything.into_iter().chain(sms).collect::<Vec<_>>()
    };
    let to_all = email.map(|email| &email.to);
    let critical = email.map(|email| besides(&email.to, email.critical.as_ref()));
    let escalation = email.map(|email| {
        besides(
            &email.to,
            email.escalation.as_ref().or(email.critical.as_ref()),
        )
    });
    let channel = slack.map(|slack| &slack.critical);
    let warning = slack.and_then(|slack| slack.warning.as_ref());
    let info = slack.and_then(|slack| slack.info.as_ref());
    let mut list = vec![
        Map::new().comment("Nobody.").with("name", NOWHERE),
        receiver(TEAM, to_all, info, false, webhooks(false)),
        receiver(
            CRITICAL,
            critical.as_ref(),
            channel,
            receivers.pagerduty,
            webhooks(true),
        ),
        receiver(WARNING, to_all, warning, false, webhooks(false)),
        receiver(INFO, to_all, info, false, webhooks(false)),
        receiver(
            ESCALATION,
            escalation.as_ref(),
            channel,
            receivers.pagerduty,
            webhooks(true),
        ),
    ];
    if let Some(to) = &receivers.dead_man {
        let hook = webhook("dead_man_url", to).with("send_resolved", false);
        list.push(
            Map::new()
                .with("name", DEAD_MAN)
                .with("webhook_configs", [hook]),
        );
    }
    for audience in &receivers.audiences {
        let Audience { email, slack, .. } = audience;
        list.push(receiver(
            &audience.name(),
            email.as_ref(),
            slack.as_ref(),
            false,
            Vec::new(),
        ));
    }
    list
}

/// All get everything; some get what is urgent as well.
fn besides(to: &str, more: Option<&String>) -> String {
    match more {
        Some(more) => format!("{to}, {more}"),
        None => to.to_owned(),
    }
}

fn receiver(
    name: &str,
    mail: Option<&String>,
    channel: Option<&String>,
    pages: bool,
    webhooks: Vec<(&str, &Webhook)>,
) -> Map {
    let mails = mail.map(|to| {
        Map::new()
            .with("to", to.as_str())
            .with("headers", Map::new().with("Subject", template("title")))
            .with("text", template("text"))
            .with("html", template("html"))
            .with("send_resolved", true)
    });
    let channels = channel.map(|channel| {
        Map::new()
            .with("api_url_file", secret("slack_url"))
            .with("channel", channel.as_str())
            .with("color", template("color"))
            .with("title", template("title"))
            .with("text", template("text"))
            .with("send_resolved", true)
    });
    let pages = pages.then(|| {
        let details = Map::new().with("firing", template("text"));
        Map::new()
            .with("routing_key_file", secret("pagerduty_key"))
            .with("description", template("title"))
            .with("severity", "critical")
            .with("details", details)
            .with("send_resolved", true)
    });
    let hooks = webhooks
        .into_iter()
        .map(|(name, to)| webhook(name, to).with("send_resolved", true));
    Map::new()
        .with("name", name)
        .maybe("email_configs", mails.map(|one| vec![one]))
        .maybe("slack_configs", channels.map(|one| vec![one]))
        .maybe("pagerduty_configs", pages.map(|one| vec![one]))
        .unless_empty("webhook_configs", hooks.collect())
}

fn webhook(name: &str, to: &Webhook) -> Map {
    match to {
        Webhook::At(url) => Map::new().with("url", url.as_str()),
        Webhook::Secret => Map::new().with("url_file", secret(name)),
    }
}

fn template(name: &str) -> Yaml {
    format!("{{{{ template \"vitalsigns.{name}\" . }}}}").into()
}
