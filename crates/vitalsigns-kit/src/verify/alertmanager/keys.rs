//! Keys that Alertmanager knows, and texts that it would take as they are.

use super::super::folder::File;
use super::super::keys;
use super::super::prometheus::INLINE_SECRET;
use super::super::rules::check_duration;
use super::super::sheet::Sheet;
use super::{EMPTY_RECEIVER, NO_RESOLVED, UNEXPANDED};
use crate::yaml::{Node, Value};

const TOP: &[&str] = &[
    "global",
    "route",
    "inhibit_rules",
    "mute_time_intervals",
    "time_intervals",
    "receivers",
    "templates",
    "tracing",
    "event_recorder",
];

pub(super) const ROUTE: &[&str] = &[
    "receiver",
    "group_by",
    "continue",
    "matchers",
    "match",
    "match_re",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "mute_time_intervals",
    "active_time_intervals",
    "routes",
];

const INHIBITION: &[&str] = &[
    "name",
    "target_match",
    "target_match_re",
    "target_matchers",
    "source_match",
    "source_match_re",
    "source_matchers",
    "sources",
    "equal",
];

/// What a receiver can be told by, and the keys of those that are used most.
const RECEIVERS: &[(&str, &[&str])] = &[
    (
        "email_configs",
        &[
            "send_resolved",
            "to",
            "from",
            "hello",
            "smarthost",
            "auth_username",
            "auth_password",
            "auth_password_file",
            "auth_secret",
            "auth_secret_file",
            "auth_identity",
            "headers",
            "html",
            "text",
            "require_tls",
            "tls_config",
            "force_implicit_tls",
            "threading",
        ],
    ),
    (
        "slack_configs",
        &[
            "send_resolved",
            "http_config",
            "api_url",
            "api_url_file",
            "app_token",
            "app_token_file",
            "app_url",
            "channel",
            "username",
            "color",
            "title",
            "title_link",
            "pretext",
            "text",
            "message_text",
            "fields",
            "short_fields",
            "footer",
            "fallback",
            "callback_id",
            "icon_emoji",
            "icon_url",
            "image_url",
            "thumb_url",
            "link_names",
            "mrkdwn_in",
            "actions",
            "timeout",
            "update_message",
        ],
    ),
    (
        "webhook_configs",
        &[
            "send_resolved",
            "http_config",
            "url",
            "url_file",
            "max_alerts",
            "timeout",
            "payload",
        ],
    ),
    (
        "pagerduty_configs",
        &[
            "send_resolved",
            "http_config",
            "service_key",
            "service_key_file",
            "routing_key",
            "routing_key_file",
            "url",
            "client",
            "client_url",
            "description",
            "severity",
            "details",
            "images",
            "links",
            "class",
            "component",
            "group",
            "source",
            "timeout",
        ],
    ),
    ("opsgenie_configs", &[]),
    ("wechat_configs", &[]),
    ("pushover_configs", &[]),
    ("victorops_configs", &[]),
    ("sns_configs", &[]),
    ("telegram_configs", &[]),
    ("discord_configs", &[]),
    ("webex_configs", &[]),
    ("msteams_configs", &[]),
    ("msteamsv2_configs", &[]),
    ("jira_configs", &[]),
    ("rocketchat_configs", &[]),
    ("incidentio_configs", &[]),
    ("mattermost_configs", &[]),
];

/// Those that tell nobody when it is over, if not asked to.
const SILENT_ON_RESOLVE: &[&str] = &["email_configs", "slack_configs"];

const READER: &str = "Alertmanager";

pub(super) fn check(file: &File, root: &Node, sheet: &mut Sheet) {
    keys::check(file, root, "its configuration", TOP, READER, sheet);
    for rule in root
        .get("inhibit_rules")
        .map(Node::items)
        .unwrap_or_default()
    {
        keys::check(file, rule, "an inhibition", INHIBITION, READER, sheet);
    }
    let receivers = root.get("receivers").map(Node::items).unwrap_or_default();
    let tells_nobody = |receiver: &Node| {
        let mut kinds = RECEIVERS.iter();
        !kinds.any(|(kind, _)| {
            receiver
                .get(kind)
                .is_some_and(|configs| !configs.items().is_empty())
        })
    };
    let nobody_is_told = receivers.iter().all(tells_nobody);
    if nobody_is_told && !receivers.is_empty() {
        sheet.add(
            &EMPTY_RECEIVER,
            &file.place(),
            "no receiver tells anybody, so alerts are seen only by who looks",
            "say whom to tell, in `email_configs`, `slack_configs`, `webhook_configs` and others",
        );
    }
    let mut names = vec!["name"];
    names.extend(RECEIVERS.iter().map(|(name, _)| *name));
    for receiver in receivers {
        keys::check(file, receiver, "a receiver", &names, READER, sheet);
        if tells_nobody(receiver) && !nobody_is_told {
            say_empty(file, receiver, sheet);
        }
        check_resolved(file, receiver, sheet);
    }
    if let Some(global) = root.get("global") {
        check_duration(file, global, "resolve_timeout", sheet);
    }
    check_texts(file, root, "", sheet);
}

