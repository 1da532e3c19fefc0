//! What is looked for in expressions.

use crate::finding::Rule;

pub(super) static SYNTAX: Rule =
    Rule::error("promql-syntax", "An expression is none to Prometheus.");
pub(super) static TOO_LONG: Rule = Rule::warning(
    "expression-too-long",
    "An expression is so long or so deep that it was not judged.",
);
pub(super) static UNKNOWN_METRIC: Rule = Rule::error(
    "unknown-metric",
    "An expression asks for a metric that nobody exports.",
);
pub(super) static MISSING_EXPORTER: Rule = Rule::error(
    "missing-exporter",
    "An expression asks for a metric of an exporter that no job scrapes.",
);
pub(super) static NOT_BY_DEFAULT: Rule = Rule::warning(
    "not-by-default",
    "An expression asks a known exporter for a metric that it does not have by itself.",
);
pub(super) static HISTOGRAM_NAME: Rule = Rule::error(
    "histogram-name",
    "An expression asks for a histogram by its bare name, which has no series.",
);
pub(super) static UNKNOWN_LABEL: Rule = Rule::error(
    "unknown-label",
    "An expression names a label that the series do not have.",
);
pub(super) static IMPOSSIBLE_VALUE: Rule = Rule::error(
    "impossible-value",
    "A condition on a label asks for a value that it cannot have.",
);
pub(super) static NO_BUCKET: Rule = Rule::error(
    "no-bucket",
    "A condition on `le` asks for a bound that no bucket has.",
);
pub(super) static NOTHING_MATCHES: Rule = Rule::error(
    "nothing-matches",
    "The conditions of an expression leave no series.",
);
pub(super) static RATE_OF_GAUGE: Rule = Rule::error(
    "rate-of-gauge",
    "The rate or increase of what goes down too means nothing.",
);
pub(super) static GAUGE_FUNCTION: Rule = Rule::error(
    "gauge-function",
    "A function for gauges is applied to a counter, which starts again at 0.",
);
pub(super) static RAW_COUNTER: Rule = Rule::warning(
    "raw-counter",
    "A total since the start is compared with a number, so an alert never ends.",
);
pub(super) static QUANTILE_WITHOUT_LE: Rule = Rule::error(
    "quantile-without-le",
    "A quantile is taken of series that have no buckets.",
);
pub(super) static QUANTILE_OF_TOTALS: Rule = Rule::warning(
    "quantile-of-totals",
    "A quantile is taken over everything since the start.",
);
pub(super) static QUANTILE_BY_SERIES: Rule = Rule::warning(
    "quantile-by-series",
    "A quantile is taken of each series by itself, however few events it has.",
);
pub(super) static BAD_QUANTILE: Rule =
    Rule::error("impossible-quantile", "A quantile is not between 0 and 1.");
pub(super) static BUCKETS_ADDED: Rule = Rule::error(
    "buckets-added",
    "Buckets are added up, each of which counts what the smaller ones count.",
);
pub(super) static SELF_DIVISION: Rule = Rule::error(
    "self-division",
    "Each series is divided by itself, so that the result is always 1.",
);
pub(super) static LABELS_NEVER_MATCH: Rule = Rule::error(
    "labels-never-match",
    "Two sides are joined whose labels are never the same, so there is no result.",
);
pub(super) static MANY_TO_MANY: Rule = Rule::error(
    "many-to-one",
    "Several series of one side match one of the other, which Prometheus refuses.",
);
pub(in crate::verify) static ABOVE_BUCKETS: Rule = Rule::error(
    "threshold-above-buckets",
    "A quantile is compared with more than its last bucket, which it never exceeds.",
);
pub(super) static BETWEEN_BUCKETS: Rule = Rule::warning(
    "threshold-between-buckets",
    "A quantile is compared with a number that is no bound, so it is guessed.",
);
pub(super) static RATIO_ABOVE_ONE: Rule = Rule::error(
    "ratio-above-one",
    "A ratio, which is at most 1, is compared with a percentage.",
);
pub(super) static NEVER_TRUE: Rule = Rule::error(
    "never-true",
    "A comparison cannot be true, whatever happens.",
);
pub(super) static ALWAYS_TRUE: Rule =
    Rule::error("always-true", "A comparison is true, whatever happens.");
pub(super) static UNIT_MISMATCH: Rule = Rule::error(
    "unit-mismatch",
    "Two sides are added or compared that are counted in different units.",
);
pub(super) static TOO_SHORT_WINDOW: Rule = Rule::error(
    "window-of-one-sample",
    "A rate is taken over a time with no two scrapes in it, so there is none.",
);
pub(super) static SHORT_WINDOW: Rule = Rule::warning(
    "short-window",
    "A rate is taken over less than four scrapes, so one that fails makes a gap.",
);
pub(super) static UNGUARDED_DIVISION: Rule = Rule::error(
    "unguarded-division",
    "A limit that is 0 if there is none divides, which is more than any threshold.",
);
pub(super) static MEAN_OF_RATIOS: Rule = Rule::warning(
    "mean-of-ratios",
    "A mean or sum of ratios or quantiles weighs the idle like the busy.",
);
pub(super) static RATE_OF_SUM: Rule = Rule::error(
    "rate-of-sum",
    "A rate is taken of a sum of counters, in which a restart looks like a fall.",
);

pub(in crate::verify) static RULES: &[&Rule] = &[
    &SYNTAX,
    &TOO_LONG,
    &UNKNOWN_METRIC,
    &MISSING_EXPORTER,
    &NOT_BY_DEFAULT,
    &HISTOGRAM_NAME,
    &UNKNOWN_LABEL,
    &IMPOSSIBLE_VALUE,
    &NO_BUCKET,
    &NOTHING_MATCHES,
    &RATE_OF_GAUGE,
    &GAUGE_FUNCTION,
    &RAW_COUNTER,
    &QUANTILE_WITHOUT_LE,
    &QUANTILE_OF_TOTALS,
    &QUANTILE_BY_SERIES,
    &BAD_QUANTILE,
    &BUCKETS_ADDED,
    &SELF_DIVISION,
    &LABELS_NEVER_MATCH,
    &MANY_TO_MANY,
    &ABOVE_BUCKETS,
    &BETWEEN_BUCKETS,
    &RATIO_ABOVE_ONE,
    &NEVER_TRUE,
    &ALWAYS_TRUE,
    &UNIT_MISMATCH,
    &TOO_SHORT_WINDOW,
    &SHORT_WINDOW,
    &UNGUARDED_DIVISION,
    &MEAN_OF_RATIOS,
    &RATE_OF_SUM,
];
