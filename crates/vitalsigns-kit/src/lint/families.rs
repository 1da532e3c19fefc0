//! Families: what is said of them, and which samples they have.

use crate::finding::{Report, Rule};
use crate::page::{Dialect, Family, Page};

static MISSING_HELP: Rule =
    Rule::warning("missing-help", "A family does not say what it measures.");
static MISSING_TYPE: Rule = Rule::warning(
    "missing-type",
    "A family does not say its type, so nobody knows whether it has a rate.",
);
static TORN_FAMILY: Rule = Rule::error(
    "torn-family",
    "The samples of a family stand in several places of the page.",
);
static FOREIGN_SAMPLE: Rule = Rule::error(
    "foreign-sample",
    "A family has a sample that families of its type do not have.",
);
static MISSING_PARTS: Rule = Rule::error(
    "missing-parts",
    "A histogram or a summary lacks its buckets, its sum or its count.",
);
static UNIT_NOT_SUFFIX: Rule = Rule::error(
    "unit-not-suffix",
    "The unit of a family is not the end of its name.",
);

pub(super) const RULES: &[&Rule] = &[
    &MISSING_HELP,
    &MISSING_TYPE,
    &TORN_FAMILY,
    &FOREIGN_SAMPLE,
    &MISSING_PARTS,
    &UNIT_NOT_SUFFIX,
];

pub(super) fn metadata(page: &Page, report: &mut Report) {
    for family in &page.families {
        // What has neither samples nor a type is a HELP line for nothing, or for a later page.
        if family.help.as_deref().is_none_or(str::is_empty) && !family.samples.is_empty() {
            report.add(
                &MISSING_HELP,
                family.line,
                format!("`{}` has no help text", family.name),
                "say in one sentence what is measured, in a HELP line",
            );
        }
        if family.kind.is_none() && !family.samples.is_empty() {
            report.add(
                &MISSING_TYPE,
                family.line,
                format!("`{}` has no type", family.name),
                "say in a TYPE line whether it is a counter, a gauge or a histogram",
            );
        }
    }
}

pub(super) fn torn(page: &Page, report: &mut Report) {
    for family in &page.families {
        if let Some(line) = family.torn {
            report.add(
                &TORN_FAMILY,
                line,
                format!(
                    "`{}` goes on here, behind samples of other families",
                    family.name
                ),
                "write all samples of a family in one place; two registries on one page need to be \
                 merged",
            );
        }
    }
}

/// Which endings of names the samples of a type have.
fn endings(kind: &str, dialect: Dialect) -> &'static [&'static str] {
    let is_open_metrics = dialect == Dialect::OpenMetrics;
    match kind {
        "counter" if is_open_metrics => &["_total", "_created"],
        "histogram" if is_open_metrics => &["_bucket", "_sum", "_count", "_created"],
        "summary" if is_open_metrics => &["", "_sum", "_count", "_created"],
        "gaugehistogram" => &["_bucket", "_gsum", "_gcount"],
        "info" => &["_info"],
        "histogram" => &["_bucket", "_sum", "_count"],
        "summary" => &["", "_sum", "_count"],
        _ => &[""],
    }
}

fn has(family: &Family, ending: &str) -> bool {
    let mut endings = family
        .samples
        .iter()
        .map(|sample| sample.name.strip_prefix(&*family.name));
    endings.any(|found| found == Some(ending))
}

pub(super) fn parts(page: &Page, report: &mut Report) {
    for family in &page.families {
        let known = endings(family.kind(), page.dialect);
        for sample in &family.samples {
            let ending = sample.name.strip_prefix(&*family.name).unwrap_or_default();
            if !known.contains(&ending) {
                let wanted: Vec<String> = known
                    .iter()
                    .map(|ending| format!("`{}{ending}`", family.name))
                    .collect();
                report.add(
                    &FOREIGN_SAMPLE,
                    sample.line,
                    format!(
                        "`{}` is no sample of `{}`, which is a {}",
                        sample.name,
                        family.name,
                        family.kind()
                    ),
                    format!("its samples are {}", wanted.join(", ")),
                );
            }
        }
        let needed: &[&str] = match family.kind() {
            "histogram" => &["_bucket", "_sum", "_count"],
            "summary" => &["_sum", "_count"],
            _ => &[],
        };
        if family.samples.is_empty() {
            continue;
        }
        // With a negative bound there is neither sum nor count in OpenMetrics.
        let is_negative = family.samples.iter().any(|sample| {
            let bound = sample
                .label("le")
                .and_then(|bound| bound.parse::<f64>().ok());
            bound.is_some_and(|bound| bound < 0.0)
        });
        // A native histogram shows its count, and no buckets, to those who cannot read it.
        let is_native = family.kind() == "histogram" && !has(family, "_bucket");
        for ending in needed {
            let is_excused = is_negative && *ending != "_bucket"
                || is_native && *ending == "_bucket" && has(family, "_count");
            if !has(family, ending) && !is_excused {
                report.add(
                    &MISSING_PARTS,
                    family.line,
                    format!("`{}` has no `{}{ending}`", family.name, family.name),
                    "a histogram has buckets, a sum and a count; a summary a sum and a count",
                );
            }
        }
    }
}

pub(super) fn units(page: &Page, report: &mut Report) {
    for family in &page.families {
        let Some(unit) = family.unit.as_deref().filter(|unit| !unit.is_empty()) else {
            continue;
        };
        if !family.name.ends_with(&format!("_{unit}")) {
            report.add(
                &UNIT_NOT_SUFFIX,
                family.line,
                format!(
                    "the unit of `{}` is `{unit}`, but its name does not end so",
                    family.name
                ),
                format!(
                    "name it `{}_{unit}`; Prometheus refuses the page otherwise",
                    family.name
                ),
            );
        }
    }
}
