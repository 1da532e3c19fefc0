//! Takes apart the text that prometheus-client writes.
//!
//! It is OpenMetrics but for some faults, which end here: help is not escaped (a line feed in it
//! breaks the line), `_total` and units are appended to names that have them already, an info
//! metric without labels of its own has a comma too many, no labels are `{}`, names are not
//! checked, infinite values are `inf`, and the series come in another order each time.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::exposition::number::canonical;
use crate::exposition::{Escaping, Named, escape_name, is_classic};
use crate::foreign::{ForeignFamily, ForeignSample, Found};
use crate::kind::Kind;

/// The families of a page, each readable or not.
pub(super) fn parse(page: &str) -> Found {
    let mut found = Found::default();
    let mut current: Option<Raw<'_>> = None;
    for line in page.split('\n') {
        if let Some((name, help)) = keyword(line, "# HELP ") {
            found.extend(current.take());
            current = Some(Raw {
                name,
                help: help.to_owned(),
                ..Raw::default()
            });
        } else if let Some(name) = broken_name(line, current.as_ref()) {
            found.extend(current.replace(Raw {
                name,
                ..Raw::default()
            }));
        } else if let Some(raw) = &mut current {
            raw.line(line);
        }
    }
    found.extend(current);
    let Found {
        families,
        unreadable,
    } = &mut found;
    families.retain(|family| {
        let is_whole = is_whole(family);
        if !is_whole {
            unreadable.push(family.name());
        }
        is_whole
    });
    found
}

/// Whether every series stands once, whatever names are escaped to, and is what its kind demands.
fn is_whole(family: &ForeignFamily) -> bool {
    let mut known = HashSet::new();
    family
        .samples
        .iter()
        .all(|sample| known.insert(key(sample)))
        && (family.kind != Kind::Histogram
            || family
                .samples
                .chunk_by(|a, b| identity(a).eq(identity(b)))
                .all(is_histogram))
}

/// What tells a sample from others of its family, with names escaped most.
fn key(sample: &ForeignSample) -> (&str, Vec<(Cow<'_, str>, &str)>) {
    let escape = |name| escape_name(name, Named::Label, Escaping::Underscores);
    let labels = sample.labels.iter();
    let mut labels: Vec<_> = labels
        .map(|(name, value)| (escape(name), value.as_str()))
        .collect();
    labels.sort_unstable();
    (&sample.suffix, labels)
}

/// Whether these are a sum, a count and buckets up to `+Inf`, none of which has more than there is.
fn is_histogram(samples: &[ForeignSample]) -> bool {
    let of = |suffix: &str| samples.iter().find(|sample| sample.suffix == suffix);
    let Some(count) = of("_count").and_then(|count| count.value.parse::<u64>().ok()) else {
        return false;
    };
    let mut is_open = false;
    let are_right = samples.iter().all(|sample| {
        let bound = sample.labels.iter().find(|(name, _)| name == "le");
        match (sample.suffix.as_str(), bound) {
            ("_bucket", Some((_, bound))) => {
                is_open |= bound == "+Inf";
                bound.parse::<f64>().is_ok()
                    && sample.value.parse().is_ok_and(|value: u64| value <= count)
            }
            ("_bucket", None) => false,
            (_, bound) => bound.is_none(),
        }
    });
    are_right && is_open && of("_sum").is_some()
}

impl Found {
    fn extend(&mut self, raw: Option<Raw<'_>>) {
        let Some(raw) = raw else { return };
        let name = raw.name.to_owned();
        let Some(mut family) = raw.finish() else {
            self.unreadable.push(name);
            return;
        };
        // Registries with labels of their own write a family once for each.
        let known = self
            .families
            .iter_mut()
            .find(|known| known.base == family.base);
        match known {
            None => self.families.push(family),
            Some(known) if (known.kind, &known.unit) == (family.kind, &family.unit) => {
                known.samples.append(&mut family.samples);
                known.sort();
            }
            Some(_) => self.unreadable.push(name),
        }
    }
}

/// The start of a name that has a line feed in it, where a family begins.
fn broken_name<'a>(line: &'a str, current: Option<&Raw<'_>>) -> Option<&'a str> {
    let in_help = current.is_some_and(|raw| raw.kind.is_none());
    line.strip_prefix("# HELP ").filter(|_| !in_help)
}

/// The rest of a line that starts with `keyword`, as a name and what follows it.
fn keyword<'a>(line: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    line.strip_prefix(keyword)?.split_once(' ')
}

