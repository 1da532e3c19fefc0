//! What Compose is told: whether the stack comes up again, and who else can reach it.

mod exposure;
mod health;
mod images;
mod mounts;

use super::sheet::Sheet;
use super::wiring::{Service, Wiring};
use crate::finding::{Place, Rule};
use crate::yaml::Node;

pub(super) static IMAGE_TAG: Rule = Rule::warning(
    "image-tag",
    "An image is another one tomorrow: it has no tag, or `latest`.",
);
pub(super) static FROZEN_IMAGE: Rule = Rule::warning(
    "frozen-image",
    "An image comes from a place where newer ones no longer appear.",
);
pub(super) static NO_RESTART: Rule = Rule::warning(
    "no-restart",
    "A service stays down once it has ended, or after the machine has started again.",
);
pub(super) static NO_HEALTHCHECK: Rule =
    Rule::warning("no-healthcheck", "Nobody asks whether a service works.");
pub(super) static HEALTHCHECK_TOOL: Rule = Rule::error(
    "healthcheck-tool",
    "A health check needs a program that the image does not have.",
);
pub(super) static DEFAULT_PASSWORD: Rule = Rule::error(
    "default-password",
    "A password is one that everybody knows, or stands in the file.",
);
pub(super) static PUBLISHED_PORT: Rule = Rule::warning(
    "published-port",
    "A port is open to everybody who can reach the machine.",
);
pub(super) static ADMIN_API: Rule = Rule::warning(
    "admin-api",
    "Whoever reaches Prometheus can stop it, reload it or delete what it stores.",
);
pub(super) static NO_LIMIT: Rule = Rule::warning(
    "no-memory-limit",
    "A service may take all memory, and others are killed for it.",
);
pub(super) static ANGULAR_PLUGIN: Rule = Rule::error(
    "angular-plugin",
    "A plugin or panel needs Angular, which Grafana no longer has.",
);
pub(super) static HIDDEN_MOUNT: Rule =
    Rule::error("hidden-mount", "A mount hides the files of another one.");
pub(super) static PLAIN_DEPENDS: Rule = Rule::warning(
    "depends-without-condition",
    "A service waits until another one is started, not until it works.",
);
pub(super) static BAD_DOLLAR: Rule = Rule::error(
    "unescaped-dollar",
    "Compose takes a `$` for a variable and refuses the file, or leaves out what follows.",
);

pub(super) static RULES: &[&Rule] = &[
    &IMAGE_TAG,
    &FROZEN_IMAGE,
    &NO_RESTART,
    &NO_HEALTHCHECK,
    &HEALTHCHECK_TOOL,
    &DEFAULT_PASSWORD,
    &PUBLISHED_PORT,
    &ADMIN_API,
    &NO_LIMIT,
    &ANGULAR_PLUGIN,
    &HIDDEN_MOUNT,
    &PLAIN_DEPENDS,
    &BAD_DOLLAR,
];

type Check = fn(&Service<'_>, &mut Sheet);

/// One check, one function.
const CHECKS: &[Check] = &[
    images::tag,
    images::frozen,
    images::plugins,
    health::restart,
    health::healthcheck,
    health::depends,
    health::memory,
    exposure::passwords,
    exposure::ports,
    exposure::admin,
    mounts::hidden,
    mounts::dollars,
];

pub(super) fn check(wiring: &Wiring<'_>, sheet: &mut Sheet) {
    for service in &wiring.services {
        // A part of a service that another file has in whole is judged there, as far as it goes.
        let is_part = service.image.is_none() && service.node.get("build").is_none();
        for check in CHECKS {
            if !is_part {
                check(service, sheet);
            }
        }
        if is_part {
            health::healthcheck_tool(service, sheet);
        }
    }
}

/// The place of a key of a service, or of the service.
fn place(service: &Service<'_>, key: &str) -> Place {
    let line = service
        .node
        .entry(key)
        .map_or(service.line, |(key, _)| key.line);
    named(service, line)
}

fn named(service: &Service<'_>, line: usize) -> Place {
    service
        .file
        .at(line)
        .in_part(format!("service `{}`", service.name))
}

/// The words of a command, however it is written.
fn words(node: Option<&Node>) -> Vec<(usize, String)> {
    let Some(node) = node else { return Vec::new() };
    match node.text() {
        Some(text) => {
            let words = text.split_whitespace();
            words.map(|word| (node.line, word.to_owned())).collect()
        }
        None => {
            let items = node.items().iter();
            items
                .filter_map(|item| Some((item.line, item.text()?)))
                .collect()
        }
    }
}

/// The variables of a service with their values and lines.
fn environment(service: &Service<'_>) -> Vec<(usize, String, String)> {
    let Some(node) = service.node.get("environment") else {
        return Vec::new();
    };
    let listed = node.items().iter().filter_map(|item| {
        let text = item.text()?;
        let (name, value) = text.split_once('=')?;
        Some((item.line, name.to_owned(), value.to_owned()))
    });
    let mapped = node
        .entries()
        .filter_map(|(key, value)| Some((key.line, key.text()?, value.text()?)));
    listed.chain(mapped).collect()
}
