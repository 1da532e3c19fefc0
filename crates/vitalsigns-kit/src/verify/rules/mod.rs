//! Files of rules: alerts and what is recorded.

mod alert;
mod groups;
mod templates;

pub(super) use self::groups::{check, check_duration, expressions, learn};
use crate::finding::Rule;

pub(super) static NO_SEVERITY: Rule = Rule::warning(
    "missing-severity",
    "An alert does not say how much it matters, so nothing can be routed by it.",
);
pub(super) static UNKNOWN_SEVERITY: Rule = Rule::warning(
    "unknown-severity",
    "A severity is none of critical, warning, info and none.",
);
pub(super) static NO_SUMMARY: Rule = Rule::warning(
    "missing-summary",
    "An alert does not say in words what has happened.",
);
pub(super) static NO_RUNBOOK: Rule = Rule::warning(
    "missing-runbook",
    "An alert does not say where it is written what to do.",
);
pub(super) static DUPLICATE_ALERT: Rule = Rule::warning(
    "duplicate-alert",
    "Two alerts have the same name and the same labels.",
);
pub(super) static FOR_ZERO: Rule = Rule::warning(
    "for-zero",
    "An alert fires at the first evaluation, however short what it sees is.",
);
pub(super) static NO_WATCHDOG: Rule = Rule::warning(
    "no-watchdog",
    "No alert fires always, so that nobody would notice that none can.",
);
pub(super) static NO_DOWN_ALERT: Rule = Rule::warning(
    "no-down-alert",
    "A job is scraped, and no alert fires when it cannot be.",
);
pub(super) static NO_ABSENT: Rule = Rule::warning(
    "no-absent",
    "An alert that asks whether something is down is silent when it is gone.",
);
pub(super) static UNKNOWN_KEY: Rule = Rule::error(
    "unknown-key",
    "A file has a key that its reader does not know, so the whole file is refused.",
);
pub(super) static BAD_DURATION: Rule = Rule::error(
    "bad-duration",
    "A time is written in a way that its reader refuses.",
);
pub(super) static TEMPLATE_LABEL: Rule = Rule::error(
    "template-label",
    "A text names a label that the alert does not have, and prints nothing in its place.",
);
pub(super) static TEMPLATE: Rule = Rule::error(
    "template-syntax",
    "A template cannot be read by Prometheus.",
);
pub(super) static PERCENT_OF_RATIO: Rule = Rule::error(
    "percent-of-ratio",
    "A ratio is printed with a percent sign: 0.05 reads as 0.05 %.",
);
pub(super) static NOT_A_PERCENTAGE: Rule = Rule::error(
    "not-a-percentage",
    "So many per second are called a percentage.",
);
pub(super) static OTHER_PERIOD: Rule = Rule::error(
    "other-period",
    "A rate, which is per second, is spoken of as per hour or per minute.",
);
pub(super) static NOTHING_NORMAL: Rule = Rule::warning(
    "idle-alert",
    "An alert fires when nothing happens, which is normal, and not when the metric is gone.",
);

pub(super) static RULES: &[&Rule] = &[
    &NO_SEVERITY,
    &UNKNOWN_SEVERITY,
    &NO_SUMMARY,
    &NO_RUNBOOK,
    &DUPLICATE_ALERT,
    &FOR_ZERO,
    &NO_WATCHDOG,
    &NO_DOWN_ALERT,
    &NO_ABSENT,
    &UNKNOWN_KEY,
    &BAD_DURATION,
    &TEMPLATE_LABEL,
    &TEMPLATE,
    &PERCENT_OF_RATIO,
    &NOT_A_PERCENTAGE,
    &OTHER_PERIOD,
    &NOTHING_NORMAL,
];
