//! `Accept`: what a client gets.

use super::content_type::{ContentType, Format};

/// What suits `accept` best; the first of [`ContentType::all`] on equal terms and if nothing suits.
pub(super) fn negotiate(accept: &str) -> ContentType {
    let ranges: Vec<Range<'_>> = split_quoted(accept, ',').filter_map(Range::parse).collect();
    let mut best = (0, ContentType::from(Format::Text));
    for content_type in ContentType::all() {
        let weight = quality(content_type, &ranges);
        if weight > best.0 {
            best = (weight, content_type);
        }
    }
    best.1
}

/// The weight of a content type: that of the most specific range it falls in, in thousandths; 0 if
/// in none.
fn quality(content_type: ContentType, ranges: &[Range<'_>]) -> u16 {
    ranges
        .iter()
        .filter_map(|range| Some((range.specificity(content_type)?, range.weight)))
        .max()
        .map_or(0, |(_, weight)| weight)
}

/// One range of the header: `application/openmetrics-text;version=1.0.0;q=0.5`.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// Those that tell pages apart.
    parameters: Vec<(&'static str, &'a str)>,
    /// In thousandths, as RFC 9110 limits it.
    weight: u16,
}

/// What tells pages of one type apart; anything else that a client says of a type is not looked at.
const PARAMETERS: [&str; 5] = ["version", "charset", "escaping", "proto", "encoding"];

/// More of them than this are no type, but a client that wants to be looked at for long.
const MOST_PARAMETERS: usize = 16;

impl<'a> Range<'a> {
    fn parse(range: &'a str) -> Option<Self> {
        let mut parts = split_quoted(range, ';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut parsed = Range {
            kind: kind.trim(),
            subtype: subtype.trim(),
            parameters: Vec::new(),
            weight: 1000,
        };
        for parameter in parts {
            let Some((name, value)) = parameter.split_once('=') else {
                continue;
            };
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("q") {
                parsed.weight = parse_weight(value)?;
            } else if let Some(known) = PARAMETERS
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(name))
            {
                // What is said twice says no more.
                let is_same = |(other, said): &(&str, &str)| {
                    *other == known && said.eq_ignore_ascii_case(value)
                };
                if !parsed.parameters.iter().any(is_same) {
                    parsed.parameters.push((known, value));
                }
                // A type has each of them once, so this one is nobody's.
                if parsed.parameters.len() > MOST_PARAMETERS {
                    return None;
                }
            }
        }
        Some(parsed)
    }

    /// How closely this range names the content type, if the content type is in it at all.
    fn specificity(&self, content_type: ContentType) -> Option<usize> {
        let (kind, subtype) = match content_type.format() {
            Some(Format::Text | Format::TextV1) => ("text", "plain"),
            Some(Format::OpenMetrics) => ("application", "openmetrics-text"),
            None => ("application", "vnd.google.protobuf"),
        };
        let is = |own: &str, wanted: &str| own.eq_ignore_ascii_case(wanted);
        let level = if is(self.kind, kind) && is(self.subtype, subtype) {
            2
        } else if is(self.kind, kind) && self.subtype == "*" {
            1
        } else if self.kind == "*" && self.subtype == "*" {
            0
        } else {
            return None;
        };
        let mut named = 0;
        for (name, value) in &self.parameters {
            named += usize::from(has(content_type, name, value)?);
        }
        Some(level * (PARAMETERS.len() + 1) + named)
    }
}

/// Whether a content type has this parameter with this value; `None` if it has another, and
/// `Some(false)` if the parameter says nothing.
fn has(content_type: ContentType, name: &str, value: &str) -> Option<bool> {
    let own = match (name, content_type.format()) {
        ("version", Some(Format::Text)) => "0.0.4",
        ("version", Some(Format::TextV1 | Format::OpenMetrics)) => "1.0.0",
        ("charset", Some(_)) => "utf-8",
        ("proto", None) => "io.prometheus.client.MetricFamily",
        ("encoding", None) => "delimited",
        ("escaping", _) => match content_type.escaping {
            Some(escaping) => escaping.as_str(),
            // Said to a client that names none, or one that nobody knows.
            None => {
                let is_known = super::Escaping::ALL
                    .iter()
                    .any(|escaping| escaping.as_str().eq_ignore_ascii_case(value));
                return (!is_known).then_some(false);
            }
        },
        // Text has no `proto`, and protobuf has no version.
        _ => return None,
    };
    own.eq_ignore_ascii_case(value).then_some(true)
}

/// A weight from 0 to 1 with at most three decimals, in thousandths.
fn parse_weight(text: &str) -> Option<u16> {
    let weight: f64 = text.parse().ok()?;
    // Checked before the cast; NaN is in no range.
    (0.0..=1.0)
        .contains(&weight)
        .then_some((weight * 1000.0).round() as u16)
}

