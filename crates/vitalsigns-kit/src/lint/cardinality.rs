//! Labels that have, or will have, too many values.

use std::collections::{BTreeMap, BTreeSet};

use vitalsigns::name;

use crate::finding::{Report, Rule};
use crate::page::{Family, Page};

static IDENTIFYING_LABEL: Rule = Rule::warning(
    "identifying-label",
    "A label identifies a person or a request, and makes a series for each.",
);
static IDENTIFYING_VALUE: Rule = Rule::warning(
    "identifying-value",
    "A label's value looks like an identifier, a path, an address or a time.",
);
static DERIVED_LABEL: Rule = Rule::warning(
    "derived-label",
    "A label of a histogram says again what its buckets say.",
);
static MANY_SERIES: Rule = Rule::warning("many-series", "A family has more series than is sane.");

pub(super) const RULES: &[&Rule] = &[
    &IDENTIFYING_LABEL,
    &IDENTIFYING_VALUE,
    &DERIVED_LABEL,
    &MANY_SERIES,
];

/// How many samples a family may have on a page.
const MOST_SAMPLES: usize = 30_000;

/// How many values that look like identifiers make a label of them; a single one may be a name.
const SEVERAL: usize = 2;

/// The labels of a family with their values, and where each stands first.
fn values(family: &Family) -> BTreeMap<&str, BTreeMap<&str, usize>> {
    let mut labels: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for sample in &family.samples {
        for (name, value) in &sample.labels {
            if !matches!(name.as_str(), "le" | "quantile") {
                let values = labels.entry(name).or_default();
                values.entry(value).or_insert(sample.line);
            }
        }
    }
    labels
}

/// What is a fact about the program, of which there is one, is no label of its requests.
fn is_measured(family: &Family) -> bool {
    family.kind() != "info" && !family.name.ends_with("_info")
}

pub(super) fn identifying_labels(page: &Page, report: &mut Report) {
    for family in page.families.iter().filter(|family| is_measured(family)) {
        for label in values(family).keys() {
            if name::identifies(label) {
                report.add(
                    &IDENTIFYING_LABEL,
                    family.line,
                    format!("`{}` has the label `{label}`", family.name),
                    "it makes a series for each, and keeps personal data for as long as metrics are \
                     kept; use a closed set of values, and put the identifier into logs or an \
                     exemplar",
                );
            }
        }
    }
}

pub(super) fn identifying_values(page: &Page, report: &mut Report) {
    for family in page.families.iter().filter(|family| is_measured(family)) {
        for (label, values) in values(family) {
            let mut kinds: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
            for (value, line) in &values {
                if let Some(kind) = looks_like(value) {
                    kinds.entry(kind).or_default().push((*line, value));
                }
            }
            for (kind, mut found) in kinds {
                found.sort_unstable();
                let (line, value) = found[0];
                let is_certain = matches!(kind, "an e-mail address" | "a path with an identifier");
                if found.len() < SEVERAL && !is_certain {
                    continue;
                }
                report.add(
                    &IDENTIFYING_VALUE,
                    line,
                    format!(
                        "label `{label}` of `{}` has {kind}, as `{}`",
                        family.name,
                        value.chars().take(60).collect::<String>()
                    ),
                    "each new value is a series that stays; use the pattern of a route, a closed set \
                     of values, or a cap",
                );
            }
        }
    }
}

/// What a value looks like, if it is something of which there is no end.
fn looks_like(value: &str) -> Option<&'static str> {
    if is_uuid(value) {
        return Some("a UUID");
    }
    if is_email(value) {
        return Some("an e-mail address");
    }
    let path = value.split_once("://").map_or(value, |(_, rest)| rest);
    if value.starts_with('/') || value.contains("://") {
        let is_identifier = |part: &str| is_uuid(part) || is_number(part) || is_hexadecimal(part);
        let parts = path.split(['/', '?', '&', '=']);
        let has_query = value.contains('?') && value.contains('=');
        let mut parts = parts.skip(1);
        return (has_query || parts.any(is_identifier)).then_some("a path with an identifier");
    }
    if is_address(value) {
        return Some("an IP address");
    }
    if is_hexadecimal(value) {
        return Some("a token or a hash");
    }
    if value.len() >= 6 && is_number(value) {
        return Some("a long number");
    }
    if is_time(value) {
        return Some("a time");
    }
    None
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && parts
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Sixteen hexadecimal digits and more, some of which are numbers and some of which are not.
fn is_hexadecimal(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() >= 16
        && digits > 0
        && digits < text.len()
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else {
        return false;
    };
    let is_word = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    let ends_in_letters = host.rsplit_once('.').is_some_and(|(name, end)| {
        !name.is_empty() && end.len() >= 2 && end.chars().all(char::is_alphabetic)
    });
    !user.is_empty() && user.chars().all(is_word) && host.chars().all(is_word) && ends_in_letters
}

fn is_address(text: &str) -> bool {
    let host = text
        .rsplit_once(':')
        .map_or(text, |(host, port)| match is_number(port) {
            true => host,
            false => text,
        });
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<std::net::IpAddr>() {
        Ok(address) => !address.is_loopback() && !address.is_unspecified(),
        Err(_) => false,
    }
}

/// A date with a time, as RFC 3339 has it.
fn is_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .take(16)
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape == "0000-00-00T00:00" || shape == "0000-00-00 00:00"
}

pub(super) fn derived_labels(page: &Page, report: &mut Report) {
    for family in page
        .families
        .iter()
        .filter(|family| family.kind() == "histogram")
    {
        let names: BTreeSet<&str> = values(family).into_keys().collect();
        for label in names {
            let endings = ["_category", "_bucket", "_range", "_class", "_group"];
            let stem = endings.iter().find_map(|ending| label.strip_suffix(ending));
            let repeats = stem.is_some_and(|stem| family.name.split('_').any(|word| word == stem));
            if repeats {
                report.add(
                    &DERIVED_LABEL,
                    family.line,
                    format!(
                        "label `{label}` of `{}` says what its buckets say",
                        family.name
                    ),
                    "leave it out: it multiplies the series, and the buckets have the answer",
                );
            }
        }
    }
}

pub(super) fn many_series(page: &Page, report: &mut Report) {
    for family in &page.families {
        let number = family.samples.len();
        if number > MOST_SAMPLES {
            let labels = values(family);
            let widest = labels.iter().max_by_key(|(_, values)| values.len());
            let widest =
                widest.map(|(name, values)| format!("; `{name}` has {} values", values.len()));
            report.add(
                &MANY_SERIES,
                family.line,
                format!(
                    "`{}` has {number} samples{}",
                    family.name,
                    widest.unwrap_or_default()
                ),
                "cap the label, or leave it out",
            );
        }
    }
}
