//! Names, by the conventions that promtool knows, and some more.

use std::collections::BTreeMap;

use crate::finding::{Report, Rule};
use crate::page::{Dialect, Family, Page};

static COUNTER_WITHOUT_TOTAL: Rule = Rule::warning(
    "counter-without-total",
    "The name of a counter does not end in `_total`.",
);
static TOTAL_ON_OTHER: Rule = Rule::warning(
    "total-on-other",
    "The name of something else than a counter ends in `_total`.",
);
static RESERVED_SUFFIX: Rule = Rule::warning(
    "reserved-suffix",
    "A name ends like a part of a histogram or a summary.",
);
static RESERVED_LABEL: Rule = Rule::warning(
    "reserved-label",
    "A label has a name that histograms, summaries or Prometheus keep for themselves.",
);
static NON_BASE_UNIT: Rule =
    Rule::warning("non-base-unit", "A name has a unit that is no base unit.");
static ABBREVIATED_UNIT: Rule =
    Rule::warning("abbreviated-unit", "A name has an abbreviated unit.");
static PERCENT: Rule = Rule::warning("percent", "A name says that it counts in hundredths.");
static TYPE_IN_NAME: Rule = Rule::warning("type-in-name", "The name of a metric says its type.");
static COLON: Rule = Rule::warning(
    "colon-in-name",
    "A name has a colon, as recording rules have.",
);
static CAMEL_CASE: Rule = Rule::warning("camel-case", "A name is written in camelCase.");
static MIXED_UNITS: Rule = Rule::warning("mixed-units", "The same is exported in several units.");

pub(super) const RULES: &[&Rule] = &[
    &COUNTER_WITHOUT_TOTAL,
    &TOTAL_ON_OTHER,
    &RESERVED_SUFFIX,
    &RESERVED_LABEL,
    &NON_BASE_UNIT,
    &ABBREVIATED_UNIT,
    &PERCENT,
    &TYPE_IN_NAME,
    &COLON,
    &CAMEL_CASE,
    &MIXED_UNITS,
];

