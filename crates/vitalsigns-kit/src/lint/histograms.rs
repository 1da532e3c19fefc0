//! Histograms and summaries: whether their parts agree.

use std::collections::BTreeMap;

use crate::finding::{Report, Rule};
use crate::page::{Family, Page, Sample};

static BAD_BOUND: Rule = Rule::error(
    "bad-bound",
    "A bucket has no bound, one that is no number, or one that another bucket has as well.",
);
static MISSING_INF: Rule = Rule::error("missing-inf", "A histogram has no bucket `+Inf`.");
static UNORDERED_BUCKETS: Rule = Rule::error(
    "unordered-buckets",
    "Buckets do not stand in the order of their bounds.",
);
static NOT_CUMULATIVE: Rule = Rule::error(
    "bucket-not-cumulative",
    "A bucket has fewer observations than one with a lower bound.",
);
static COUNT_MISMATCH: Rule = Rule::error(
    "count-mismatch",
    "The count of a histogram is not what its bucket `+Inf` has.",
);
static BUCKET_LAYOUTS: Rule = Rule::warning(
    "bucket-layouts",
    "The series of a histogram have different bounds, so sums over them mislead.",
);
static BAD_QUANTILE: Rule = Rule::error(
    "bad-quantile",
    "The quantile of a summary is no number from 0 to 1.",
);

pub(super) const RULES: &[&Rule] = &[
    &BAD_BOUND,
    &MISSING_INF,
    &UNORDERED_BUCKETS,
    &NOT_CUMULATIVE,
    &COUNT_MISMATCH,
    &BUCKET_LAYOUTS,
    &BAD_QUANTILE,
];

/// The buckets of one series of a histogram, in the order of the page.
type Buckets<'a> = Vec<(f64, &'a Sample)>;

fn histograms(page: &Page) -> impl Iterator<Item = &Family> {
    let families = page.families.iter();
    families.filter(|family| matches!(family.kind(), "histogram" | "gaugehistogram"))
}

fn is_bucket(sample: &Sample) -> bool {
    sample.name.ends_with("_bucket")
}

fn bound_of(sample: &Sample) -> Option<f64> {
    let bound = sample.label("le")?.parse::<f64>().ok()?;
    (!bound.is_nan()).then_some(bound)
}

/// The buckets of each series, by its other labels.
fn series(family: &Family) -> BTreeMap<String, Buckets<'_>> {
    let mut series: BTreeMap<String, Buckets<'_>> = BTreeMap::new();
    for sample in family.samples.iter().filter(|sample| is_bucket(sample)) {
        if let Some(bound) = bound_of(sample) {
            let key = sample.key_without("le");
            series.entry(key).or_default().push((bound, sample));
        }
    }
    series
}

pub(super) fn bounds(page: &Page, report: &mut Report) {
    for family in histograms(page) {
        for sample in family.samples.iter().filter(|sample| is_bucket(sample)) {
            let cause = match (sample.label("le"), bound_of(sample)) {
                (_, Some(_)) => continue,
                (None, _) => format!("a bucket of `{}` has no label `le`", family.name),
                (Some(text), None) => {
                    format!("`{text}` is no bound of a bucket of `{}`", family.name)
                }
            };
            report.add(
                &BAD_BOUND,
                sample.line,
                cause,
                "`le` is the upper bound of the bucket, as `0.5` or `+Inf`",
            );
        }
        for buckets in series(family).values() {
            let mut sorted = buckets.clone();
            sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
            for pair in sorted.windows(2) {
                // The same text twice is the same series twice, which is told as that.
                let is_spelled_twice = pair[0].1.label("le") != pair[1].1.label("le");
                if pair[0].0 == pair[1].0 && is_spelled_twice {
                    report.add(
                        &BAD_BOUND,
                        pair[0].1.line.max(pair[1].1.line),
                        format!("`{}` has two buckets up to {}", family.name, pair[0].0),
                        "write each bound once, and always in the same way",
                    );
                }
            }
        }
    }
}

