//! What is mounted over what, and what Compose makes of a `$`.

use super::super::sheet::Sheet;
use super::super::wiring::Service;
use super::{BAD_DOLLAR, HIDDEN_MOUNT, named};
use crate::yaml::{Node, Value};

/// A mount: from where, to where.
struct Mount {
    line: usize,
    source: String,
    target: String,
}

fn mounts(service: &Service<'_>) -> Vec<Mount> {
    let volumes = service
        .node
        .get("volumes")
        .map(Node::items)
        .unwrap_or_default();
    let mounts = volumes.iter().filter_map(|volume| {
        let (source, target) = match volume.text() {
            Some(text) => {
                let mut parts = text.split(':');
                let source = parts.next()?.to_owned();
                (source, parts.next()?.to_owned())
            }
            None => {
                let text = |key: &str| volume.get(key).and_then(Node::text);
                (text("source").unwrap_or_default(), text("target")?)
            }
        };
        Some(Mount {
            line: volume.line,
            source,
            target: target.trim_end_matches('/').to_owned(),
        })
    });
    mounts.collect()
}

pub(super) fn hidden(service: &Service<'_>, sheet: &mut Sheet) {
    let mounts = mounts(service);
    for (index, mount) in mounts.iter().enumerate() {
        for other in &mounts[..index] {
            let is_same = mount.target == other.target;
            // A folder within a mounted folder: what that has at this place is not seen.
            let rest = mount.target.strip_prefix(other.target.as_str());
            let below = rest.and_then(|rest| rest.strip_prefix('/'));
            let is_hidden = below.is_some_and(|below| {
                let own = other.source.trim_end_matches('/');
                let expected = format!("{own}/{below}");
                let is_bind = own.starts_with(['.', '/', '~', '$']);
                let is_file = below
                    .rsplit('/')
                    .next()
                    .is_some_and(|name| name.contains('.'));
                is_bind
                    && !is_file
                    && mount.source.trim_end_matches('/') != expected
                    && is_configuration(&other.target)
            });
            if is_same {
                sheet.add(
                    &HIDDEN_MOUNT,
                    &named(service, mount.line),
                    format!(
                        "`{}` is mounted twice, and only one of them is seen",
                        mount.target
                    ),
                    format!("mount `{}` elsewhere", other.source),
                );
            } else if is_hidden {
                sheet.add(
                    &HIDDEN_MOUNT,
                    &named(service, mount.line),
                    format!(
                        "`{}` hides what `{}` has for `{}`",
                        mount.source, other.source, mount.target
                    ),
                    "put the files into one folder, or mount this one elsewhere",
                );
            }
        }
    }
}

/// Where programs look for what they are told, and not for what they store.
fn is_configuration(target: &str) -> bool {
    target.starts_with("/etc/") || target.contains("provisioning")
}

/// `$` that is neither `$$` nor the begin of a variable.
pub(super) fn dollars(service: &Service<'_>, sheet: &mut Sheet) {
    let mut stack = vec![service.node];
    while let Some(node) = stack.pop() {
        match &node.value {
            Value::String(text) => {
                if let Some(behind) = stray_dollar(text) {
                    sheet.add(
                        &BAD_DOLLAR,
                        &named(service, node.line),
                        format!("`${behind}` is no variable, and Compose refuses it"),
                        "write `$$` for a dollar",
                    );
                }
            }
            Value::List(items) => stack.extend(items),
            Value::Map(entries) => stack.extend(entries.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}

/// What stands behind a dollar that Compose cannot read.
fn stray_dollar(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let behind = &rest[at + 1..];
        let next = behind.chars().next();
        match next {
            Some('$') => rest = &behind[1..],
            Some(c) if c == '{' || c == '_' || c.is_ascii_alphabetic() => rest = behind,
            next => return Some(next.map(String::from).unwrap_or_default()),
        }
    }
    None
}