fn say_empty(file: &File, receiver: &Node, sheet: &mut Sheet) {
    let name = receiver
        .get("name")
        .and_then(Node::text)
        .unwrap_or_default();
    let lower = name.to_lowercase();
    let is_meant = [
        "null",
        "none",
        "nowhere",
        "nobody",
        "blackhole",
        "devnull",
        "dead",
        "watchdog",
        "silent",
        "drop",
    ];
    if !is_meant.iter().any(|word| lower.contains(word)) {
        sheet.add(
            &EMPTY_RECEIVER,
            &file.at(receiver.line),
            format!("the receiver `{name}` tells nobody"),
            "say whom it tells, or call it `null` if it is to swallow alerts",
        );
    }
}

fn check_resolved(file: &File, receiver: &Node, sheet: &mut Sheet) {
    let name = receiver
        .get("name")
        .and_then(Node::text)
        .unwrap_or_default();
    let configs = |kind: &str| receiver.get(kind).map(Node::items).unwrap_or_default();
    let mut resolves = false;
    let mut is_silent = None;
    for (kind, known) in RECEIVERS {
        for config in configs(kind) {
            if !known.is_empty() {
                keys::check(file, config, &format!("`{kind}`"), known, READER, sheet);
            }
            let sends = config.get("send_resolved").and_then(Node::as_bool);
            match sends.unwrap_or(!SILENT_ON_RESOLVE.contains(kind)) {
                true => resolves = true,
                false => is_silent = is_silent.or(Some(config.line)),
            }
        }
    }
    if let (false, Some(line)) = (resolves, is_silent) {
        sheet.add(
            &NO_RESOLVED,
            &file.at(line),
            format!("`{name}` is told when something begins, and not when it is over"),
            "add `send_resolved: true`",
        );
    }
}

/// Secrets and variables, wherever they stand.
fn check_texts(file: &File, node: &Node, key: &str, sheet: &mut Sheet) {
    match &node.value {
        Value::String(text) => check_text(file, node, key, text, sheet),
        Value::List(items) => {
            for item in items {
                check_texts(file, item, key, sheet);
            }
        }
        Value::Map(entries) => {
            for (name, value) in entries {
                check_texts(file, value, name.as_str().unwrap_or_default(), sheet);
            }
        }
        _ => {}
    }
}

fn check_text(file: &File, node: &Node, key: &str, text: &str, sheet: &mut Sheet) {
    let place = file.at(node.line);
    if let Some(variable) = variable(text)
        && !text.contains("{{")
    {
        sheet.add(
            &UNEXPANDED,
            &place,
            format!("`{key}` is `{text}`, and Alertmanager does not expand `{variable}`"),
            match file_key(key) {
                Some(file_key) => {
                    format!("use `{file_key}`, or fill the file in before it is read")
                }
                None => "fill the file in before it is read".to_owned(),
            },
        );
        return;
    }
    let is_slack = text.contains("hooks.slack.com/");
    if let Some(file_key) = file_key(key)
        && !text.trim().is_empty()
        && (key != "api_url" && key != "url" || is_slack)
    {
        sheet.add(
            &INLINE_SECRET,
            &place,
            format!("`{key}` stands in the file"),
            format!("use `{file_key}`"),
        );
    }
}

/// The key that takes a file in place of a secret.
fn file_key(key: &str) -> Option<&'static str> {
    Some(match key {
        "smtp_auth_password" => "smtp_auth_password_file",
        "smtp_auth_secret" => "smtp_auth_secret_file",
        "auth_password" => "auth_password_file",
        "slack_api_url" => "slack_api_url_file",
        "api_url" => "api_url_file",
        "url" => "url_file",
        "routing_key" => "routing_key_file",
        "service_key" => "service_key_file",
        "opsgenie_api_key" => "opsgenie_api_key_file",
        "api_key" => "api_key_file",
        "bot_token" => "bot_token_file",
        "password" => "password_file",
        "credentials" => "credentials_file",
        _ => return None,
    })
}

/// A variable as shells have it.
fn variable(text: &str) -> Option<&str> {
    let start = text.find("${")?;
    let end = text[start..].find('}')?;
    let name = &text[start + 2..start + end];
    let is_name = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_:-".contains(c));
    (is_name && !name.is_empty()).then(|| &text[start..=start + end])
}