pub(super) fn buckets(page: &Page, report: &mut Report) {
    for family in histograms(page) {
        for buckets in series(family).values() {
            let first = buckets[0].1;
            if !buckets.iter().any(|(bound, _)| *bound == f64::INFINITY) {
                report.add(
                    &MISSING_INF,
                    first.line,
                    format!("a series of `{}` has no bucket `+Inf`", family.name),
                    "the last bucket is `+Inf`; without it quantiles are NaN",
                );
            }
            let disorder = buckets.windows(2).find(|pair| pair[1].0 < pair[0].0);
            if let Some(pair) = disorder {
                report.add(
                    &UNORDERED_BUCKETS,
                    pair[1].1.line,
                    format!(
                        "the bucket up to {} of `{}` stands behind the one up to {}",
                        pair[1].0, family.name, pair[0].0
                    ),
                    "write buckets in the order of their bounds",
                );
            }
            let mut sorted = buckets.clone();
            sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
            let shrinking = sorted
                .windows(2)
                .find(|pair| pair[1].1.value < pair[0].1.value);
            if let Some(pair) = shrinking {
                report.add(
                    &NOT_CUMULATIVE,
                    pair[1].1.line,
                    format!(
                        "`{}` has {} observations up to {}, but {} up to {}",
                        family.name, pair[0].1.value, pair[0].0, pair[1].1.value, pair[1].0
                    ),
                    "a bucket counts everything up to its bound, what smaller ones count included",
                );
            }
        }
    }
}

pub(super) fn counts(page: &Page, report: &mut Report) {
    for family in histograms(page) {
        let series = series(family);
        for sample in &family.samples {
            let is_count = sample.name.ends_with("_count") || sample.name.ends_with("_gcount");
            let Some(buckets) = series.get(&sample.key_without("le")).filter(|_| is_count) else {
                continue;
            };
            let all = buckets.iter().find(|(bound, _)| *bound == f64::INFINITY);
            if let Some((_, all)) = all
                && all.value != sample.value
            {
                report.add(
                    &COUNT_MISMATCH,
                    sample.line,
                    format!(
                        "`{}` is {}, but its bucket `+Inf` has {}",
                        sample.name, sample.value, all.value
                    ),
                    "read both at the same moment, or derive the count from the buckets",
                );
            }
        }
    }
}

pub(super) fn layouts(page: &Page, report: &mut Report) {
    for family in histograms(page) {
        let mut first: Option<Vec<u64>> = None;
        for buckets in series(family).values() {
            let mut bounds: Vec<f64> = buckets.iter().map(|(bound, _)| *bound).collect();
            bounds.sort_by(f64::total_cmp);
            let bounds: Vec<u64> = bounds.into_iter().map(f64::to_bits).collect();
            match &first {
                None => first = Some(bounds),
                Some(first) if *first != bounds => {
                    report.add(
                        &BUCKET_LAYOUTS,
                        buckets[0].1.line,
                        format!("series of `{}` have different bounds", family.name),
                        "give all series of a histogram the same bounds; what needs others is \
                         another histogram",
                    );
                    break;
                }
                Some(_) => {}
            }
        }
    }
}

pub(super) fn quantiles(page: &Page, report: &mut Report) {
    for family in page
        .families
        .iter()
        .filter(|family| family.kind() == "summary")
    {
        for sample in family
            .samples
            .iter()
            .filter(|sample| sample.name == family.name)
        {
            let quantile = sample
                .label("quantile")
                .and_then(|text| text.parse::<f64>().ok());
            if !quantile.is_some_and(|quantile| (0.0..=1.0).contains(&quantile)) {
                report.add(
                    &BAD_QUANTILE,
                    sample.line,
                    format!(
                        "`{}` has the quantile `{}`",
                        family.name,
                        sample.label("quantile").unwrap_or_default()
                    ),
                    "it is a number from 0 to 1, as `0.99`",
                );
            }
        }
    }
}
