//! The tree of routes: who is told what, and who never is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::folder::{Content, File, Folder};
use super::super::rules::check_duration;
use super::super::sheet::Sheet;
use super::super::{duration, keys};
use super::keys::ROUTE;
use super::{
    DEPRECATED_MATCH, NO_INHIBITION, SHORT_GROUP, UNDEFINED_RECEIVER, UNREACHABLE,
    UNROUTED_SEVERITY, UNUSED_RECEIVER,
};
use crate::nearest::nearest;
use crate::yaml::Node;

/// Groups that change are not told of more often by anybody who wants to be heard.
const SHORTEST: Duration = Duration::from_secs(60);

/// A condition of a route: label, operator, value.
type Condition = (String, String, String);

pub(super) fn check(file: &File, root: &Node, folder: &Folder, sheet: &mut Sheet) {
    let receivers = root.get("receivers").map(Node::items).unwrap_or_default();
    let named = |node: &Node| node.get("name").and_then(Node::text);
    let names: Vec<String> = receivers.iter().filter_map(named).collect();
    let mut used = BTreeSet::new();
    let mut severities = BTreeSet::new();
    if let Some(route) = root.get("route") {
        walk(file, route, &names, &mut used, &mut severities, sheet);
    }
    for receiver in receivers {
        if let Some(name) = named(receiver)
            && !used.contains(&name)
            && root.get("route").is_some()
        {
            sheet.add(
                &UNUSED_RECEIVER,
                &file.at(receiver.line),
                format!("no route names the receiver `{name}`"),
                "route something to it, or remove it",
            );
        }
    }
    for rule in root
        .get("inhibit_rules")
        .map(Node::items)
        .unwrap_or_default()
    {
        for key in [
            "source_match",
            "source_match_re",
            "target_match",
            "target_match_re",
        ] {
            say_deprecated(file, rule, key, sheet);
        }
    }
    let inhibitions = root
        .get("inhibit_rules")
        .map(Node::items)
        .unwrap_or_default();
    if inhibitions.is_empty() {
        sheet.add(
            &NO_INHIBITION,
            &file.place(),
            "no alert silences others",
            "add `inhibit_rules`: critical over warning, and whatever is down over the rest of it",
        );
    }
    check_severities(file, &severities, folder, sheet);
}

fn walk(
    file: &File,
    route: &Node,
    names: &[String],
    used: &mut BTreeSet<String>,
    severities: &mut BTreeSet<String>,
    sheet: &mut Sheet,
) {
    keys::check(file, route, "a route", ROUTE, "Alertmanager", sheet);
    for key in ["group_wait", "group_interval", "repeat_interval"] {
        check_duration(file, route, key, sheet);
    }
    for key in ["match", "match_re"] {
        say_deprecated(file, route, key, sheet);
    }
    if let Some((key, value)) = route.entry("group_interval")
        && let Some(time) = duration::at(Some(value))
        && time < SHORTEST
    {
        sheet.add(
            &SHORT_GROUP,
            &file.at(key.line),
            "a group that changes is told of again at once, however often it changes",
            "5m is usual",
        );
    }
    if let Some(receiver) = route.get("receiver")
        && let Some(name) = receiver.text()
    {
        if !names.contains(&name) {
            sheet.add(
                &UNDEFINED_RECEIVER,
                &file.at(receiver.line),
                format!("there is no receiver `{name}`"),
                match nearest(&name, names.iter().map(String::as_str)) {
                    Some(near) => format!("there is `{near}`"),
                    None => "define it".to_owned(),
                },
            );
        }
        used.insert(name);
    }
    for (label, operator, value) in conditions(route) {
        if label == "severity" && operator.starts_with('=') {
            severities.extend(value.split('|').map(str::to_owned));
        }
    }
    let children = route.get("routes").map(Node::items).unwrap_or_default();
    check_reach(file, children, sheet);
    for child in children {
        walk(file, child, names, used, severities, sheet);
    }
}