/// A family as it is written.
#[derive(Default)]
struct Raw<'a> {
    name: &'a str,
    help: String,
    kind: Option<Kind>,
    unit: Option<&'a str>,
    samples: Vec<&'a str>,
}

impl<'a> Raw<'a> {
    fn line(&mut self, line: &'a str) {
        if self.kind.is_none() {
            match keyword(line, "# TYPE ") {
                Some((name, kind)) if name == self.name && kind_of(kind).is_some() => {
                    self.kind = kind_of(kind);
                }
                // Until the type, everything is help: it had a line feed in it.
                _ => {
                    self.help.push('\n');
                    self.help.push_str(line);
                }
            }
        } else if let Some((_, unit)) = keyword(line, "# UNIT ") {
            self.unit = Some(unit);
        } else if !line.is_empty() && line != "# EOF" {
            self.samples.push(line);
        }
    }

    /// The family in order, or nothing if its names or samples cannot stand on a page.
    fn finish(self) -> Option<ForeignFamily> {
        let kind = self.kind?;
        let base = base_of(self.name, kind, self.unit);
        let is_unit = |unit| is_classic(unit, Named::Label);
        if !is_name(&base) || self.unit.is_some_and(|unit| !is_unit(unit)) {
            return None;
        }
        let parse = |line: &&str| parse_sample(line, self.name, kind);
        let mut family = ForeignFamily {
            base,
            kind,
            unit: self.unit.map(str::to_owned),
            help: self.help,
            samples: self.samples.iter().map(parse).collect::<Option<_>>()?,
        };
        family.sort();
        Some(family)
    }
}

impl ForeignFamily {
    fn sort(&mut self) {
        // Stable, so that the buckets of a series stay in their order.
        self.samples.sort_by(|a, b| identity(a).cmp(identity(b)));
    }
}

/// The labels that tell series apart.
fn identity(sample: &ForeignSample) -> impl Iterator<Item = &(String, String)> {
    sample.labels.iter().filter(|(name, _)| name != "le")
}

/// The kind, unless what stands there is the rest of a name with a space in it.
fn kind_of(text: &str) -> Option<Kind> {
    Some(match text {
        "counter" => Kind::Counter,
        "gauge" => Kind::Gauge,
        "histogram" => Kind::Histogram,
        "info" => Kind::Info,
        "unknown" => Kind::Unknown,
        _ => return None,
    })
}

/// The name without the suffixes that are added again when it is written.
fn base_of(name: &str, kind: Kind, unit: Option<&str>) -> String {
    let mut base = name;
    let mut doubled = String::new();
    if let Some(unit) = unit {
        let suffix = format!("_{unit}");
        // `x_total_seconds` and `x_seconds_seconds` both mean `x_seconds`.
        let mut stem = base.strip_suffix(&suffix).unwrap_or(base);
        if kind == Kind::Counter {
            stem = stem.strip_suffix("_total").unwrap_or(stem);
        }
        stem = stem.strip_suffix(&suffix).unwrap_or(stem);
        doubled = format!("{stem}{suffix}");
        base = &doubled;
    }
    let own = kind.suffix();
    if !own.is_empty() {
        base = base.strip_suffix(own).unwrap_or(base);
    }
    debug_assert!(doubled.is_empty() || doubled.starts_with(base));
    base.to_owned()
}

/// Whether a name can be told from what stands around it: it is written as it is, without quotes.
/// Dots and the like are escaped when the page is written.
fn is_name(name: &str) -> bool {
    let is_sign = |c: char| c.is_whitespace() || c.is_control() || "{}\"\\=,#".contains(c);
    !name.is_empty() && !name.contains(is_sign)
}

/// The same of a label, and that it is nobody's own.
fn is_label(name: &str) -> bool {
    is_name(name) && !name.starts_with("__")
}