/// Units with the base unit of each.
const UNITS: &[(&str, &str)] = &[
    ("amperes", "amperes"),
    ("bytes", "bytes"),
    ("celsius", "celsius"),
    ("grams", "grams"),
    ("joules", "joules"),
    ("kelvin", "kelvin"),
    ("meters", "meters"),
    ("metres", "metres"),
    ("seconds", "seconds"),
    ("volts", "volts"),
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("bits", "bytes"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
];

const UNIT_PREFIXES: &[&str] = &[
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mebi", "mibi", "giga", "gibi", "tera", "tebi", "peta", "pebi",
];

const ABBREVIATIONS: &[&str] = &[
    "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
];

const TYPES: &[&str] = &[
    "counter",
    "gauge",
    "summary",
    "histogram",
    "gauge_histogram",
];

/// Families that somebody has recorded into: promtool says nothing of the others, and what has no
/// type is anybody's guess.
fn typed(page: &Page) -> impl Iterator<Item = &Family> {
    let families = page.families.iter();
    families.filter(|family| family.kind.is_some() && family.kind() != "unknown")
}

pub(super) fn total(page: &Page, report: &mut Report) {
    for family in typed(page) {
        let name = &family.name;
        let has_total = name.ends_with("_total");
        let is_counter = family.kind() == "counter";
        // In OpenMetrics a sample has the suffix, and the family does not.
        if page.dialect == Dialect::OpenMetrics && is_counter {
            if has_total {
                report.add(
                    &COUNTER_WITHOUT_TOTAL,
                    family.line,
                    format!("the TYPE line of counter `{name}` has `_total`, so its samples would need it twice"),
                    "in OpenMetrics the family is named without `_total`, its sample with it",
                );
            }
            continue;
        }
        if is_counter && !has_total {
            report.add(
                &COUNTER_WITHOUT_TOTAL,
                family.line,
                format!("counter `{name}` does not end in `_total`"),
                format!("name it `{name}_total`"),
            );
        }
        if !is_counter && has_total {
            report.add(
                &TOTAL_ON_OTHER,
                family.line,
                format!("`{name}` is a {} and ends in `_total`", family.kind()),
                "only counters end so; leave it out, or make it a counter",
            );
        }
    }
}

pub(super) fn reserved_suffixes(page: &Page, report: &mut Report) {
    for family in typed(page) {
        let kind = family.kind();
        let is_histogram = matches!(kind, "histogram" | "gaugehistogram");
        let is_either = is_histogram || kind == "summary";
        for (suffix, is_allowed) in [
            ("_bucket", is_histogram),
            ("_count", is_either),
            ("_sum", is_either),
        ] {
            if family.name.ends_with(suffix) && !is_allowed {
                report.add(
                    &RESERVED_SUFFIX,
                    family.line,
                    format!("`{}` is a {kind} and ends in `{suffix}`", family.name),
                    "histograms and summaries add this to the names of their parts; use another \
                     word",
                );
            }
        }
    }
}

pub(super) fn reserved_labels(page: &Page, report: &mut Report) {
    for family in &page.families {
        let kind = family.kind();
        let is_histogram = matches!(kind, "histogram" | "gaugehistogram");
        // Of what has no type it is not known what it is.
        let is_known = family.kind.is_some() && kind != "unknown";
        let mut told: Vec<&str> = Vec::new();
        for sample in &family.samples {
            for (name, _) in &sample.labels {
                let why = match name.as_str() {
                    "le" if is_known && !is_histogram => "it belongs to histograms",
                    "quantile" if is_known && kind != "summary" => "it belongs to summaries",
                    "job" | "instance" => {
                        "Prometheus sets it, and renames this one to `exported_…`"
                    }
                    name if name.starts_with("__") => "Prometheus drops it",
                    _ => continue,
                };
                if !told.contains(&name.as_str()) {
                    told.push(name);
                    report.add(
                        &RESERVED_LABEL,
                        sample.line,
                        format!("`{}` has a label `{name}`: {why}", family.name),
                        "use another word",
                    );
                }
            }
        }
    }
}

/// The first word of a name that is a unit, with its base unit.
fn unit_in(name: &str) -> Option<(&str, &'static str)> {
    let known = |word: &str| UNITS.iter().find(|(unit, _)| *unit == word);
    name.split('_').find_map(|word| {
        let mut stems = std::iter::once(word).chain(
            UNIT_PREFIXES
                .iter()
                .filter_map(|prefix| word.strip_prefix(prefix)),
        );
        let (_, base) = stems.find_map(known)?;
        Some((word, *base))
    })
}

pub(super) fn base_units(page: &Page, report: &mut Report) {
    for family in &page.families {
        if let Some((unit, base)) = unit_in(&family.name)
            && unit != base
        {
            report.add(
                &NON_BASE_UNIT,
                family.line,
                format!("`{}` is in `{unit}`", family.name),
                format!("record {base}, and say so in the name"),
            );
        }
    }
}

pub(super) fn abbreviations(page: &Page, report: &mut Report) {
    for family in &page.families {
        let name = family.name.to_lowercase();
        let found = ABBREVIATIONS.iter().find(|unit| contains_word(&name, unit));
        if let Some(unit) = found {
            report.add(
                &ABBREVIATED_UNIT,
                family.line,
                format!("`{}` has the abbreviation `{unit}`", family.name),
                "write units in full: `seconds`, `bytes`",
            );
        }
    }
}

pub(super) fn percentages(page: &Page, report: &mut Report) {
    for family in &page.families {
        let name = family.name.to_lowercase();
        let words = ["percent", "percentage", "pct"];
        if name.split('_').any(|word| words.contains(&word)) {
            report.add(
                &PERCENT,
                family.line,
                format!("`{}` counts in hundredths", family.name),
                "record a ratio from 0 to 1 and end the name in `_ratio`; dashboards show it as a \
                 percentage",
            );
        }
    }
}

/// Whether a name has this word behind another one.
fn contains_word(name: &str, word: &str) -> bool {
    name.contains(&format!("_{word}_")) || name.ends_with(&format!("_{word}"))
}

pub(super) fn type_in_name(page: &Page, report: &mut Report) {
    for family in &page.families {
        let name = family.name.to_lowercase();
        for kind in TYPES.iter().filter(|kind| contains_word(&name, kind)) {
            report.add(
                &TYPE_IN_NAME,
                family.line,
                format!("`{}` says `{kind}` in its name", family.name),
                "the TYPE line says it; leave it out of the name",
            );
        }
    }
}

pub(super) fn colons(page: &Page, report: &mut Report) {
    for family in &page.families {
        if family.name.contains(':') {
            report.add(
                &COLON,
                family.line,
                format!("`{}` has a colon", family.name),
                "colons are for recording rules; use `_`",
            );
        }
    }
}

fn is_camel_case(name: &str) -> bool {
    let pairs = name.as_bytes().windows(2);
    let mut pairs = pairs.map(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    pairs.any(|is_hump| is_hump)
}

pub(super) fn camel_case(page: &Page, report: &mut Report) {
    for family in &page.families {
        if is_camel_case(&family.name) {
            report.add(
                &CAMEL_CASE,
                family.line,
                format!("`{}` is in camelCase", family.name),
                "write names in snake_case",
            );
        }
        let mut told: Vec<&str> = Vec::new();
        for sample in &family.samples {
            for (name, _) in &sample.labels {
                if is_camel_case(name) && !told.contains(&name.as_str()) {
                    told.push(name);
                    report.add(
                        &CAMEL_CASE,
                        sample.line,
                        format!("label `{name}` of `{}` is in camelCase", family.name),
                        "write names in snake_case",
                    );
                }
            }
        }
    }
}

pub(super) fn mixed_units(page: &Page, report: &mut Report) {
    let mut seen: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for family in &page.families {
        let stem = family.name.strip_suffix("_total").unwrap_or(&family.name);
        let Some((stem, word)) = stem.rsplit_once('_') else {
            continue;
        };
        // Of the same dimension: seconds and bytes of the same thing are two questions.
        let base = match (unit_in(word), word) {
            (Some((_, base)), _) => base,
            (None, "s" | "ms" | "us" | "ns" | "sec" | "m" | "h" | "d") => "seconds",
            (None, "b" | "kb" | "mb" | "gb" | "tb" | "pb") => "bytes",
            (None, "ratio" | "percent" | "percentage" | "pct") => "ratio",
            _ => continue,
        };
        let key = format!("{stem} in {base}");
        match seen.get(&key) {
            Some((other, unit)) if *unit != word => report.add(
                &MIXED_UNITS,
                family.line,
                format!("`{}` and `{other}` are the same in two units", family.name),
                format!("keep the one in {base}"),
            ),
            _ => drop(seen.insert(key, (&family.name, word))),
        }
    }
}
