//! Series: their labels and values.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Report, Rule};
use crate::page::{Dialect, Family, Page, Sample};

static DUPLICATE_SERIES: Rule = Rule::error(
    "duplicate-series",
    "The same series stands twice on the page; Prometheus takes the first and says nothing.",
);
static INCONSISTENT_LABELS: Rule = Rule::warning(
    "inconsistent-labels",
    "The series of a family have different labels, so sums and joins of them miss some.",
);
static NEGATIVE_COUNTER: Rule = Rule::error("negative-counter", "A counter is negative.");
static NOT_A_NUMBER: Rule = Rule::error(
    "not-a-number",
    "A counter, a bucket or a count is NaN or infinite, which spoils every sum of it.",
);
static NOT_ONE: Rule = Rule::error(
    "not-one",
    "An info metric is not 1, or a state is neither 0 nor 1.",
);
static STATE_LABEL: Rule = Rule::error(
    "state-label",
    "A state set has no label of its own name, which says the state.",
);
static TIMESTAMP: Rule = Rule::warning(
    "timestamp",
    "A sample has a timestamp, so the series does not end when the target does.",
);
static EXEMPLAR: Rule = Rule::error(
    "misplaced-exemplar",
    "An exemplar stands where there is none: only counters and buckets have some.",
);

pub(super) const RULES: &[&Rule] = &[
    &DUPLICATE_SERIES,
    &INCONSISTENT_LABELS,
    &NEGATIVE_COUNTER,
    &NOT_A_NUMBER,
    &NOT_ONE,
    &STATE_LABEL,
    &TIMESTAMP,
    &EXEMPLAR,
];

pub(super) fn duplicates(page: &Page, report: &mut Report) {
    let mut seen: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for sample in page.families.iter().flat_map(|family| &family.samples) {
        let key = (sample.name.as_str(), sample.key_without(""));
        if let Some(first) = seen.get(&key) {
            report.add(
                &DUPLICATE_SERIES,
                sample.line,
                format!(
                    "this series of `{}` stands in line {first} already",
                    sample.name
                ),
                "one of them is lost without a word; register a metric once, or give them a label \
                 that tells them apart",
            );
            continue;
        }
        seen.insert(key, sample.line);
    }
}

pub(super) fn label_sets(page: &Page, report: &mut Report) {
    for family in &page.families {
        let mut first: Option<BTreeSet<&str>> = None;
        for sample in &family.samples {
            // The labels that only some parts have belong to the type.
            let own = sample.labels.iter().map(|(name, _)| name.as_str());
            let names: BTreeSet<&str> = own
                .filter(|name| !matches!(*name, "le" | "quantile"))
                .collect();
            match &first {
                None => first = Some(names),
                Some(first) if *first != names => {
                    let difference: Vec<String> = first
                        .symmetric_difference(&names)
                        .map(|name| format!("`{name}`"))
                        .collect();
                    report.add(
                        &INCONSISTENT_LABELS,
                        sample.line,
                        format!(
                            "series of `{}` differ in whether they have {}",
                            family.name,
                            difference.join(", ")
                        ),
                        "give every series of a family the same labels; what does not apply is a \
                         value of its own, as `none`",
                    );
                    break;
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether a sample only ever grows.
fn accumulates(family: &Family, sample: &Sample) -> bool {
    let name = &sample.name;
    match family.kind() {
        "counter" => !name.ends_with("_created"),
        "histogram" => name.ends_with("_bucket") || name.ends_with("_count"),
        "summary" => name.ends_with("_count"),
        _ => false,
    }
}

pub(super) fn counters(page: &Page, report: &mut Report) {
    for family in &page.families {
        for sample in &family.samples {
            if !accumulates(family, sample) {
                continue;
            }
            if !sample.value.is_finite() {
                report.add(
                    &NOT_A_NUMBER,
                    sample.line,
                    format!("`{}` is {}", sample.name, sample.value),
                    "count what is a measurement, and refuse the rest before it is added",
                );
            } else if sample.value < 0.0 {
                report.add(
                    &NEGATIVE_COUNTER,
                    sample.line,
                    format!("`{}` is {}", sample.name, sample.value),
                    "a counter starts at 0 and only grows; what goes down is a gauge",
                );
            }
        }
    }
}

pub(super) fn facts(page: &Page, report: &mut Report) {
    if page.dialect != Dialect::OpenMetrics {
        return;
    }
    for family in &page.families {
        for sample in &family.samples {
            let is_wrong = match family.kind() {
                "info" => sample.value != 1.0,
                "stateset" => sample.value != 0.0 && sample.value != 1.0,
                _ => false,
            };
            if is_wrong {
                report.add(
                    &NOT_ONE,
                    sample.line,
                    format!("`{}` is {}", sample.name, sample.value),
                    "an info metric is always 1, a state 0 or 1",
                );
            }
            if family.kind() == "stateset" && sample.label(&family.name).is_none() {
                report.add(
                    &STATE_LABEL,
                    sample.line,
                    format!("`{}` has no label `{}`", sample.name, family.name),
                    "the state is the value of the label that is named like the state set",
                );
            }
        }
    }
}

pub(super) fn timestamps(page: &Page, report: &mut Report) {
    for family in &page.families {
        let stamped = family
            .samples
            .iter()
            .find(|sample| sample.timestamp.is_some());
        if let Some(sample) = stamped {
            report.add(
                &TIMESTAMP,
                sample.line,
                format!("`{}` has a timestamp", sample.name),
                "leave it out: Prometheus knows when it asked; the time of an event is a gauge \
                 `…_timestamp_seconds`",
            );
        }
    }
}

pub(super) fn exemplars(page: &Page, report: &mut Report) {
    for family in &page.families {
        for sample in &family.samples {
            let may_have = sample.name.ends_with("_total") && family.kind() == "counter"
                || sample.name.ends_with("_bucket")
                || family.kind() == "histogram" && sample.name.ends_with("_count");
            if sample.exemplar.is_some() && !may_have {
                report.add(
                    &EXEMPLAR,
                    sample.line,
                    format!("`{}` has an exemplar", sample.name),
                    "only counters and buckets have exemplars",
                );
            }
        }
    }
}
