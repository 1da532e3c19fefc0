//! Reading who is told of alerts.

use super::reader::{Reader, join};
use crate::system::{Audience, Email, Receivers, Slack, Webhook};
use crate::yaml::Node;

pub(super) fn receivers(reader: &mut Reader, node: &Node) -> Receivers {
    let keys = [
        "email",
        "slack",
        "pagerduty",
        "sms",
        "webhook",
        "dead_man",
        "audiences",
    ];
    let values = reader.keys(node, "receivers", &keys);
    let mut receivers = Receivers::new();
    receivers.email = values.get("email").and_then(|node| email(reader, node));
    receivers.slack = values.get("slack").and_then(|node| slack(reader, node));
    if let Some(node) = values.get("pagerduty") {
        receivers.pagerduty = reader
            .truth(node, "receivers.pagerduty")
            .unwrap_or_default();
    }
    let mut hook = |key: &str| {
        let node = values.get(key)?;
        webhook(reader, node, &join("receivers", key))
    };
    receivers.sms = hook("sms");
    receivers.webhook = hook("webhook");
    receivers.dead_man = hook("dead_man");
    if let Some(node) = values.get("audiences") {
        receivers.audiences = audiences(reader, node);
    }
    receivers
}

fn email(reader: &mut Reader, node: &Node) -> Option<Email> {
    let place = "receivers.email";
    let keys = [
        "smarthost",
        "from",
        "username",
        "to",
        "critical",
        "escalation",
    ];
    let values = reader.keys(node, place, &keys);
    let mut needed = |key: &str| {
        if !values.contains_key(key) {
            reader.fault(node.line, format!("`{place}.{key}` is missing"));
        }
        reader.text_of(&values, place, key)
    };
    let (smarthost, from, to) = (needed("smarthost"), needed("from"), needed("to"));
    let mut email = Email::new(smarthost?, from?, to?);
    if let Some(name) = reader.text_of(&values, place, "username") {
        email.username = name;
    }
    email.critical = reader.text_of(&values, place, "critical");
    email.escalation = reader.text_of(&values, place, "escalation");
    Some(email)
}

fn slack(reader: &mut Reader, node: &Node) -> Option<Slack> {
    let place = "receivers.slack";
    let values = reader.keys(node, place, &["critical", "warning", "info"]);
    let critical = reader.text_of(&values, place, "critical");
    if critical.is_none() && node.is_map() {
        reader.fault(
            node.line,
            format!("`{place}.critical` is missing: the channel of what is critical"),
        );
    }
    let mut slack = Slack::new(critical?);
    slack.warning = reader.text_of(&values, place, "warning");
    slack.info = reader.text_of(&values, place, "info");
    Some(slack)
}

fn webhook(reader: &mut Reader, node: &Node, place: &str) -> Option<Webhook> {
    match reader.text(node, place)?.as_str() {
        "secret" => Some(Webhook::Secret),
        url => Some(Webhook::At(url.to_owned())),
    }
}

/// By label, then by value.
fn audiences(reader: &mut Reader, node: &Node) -> Vec<Audience> {
    let place = "receivers.audiences";
    let mut audiences = Vec::new();
    for (label, node) in reader.named(node, place) {
        let place = join(place, &label);
        for (value, node) in reader.named(node, &place) {
            let place = join(&place, &value);
            let values = reader.keys(node, &place, &["email", "slack"]);
            let mut audience = Audience::new(&label, &value);
            audience.email = reader.text_of(&values, &place, "email");
            audience.slack = reader.text_of(&values, &place, "slack");
            audiences.push(audience);
        }
    }
    audiences
}
