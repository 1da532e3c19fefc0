//! What Alertmanager is told: what it would refuse, and whom nothing would reach.

mod keys;
mod routes;

use super::folder::{File, Folder};
use super::sheet::Sheet;
use crate::finding::Rule;
use crate::yaml::Node;

pub(super) static UNEXPANDED: Rule = Rule::error(
    "unexpanded-variable",
    "Alertmanager expands no variables: the text is taken as it is.",
);
pub(super) static DEPRECATED_MATCH: Rule = Rule::warning(
    "deprecated-match",
    "`match` and its like are deprecated; there are matchers.",
);
pub(super) static UNDEFINED_RECEIVER: Rule = Rule::error(
    "undefined-receiver",
    "A route names a receiver that there is not, so the file is refused.",
);
pub(super) static UNUSED_RECEIVER: Rule =
    Rule::warning("unused-receiver", "No route names a receiver.");
pub(super) static EMPTY_RECEIVER: Rule = Rule::warning(
    "empty-receiver",
    "A receiver tells nobody, so alerts that reach it are lost.",
);
pub(super) static UNREACHABLE: Rule = Rule::error(
    "unreachable-route",
    "A route gets no alert, because one in front of it takes all of them.",
);
pub(super) static SHORT_GROUP: Rule = Rule::warning(
    "short-group-interval",
    "A group that changes is told of again within less than a minute.",
);
pub(super) static NO_INHIBITION: Rule = Rule::warning(
    "no-inhibition",
    "No alert silences others, so one cause pages for each of its effects.",
);
pub(super) static NO_RESOLVED: Rule =
    Rule::warning("no-resolved", "Nobody is told when it is over.");
pub(super) static UNROUTED_SEVERITY: Rule = Rule::warning(
    "unrouted-severity",
    "A route is for a severity that no alert has, and some have one like it.",
);

pub(super) static RULES: &[&Rule] = &[
    &UNEXPANDED,
    &DEPRECATED_MATCH,
    &UNDEFINED_RECEIVER,
    &UNUSED_RECEIVER,
    &EMPTY_RECEIVER,
    &UNREACHABLE,
    &SHORT_GROUP,
    &NO_INHIBITION,
    &NO_RESOLVED,
    &UNROUTED_SEVERITY,
];

pub(super) fn check(file: &File, root: &Node, folder: &Folder, sheet: &mut Sheet) {
    keys::check(file, root, sheet);
    routes::check(file, root, folder, sheet);
}
