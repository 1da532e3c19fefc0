//! Who can reach a service, and what it takes to be let in.

use super::super::passwords;
use super::super::sheet::Sheet;
use super::super::wiring::Service;
use super::{ADMIN_API, DEFAULT_PASSWORD, PUBLISHED_PORT, environment, named, words};
use crate::yaml::Node;

pub(super) fn passwords(service: &Service<'_>, sheet: &mut Sheet) {
    for (line, name, value) in environment(service) {
        if let Some(fault) = passwords::fault(&name, &value) {
            sheet.add(
                &DEFAULT_PASSWORD,
                &named(service, line),
                fault.told(&name),
                "take it from a secret (`…__FILE`, `…_FILE`), and refuse to start without one",
            );
        }
    }
}

pub(super) fn ports(service: &Service<'_>, sheet: &mut Sheet) {
    for port in service
        .node
        .get("ports")
        .map(Node::items)
        .unwrap_or_default()
    {
        let published = match port.text() {
            Some(text) => published(&text),
            None => {
                let host = port.get("host_ip").and_then(Node::text);
                let port = port.get("published").and_then(Node::text);
                port.filter(|_| host.is_none_or(|host| host == "0.0.0.0"))
            }
        };
        if let Some(published) = published {
            sheet.add(
                &PUBLISHED_PORT,
                &named(service, port.line),
                format!("port {published} is open on every address of the machine"),
                format!("publish it as `127.0.0.1:{published}:…`, or not at all"),
            );
        }
    }
}

/// The port of the machine, if it is open to all.
fn published(text: &str) -> Option<String> {
    let text = text.split('/').next().unwrap_or(text);
    let (host, port) = match text.rsplit_once(':') {
        // Only a port within: the machine chooses one.
        None => return None,
        Some((front, _)) => match front.rsplit_once(':') {
            Some((host, port)) if !port.ends_with('}') => (Some(host), port),
            _ => (None, front),
        },
    };
    let is_all = host.is_none_or(|host| matches!(host, "0.0.0.0" | "[::]" | "::" | ""));
    (is_all && !port.contains("127.0.0.1") && !port.contains("localhost")).then(|| port.to_owned())
}

pub(super) fn admin(service: &Service<'_>, sheet: &mut Sheet) {
    let is_reachable = service
        .node
        .get("ports")
        .map(Node::items)
        .unwrap_or_default();
    let is_open = is_reachable
        .iter()
        .any(|port| port.text().is_some_and(|text| published(&text).is_some()));
    for (line, word) in words(service.node.get("command")) {
        let flag = ["--web.enable-lifecycle", "--web.enable-admin-api"]
            .into_iter()
            .find(|flag| word.starts_with(flag) && !word.ends_with("=false"));
        if let Some(flag) = flag
            && is_open
        {
            sheet.add(
                &ADMIN_API,
                &named(service, line),
                format!("`{flag}` and a published port: everybody can do it"),
                "leave it out (SIGHUP reloads too), or publish the port on 127.0.0.1 only",
            );
        }
    }
}