/// Splits where `separator` stands outside of quotes.
fn split_quoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c: char| {
        let was_escaped = std::mem::take(&mut escaped);
        match c {
            '\\' if quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            _ => {}
        }
        c == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    const OPEN_METRICS_UTF8: &str =
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8";
    const PROTOBUF: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
    const PROTOBUF_UTF8: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=allow-utf-8";

    fn check(table: &[(&str, &str)]) {
        for (accept, content_type) in table {
            assert_eq!(negotiate(accept).as_str(), *content_type, "{accept}");
        }
    }

    #[test]
    fn real_clients_get_what_they_ask_for() {
        check(&[
            // Prometheus 2.42; with native histograms.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                OPEN_METRICS,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                PROTOBUF,
            ),
            // Prometheus 2.53; with native histograms.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                OPEN_METRICS,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,application/openmetrics-text;version=0.0.1;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                PROTOBUF,
            ),
            // Prometheus 3.5 and what scrapes with its code, as the OpenTelemetry collector and
            // Grafana Alloy: without a word; with classic names only; with dots.
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                OPEN_METRICS_UTF8,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=underscores;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=dots;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=dots;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots",
            ),
            // Prometheus 3.5 with native histograms; with `scrape_protocols: [PrometheusProto]`.
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                PROTOBUF,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,*/*;q=0.5",
                PROTOBUF,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8;q=0.6,*/*;q=0.5",
                PROTOBUF_UTF8,
            ),
            (
                "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
                "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            ),
            // VictoriaMetrics and vmagent.
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT),
            // curl, and clients that say nothing of use.
            ("*/*", TEXT),
            ("text/plain", TEXT),
            // Chrome; Firefox.
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
                TEXT,
            ),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                TEXT,
            ),
        ]);
    }

    #[test]
    fn weights_decide_and_zero_excludes() {
        check(&[
            ("application/openmetrics-text, text/plain", TEXT),
            (
                "application/openmetrics-text;q=0.9, text/plain;q=0.8",
                OPEN_METRICS,
            ),
            ("application/openmetrics-text;q=0, */*", TEXT),
            ("text/*;q=0, */*;q=0.1", OPEN_METRICS),
            (
                "text/*;q=0, application/openmetrics-text;q=0, */*",
                PROTOBUF,
            ),
            ("text/*;q=0.2, application/*;q=0.3", OPEN_METRICS),
            // Everything is excluded: a page all the same.
            ("*/*;q=0", TEXT),
            (
                "APPLICATION/OpenMetrics-Text ; Version=\"1.0.0\"",
                OPEN_METRICS,
            ),
            ("application/vnd.google.protobuf", PROTOBUF),
        ]);
    }

    #[test]
    fn the_range_that_says_most_decides() {
        check(&[
            (
                "text/plain;q=0.9, text/plain;version=0.0.4;q=0, application/openmetrics-text;q=0.5",
                "text/plain; version=1.0.0; charset=utf-8; escaping=underscores",
            ),
            (
                "text/plain;version=0.0.4;q=0.1, text/plain, application/*;q=0.5",
                "text/plain; version=1.0.0; charset=utf-8; escaping=underscores",
            ),
            ("text/plain;q=0.2, */*;q=0.1, text/*", TEXT),
            // A parameter that stands twice says no more.
            (
                "text/plain;version=0.0.4;VERSION=0.0.4;q=0.1, text/plain;version=0.0.4, application/*;q=0.5",
                TEXT,
            ),
            (
                "application/openmetrics-text;version=1.0.0;charset=utf-8;q=0.1, application/openmetrics-text, text/plain;q=0.5",
                TEXT,
            ),
        ]);
    }

    #[test]
    fn what_is_not_produced_is_not_promised() {
        check(&[
            ("application/openmetrics-text;version=2.0.0", TEXT),
            ("application/openmetrics-text;version=0.0.1", TEXT),
            ("text/plain;version=2.0.0", TEXT),
            (
                "text/plain;charset=iso-8859-1, application/openmetrics-text;q=0.1",
                OPEN_METRICS,
            ),
            ("application/json", TEXT),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
                TEXT,
            ),
            (
                "application/vnd.google.protobuf;proto=other;encoding=delimited",
                TEXT,
            ),
            // The oldest format has no quoted names.
            ("text/plain;version=0.0.4;escaping=allow-utf-8", TEXT),
            // Nobody knows this escaping: as if none were named.
            (
                "application/openmetrics-text;version=1.0.0;escaping=rot13",
                OPEN_METRICS,
            ),
        ]);
    }

    #[test]
    fn the_escaping_is_answered_where_it_was_named() {
        for format in [
            "text/plain; version=1.0.0",
            "application/openmetrics-text; version=1.0.0",
        ] {
            for escaping in super::super::Escaping::ALL {
                let asked = format!("{format}; escaping={escaping}");
                let answered = format!("{format}; charset=utf-8; escaping={escaping}");
                assert_eq!(negotiate(&asked).as_str(), answered);
            }
        }
        for escaping in ["underscores", "dots", "values"] {
            let asked = format!("text/plain;version=0.0.4;escaping={escaping}");
            assert_eq!(
                negotiate(&asked).as_str(),
                format!("{TEXT}; escaping={escaping}")
            );
            let asked = format!("{PROTOBUF}; escaping={escaping}");
            assert_eq!(negotiate(&asked).as_str(), asked);
        }
        // Quoted names are what tells the two versions apart.
        check(&[(
            "text/plain;escaping=allow-utf-8",
            "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        )]);
    }

    #[test]
    fn every_content_type_is_what_its_own_name_asks_for() {
        for content_type in ContentType::all() {
            assert_eq!(negotiate(content_type.as_str()), content_type);
        }
    }

    #[test]
    fn a_range_of_endless_parameters_is_none() {
        for (parameters, expected) in [(MOST_PARAMETERS, OPEN_METRICS), (20_000, TEXT)] {
            let mut accept = "application/openmetrics-text".to_owned();
            (0..parameters).for_each(|number| accept.push_str(&format!(";escaping=e{number}")));
            assert_eq!(negotiate(&accept).as_str(), expected, "{parameters}");
        }
    }

    #[test]
    fn garbage_gets_text() {
        for accept in [
            "",
            ",,,",
            ";;;",
            "\"",
            "a/b;q=\"",
            "application/openmetrics-text;q=NaN",
            "application/openmetrics-text;q=-1",
            "application/openmetrics-text;q=1e9",
            "ä/ö;=,/,=",
        ] {
            assert_eq!(negotiate(accept).as_str(), TEXT, "{accept}");
        }
    }
}
