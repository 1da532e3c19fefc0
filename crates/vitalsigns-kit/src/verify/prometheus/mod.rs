//! What Prometheus is told: what it would refuse, what it would not find, and what nobody scrapes.

mod keys;
mod targets;

pub(super) use self::keys::check as check_file;
pub(super) use self::targets::check as check_targets;
use crate::finding::Rule;

pub(super) static TIMEOUT: Rule = Rule::error(
    "timeout-above-interval",
    "A scrape may take longer than the time to the next one, which Prometheus refuses.",
);
pub(super) static NO_RULE_FILES: Rule = Rule::error(
    "no-rule-file",
    "Prometheus is told to read rules that are not there, and says nothing.",
);
pub(super) static UNUSED_RULES: Rule =
    Rule::warning("unread-rules", "A file of rules is read by nobody.");
pub(super) static DUPLICATE_JOB: Rule = Rule::error(
    "duplicate-job",
    "Two jobs have the same name, which Prometheus refuses.",
);
pub(super) static NO_ALERTMANAGER: Rule = Rule::error(
    "no-alertmanager",
    "There are alerts, and Prometheus knows no Alertmanager to send them to.",
);
pub(super) static INLINE_SECRET: Rule = Rule::error(
    "inline-secret",
    "A secret stands in a file, for everybody who can read that.",
);
pub(super) static NO_SERVICE: Rule = Rule::error(
    "no-such-service",
    "A job scrapes a host that no service has.",
);
pub(super) static RAW_PORT: Rule = Rule::error(
    "database-port",
    "A job scrapes the port of a database, which speaks no HTTP: it will always be down.",
);
pub(super) static OTHER_PORT: Rule = Rule::error(
    "other-port",
    "A job scrapes another port than the one that the service is known to have.",
);
pub(super) static UNSCRAPED: Rule = Rule::error(
    "unscraped-exporter",
    "An exporter runs and no job scrapes it.",
);
pub(super) static UNWATCHED: Rule = Rule::warning(
    "unwatched-monitoring",
    "Prometheus, Alertmanager or Grafana run and are not scraped themselves.",
);
pub(super) static PUBLIC_TARGET: Rule = Rule::warning(
    "public-target",
    "A target is scraped by a public address, past the network of its container.",
);
pub(super) static UNKNOWN_JOB: Rule = Rule::warning(
    "unknown-job",
    "A job is scraped of which nothing is known, so names that it may export are not judged.",
);

pub(super) static RULES: &[&Rule] = &[
    &TIMEOUT,
    &NO_RULE_FILES,
    &UNUSED_RULES,
    &DUPLICATE_JOB,
    &NO_ALERTMANAGER,
    &INLINE_SECRET,
    &NO_SERVICE,
    &RAW_PORT,
    &OTHER_PORT,
    &UNSCRAPED,
    &UNWATCHED,
    &PUBLIC_TARGET,
    &UNKNOWN_JOB,
];
