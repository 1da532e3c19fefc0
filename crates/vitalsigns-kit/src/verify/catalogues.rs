//! Catalogues: what would be better not exported as it is.

use vitalsigns::{Catalogue, FamilyEntry, Kind};

use super::folder::File;
use super::sheet::Sheet;
use crate::exporters::Exporter;
use crate::finding::Rule;

pub(super) static STATUS_IN_HISTOGRAM: Rule = Rule::warning(
    "status-in-histogram",
    "A histogram has the status of each answer as a label, which multiplies all its buckets.",
);
pub(super) static MONEY_WITHOUT_UNIT: Rule = Rule::warning(
    "money-without-unit",
    "Amounts of several currencies are exported without saying in what they are counted.",
);
pub(super) static COARSE_BUCKETS: Rule = Rule::warning(
    "coarse-buckets",
    "The durations of requests have no bucket below 100 ms, where most of them are.",
);

pub(super) static RULES: &[&Rule] = &[&STATUS_IN_HISTOGRAM, &MONEY_WITHOUT_UNIT, &COARSE_BUCKETS];

pub(super) fn check(file: &File, catalogue: &Catalogue, sheet: &mut Sheet) {
    // How others measure is not for their users to mend.
    let own = |family: &&FamilyEntry| Exporter::from_name(&family.group).is_none();
    for family in catalogue.families.iter().filter(own) {
        check_family(file, family, sheet);
    }
}

fn check_family(file: &File, family: &FamilyEntry, sheet: &mut Sheet) {
    let name = family.name.as_str();
    let place = file.place().in_part(format!("family `{name}`"));
    let has = |label: &str| family.labels.iter().any(|known| known.name == label);
    let is_classic = family.kind == Kind::Histogram && family.buckets.is_some();
    let status = ["status_code", "status", "http_status", "code"].into_iter();
    if is_classic && let Some(label) = status.into_iter().find(|label| has(label)) {
        sheet.add(
            &STATUS_IN_HISTOGRAM,
            &place,
            format!("each value of `{label}` has all buckets of its own"),
            "count answers by status in a counter, and leave it out of the histogram",
        );
    }
    let is_money = ["amount", "revenue", "price", "payment_value"]
        .iter()
        .any(|word| name.contains(word));
    if is_money && has("currency") && family.unit.is_none() && !name.contains("minor_units") {
        sheet.add(
            &MONEY_WITHOUT_UNIT,
            &place,
            "it does not say whether it counts dollars or cents, and one scale fits no two currencies",
            "count minor units, and end the name in `_minor_units`",
        );
    }
    let first = family.buckets.as_ref().and_then(|bounds| bounds.first());
    if name.contains("request_duration_seconds")
        && let Some(first) = first.filter(|first| **first >= 0.1)
    {
        sheet.add(
            &COARSE_BUCKETS,
            &place,
            format!("its first bucket ends at {first} s, so everything faster looks alike"),
            "add bounds from 0.005 on",
        );
    }
}
