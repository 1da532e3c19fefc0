//! `Accept`: which format a client gets.

use super::Format;

/// The format that suits `accept` best; [`Format::Text`] on equal terms and if nothing suits.
pub(crate) fn negotiate(accept: &str) -> Format {
    let ranges: Vec<Range<'_>> = split_quoted(accept, ',').filter_map(Range::parse).collect();
    let text = quality(Format::Text, &ranges);
    let open_metrics = quality(Format::OpenMetrics, &ranges);
    if open_metrics > text {
        Format::OpenMetrics
    } else {
        Format::Text
    }
}

/// The weight of a format: that of the most specific range it falls in, in thousandths; 0 if in
/// none.
fn quality(format: Format, ranges: &[Range<'_>]) -> u16 {
    ranges
        .iter()
        .filter_map(|range| {
            range
                .specificity(format)
                .map(|specificity| (specificity, range.weight))
        })
        .max()
        .map_or(0, |(_, weight)| weight)
}

/// One range of the header: `application/openmetrics-text;version=1.0.0;q=0.5`.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    version: Option<&'a str>,
    /// In thousandths, as RFC 9110 limits it.
    weight: u16,
}

impl<'a> Range<'a> {
    fn parse(range: &'a str) -> Option<Self> {
        let mut parts = split_quoted(range, ';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut parsed = Range {
            kind,
            subtype,
            version: None,
            weight: 1000,
        };
        for parameter in parts {
            let Some((name, value)) = parameter.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            if name.trim().eq_ignore_ascii_case("q") {
                parsed.weight = parse_weight(value)?;
            } else if name.trim().eq_ignore_ascii_case("version") {
                parsed.version = Some(value);
            }
        }
        Some(parsed)
    }

    /// How closely this range names the format, if the format is in it at all.
    fn specificity(&self, format: Format) -> Option<u8> {
        let (kind, subtype, version) = match format {
            Format::Text => ("text", "plain", "0.0.4"),
            Format::OpenMetrics => ("application", "openmetrics-text", "1.0.0"),
        };
        let is = |own: &str, wanted: &str| own.eq_ignore_ascii_case(wanted);
        match self.version {
            Some(asked) if asked != version => None,
            Some(_) if is(self.kind, kind) && is(self.subtype, subtype) => Some(3),
            None if is(self.kind, kind) && is(self.subtype, subtype) => Some(2),
            _ if is(self.kind, kind) && self.subtype == "*" => Some(1),
            _ if self.kind == "*" && self.subtype == "*" => Some(0),
            _ => None,
        }
    }
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

    #[test]
    fn real_scrapers_get_what_they_ask_for() {
        for (accept, format) in [
            // Prometheus 2.42, 2.53 and 3.5, then VictoriaMetrics 1.79, curl and a browser.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                Format::OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                Format::OpenMetrics,
            ),
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1", Format::Text),
            ("*/*", Format::Text),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                Format::Text,
            ),
        ] {
            assert_eq!(negotiate(accept), format, "{accept}");
        }
    }

    #[test]
    fn weights_decide_and_zero_excludes() {
        for (accept, format) in [
            ("application/openmetrics-text, text/plain", Format::Text),
            (
                "application/openmetrics-text;q=0.9, text/plain;q=0.8",
                Format::OpenMetrics,
            ),
            ("application/openmetrics-text;q=0, */*", Format::Text),
            ("text/plain;q=0, */*;q=0.1", Format::OpenMetrics),
            ("text/*;q=0.2, application/*;q=0.3", Format::OpenMetrics),
            (
                "APPLICATION/OpenMetrics-Text ; Version=\"1.0.0\"",
                Format::OpenMetrics,
            ),
            ("application/openmetrics-text;version=2.0.0", Format::Text),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            ("application/json", Format::Text),
        ] {
            assert_eq!(negotiate(accept), format, "{accept}");
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
            assert_eq!(negotiate(accept), Format::Text, "{accept}");
        }
    }
}