/// Whether siblings in front take everything that a route could get, or all that is looked for.
fn check_reach(file: &File, routes: &[Node], sheet: &mut Sheet) {
    for (index, route) in routes.iter().enumerate() {
        let own = conditions(route);
        let ends = |earlier: &&Node| earlier.get("continue").and_then(Node::as_bool) != Some(true);
        let earlier: Vec<&Node> = routes[..index].iter().filter(ends).collect();
        let taker = earlier.iter().find(|earlier| {
            let theirs = conditions(earlier);
            theirs
                .iter()
                .all(|condition| own.iter().any(|own| implies(own, condition)))
        });
        let told = |route: &Node| {
            route
                .get("receiver")
                .and_then(Node::text)
                .unwrap_or_default()
        };
        if let Some(taker) = taker {
            sheet.add(
                &UNREACHABLE,
                &file.at(route.line),
                format!(
                    "the route to `{}` gets nothing: that to `{}` in front takes all of it",
                    told(route),
                    told(taker)
                ),
                "put it in front, or add `continue: true` there",
            );
            continue;
        }
        // Those who look at the severity only take every alert that has one, by and by.
        let mut taken = BTreeSet::new();
        for earlier in &earlier {
            if let [(label, operator, value)] = conditions(earlier).as_slice()
                && label == "severity"
                && operator.starts_with('=')
            {
                taken.extend(value.split('|').map(str::to_owned));
            }
        }
        let looks_at_severity = own.iter().any(|(label, ..)| label == "severity");
        if taken.contains("critical")
            && taken.contains("warning")
            && !looks_at_severity
            && !own.is_empty()
        {
            sheet.add(
                &UNREACHABLE,
                &file.at(route.line),
                format!(
                    "the route to `{}` gets nothing critical and no warning: routes in front take \
                     those by their severity",
                    told(route)
                ),
                "put it in front, or add `continue: true` there",
            );
        }
    }
}

/// Whether what fulfils one condition always fulfils the other.
fn implies(one: &Condition, other: &Condition) -> bool {
    if one == other {
        return true;
    }
    let (label, operator, value) = one;
    let (other_label, other_operator, other_value) = other;
    let is_listed = other_value.split('|').any(|known| known == value);
    label == other_label && operator == "=" && other_operator == "=~" && is_listed
}

/// The conditions of a route, in every way of writing them.
fn conditions(route: &Node) -> Vec<Condition> {
    let mut all = Vec::new();
    for (key, operator) in [("match", "="), ("match_re", "=~")] {
        for (label, value) in route.get(key).into_iter().flat_map(Node::entries) {
            let value = value.text().unwrap_or_default();
            all.push((label.text().unwrap_or_default(), operator.to_owned(), value));
        }
    }
    let matchers = route.get("matchers");
    let lists = matchers
        .into_iter()
        .flat_map(Node::items)
        .filter_map(Node::text);
    let one = matchers.and_then(Node::text);
    for text in lists.chain(one) {
        let text = text
            .trim()
            .trim_start_matches('{')
            .trim_end_matches('}')
            .to_owned();
        for part in text.split(',') {
            if let Some(condition) = condition(part) {
                all.push(condition);
            }
        }
    }
    all
}

fn condition(text: &str) -> Option<Condition> {
    let at = text.find(['=', '!'])?;
    let (label, rest) = text.split_at(at);
    let operator = ["=~", "!~", "!=", "="]
        .into_iter()
        .find(|known| rest.starts_with(known))?;
    let value = rest[operator.len()..].trim().trim_matches('"');
    Some((
        label.trim().to_owned(),
        operator.to_owned(),
        value.to_owned(),
    ))
}

fn say_deprecated(file: &File, node: &Node, key: &str, sheet: &mut Sheet) {
    if let Some((name, _)) = node.entry(key) {
        let matchers = match key {
            "match" | "match_re" => "matchers",
            key if key.starts_with("source") => "source_matchers",
            _ => "target_matchers",
        };
        sheet.add(
            &DEPRECATED_MATCH,
            &file.at(name.line),
            format!("`{key}` is deprecated"),
            format!("write `{matchers}: ['severity=\"critical\"']`"),
        );
    }
}

/// Severities that routes look at and no alert has.
fn check_severities(file: &File, routed: &BTreeSet<String>, folder: &Folder, sheet: &mut Sheet) {
    if routed.is_empty() {
        return;
    }
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for rules in &folder.files {
        let Content::Rules(root) = &rules.content else {
            continue;
        };
        for group in root.get("groups").map(Node::items).unwrap_or_default() {
            for rule in group.get("rules").map(Node::items).unwrap_or_default() {
                let severity = rule.at(&["labels", "severity"]).and_then(Node::text);
                let name = rule.get("alert").and_then(Node::text);
                if let (Some(severity), Some(name)) = (severity, name) {
                    used.entry(severity).or_insert(name);
                }
            }
        }
    }
    for severity in routed {
        let near = used.keys().map(String::as_str);
        // What nobody has yet may come; what is nearly that of others is a slip of the pen.
        if !used.contains_key(severity)
            && let Some(near) = nearest(severity, near)
        {
            sheet.add(
                &UNROUTED_SEVERITY,
                &file.place(),
                format!("a route is for the severity `{severity}`, which no alert has"),
                format!("alerts have `{near}`"),
            );
        }
    }
}