/// One line: `name{labels} value`, an exemplar behind it ignored.
fn parse_sample(line: &str, family: &str, kind: Kind) -> Option<ForeignSample> {
    let suffix_and_rest = line.strip_prefix(family)?;
    let end = suffix_and_rest.find(['{', ' '])?;
    let (suffix, rest) = suffix_and_rest.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => parse_labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = rest.strip_prefix(' ')?.split(' ').next()?;
    let is_known = match kind {
        Kind::Histogram => matches!(suffix, "_bucket" | "_sum" | "_count"),
        other => suffix == other.suffix(),
    };
    if !is_known {
        return None;
    }
    Some(ForeignSample {
        suffix: suffix.to_owned(),
        labels,
        value: value_of(value)?,
    })
}

/// A number as it may stand on a page.
fn value_of(text: &str) -> Option<String> {
    let value: f64 = text.parse().ok()?;
    // Finite ones stay as they are: integers beyond 2^53 are exact as text only.
    Some(if value.is_finite() {
        text.to_owned()
    } else {
        canonical(value)
    })
}

/// Labels up to the closing brace, and what follows it. Values stay escaped.
fn parse_labels(mut text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels: Vec<(String, String)> = Vec::new();
    loop {
        if !labels.is_empty() && !text.starts_with('}') {
            text = text.strip_prefix(',')?;
        }
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, rest) = text.split_once("=\"")?;
        let end = closing_quote(rest)?;
        let (value, rest) = rest.split_at(end);
        if !is_label(name)
            || !is_escaped(value)
            || labels.iter().any(|(known, _)| is_same_label(known, name))
        {
            return None;
        }
        let value = match (name, value.parse::<f64>()) {
            ("le", Ok(bound)) => canonical(bound),
            _ => value.to_owned(),
        };
        labels.push((name.to_owned(), value));
        text = &rest[1..];
    }
}

/// Whether two labels are one where names are escaped most.
fn is_same_label(a: &str, b: &str) -> bool {
    let escaped = |name| escape_name(name, Named::Label, Escaping::Underscores);
    a == b || escaped(a) == escaped(b)
}

/// Whether all that is escaped is what may be.
fn is_escaped(value: &str) -> bool {
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && !matches!(chars.next(), Some('\\' | '"' | 'n')) {
            return false;
        }
    }
    true
}

/// Where the quote is that is not escaped.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let was_escaped = std::mem::take(&mut escaped);
        escaped = byte == b'\\' && !was_escaped;
        byte == b'"' && !was_escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_stand_once() {
        for (name, kind, unit, base) in [
            ("jobs", Kind::Counter, None, "jobs"),
            ("jobs_total", Kind::Counter, None, "jobs"),
            (
                "lat_seconds_seconds",
                Kind::Histogram,
                Some("seconds"),
                "lat_seconds",
            ),
            (
                "lat_seconds",
                Kind::Histogram,
                Some("seconds"),
                "lat_seconds",
            ),
            (
                "cpu_total_seconds",
                Kind::Counter,
                Some("seconds"),
                "cpu_seconds",
            ),
            ("build_info", Kind::Info, None, "build"),
            ("queue", Kind::Gauge, None, "queue"),
        ] {
            assert_eq!(base_of(name, kind, unit), base, "{name}");
        }
    }

    #[test]
    fn what_cannot_stand_on_a_page_is_left_out_alone() {
        let page = "# HELP bad\"name Hm.\n# TYPE bad\"name gauge\nbad\"name 1\n\
            # HELP good Two\nlines # TYPE x.\n# TYPE good gauge\ngood{a=\"x\\\"}y\",} inf\n\
            # HELP hostile Hm.\n# TYPE hostile gauge\nhostile{a=\"1\"} 1\ninjected 5\n# EOF\n";
        let found = parse(page);
        assert_eq!(found.unreadable, ["bad\"name", "hostile"]);
        let good = &found.families[..];
        assert_eq!(good.len(), 1);
        assert_eq!(good[0].help, "Two\nlines # TYPE x.");
        assert_eq!(
            good[0].samples[0].labels,
            [("a".to_owned(), "x\\\"}y".to_owned())]
        );
        assert_eq!(good[0].samples[0].value, "+Inf");
    }
}
