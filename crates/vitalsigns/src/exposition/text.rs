//! The text formats.

use std::borrow::Cow;
use std::ops::Range;

use super::escape::{escape_help, escape_label_value};
use super::escaping::{Named, escape_name, is_classic};
use super::{Escaping, Format, escaped_base, number, written_unit};
use crate::exemplar::{Kept, Slot, Slots};
use crate::foreign::ForeignFamily;
use crate::kind::Kind;
use crate::label::Labels;
use crate::sample::{Collect, HistogramValue, Number, Sink, Value};

/// How a page of text is written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) format: Format,
    pub(super) escaping: Escaping,
    /// Whether OpenMetrics has `_created` lines.
    pub(super) created: bool,
}

/// Writes one family: its metadata, then its series.
pub(super) fn write_family(
    family: &dyn Collect,
    style: Style,
    head: &mut String,
    page: &mut String,
) {
    let descriptor = family.descriptor();
    let (unit, help) = (descriptor.unit, descriptor.help);
    let suffix = descriptor.kind.suffix();
    let base = escaped_base(&descriptor.name, suffix, style.escaping);
    write_header(&base, descriptor.kind, unit, help, style, page);
    head.clear();
    head.push_str(&base);
    head.push_str(suffix);
    head.push('{');
    let mut writer = Writer {
        base: &base,
        head,
        lines: match &descriptor.buckets {
            Some(bounds) => bounds.len() + 3,
            None => descriptor.states.map_or(1, <[_]>::len),
        },
        style,
        page,
    };
    family.collect(&mut writer);
}

/// Writes a family of another library; its labels and values are text already.
pub(super) fn write_foreign(family: &ForeignFamily, style: Style, page: &mut String) {
    let complete = family.name();
    let base = escaped_base(&complete, family.kind.suffix(), style.escaping);
    let unit = family.unit.as_deref();
    write_header(&base, family.kind, unit, &family.help, style, page);
    let mut labels = String::new();
    for sample in &family.samples {
        labels.clear();
        for (name, escaped) in &sample.labels {
            if !labels.is_empty() {
                labels.push(',');
            }
            push_label_name(name, style.escaping, &mut labels);
            labels.push_str("=\"");
            labels.push_str(escaped);
            labels.push('"');
        }
        write_series(&base, &sample.suffix, &labels, "", page);
        page.push_str(&sample.value);
        page.push('\n');
    }
}

fn write_header(
    base: &str,
    kind: Kind,
    unit: Option<&str>,
    help: &str,
    style: Style,
    page: &mut String,
) {
    let is_open_metrics = style.format == Format::OpenMetrics;
    let (suffix, kind_name) = if is_open_metrics {
        ("", kind.as_str())
    } else {
        // The older formats know neither info nor state set, and have the suffix in the name.
        let kind_name = match kind {
            Kind::Info | Kind::StateSet => "gauge",
            Kind::Unknown => "untyped",
            other => other.as_str(),
        };
        (kind.suffix(), kind_name)
    };
    let quote = if is_classic(base, Named::Metric) {
        ""
    } else {
        "\""
    };
    let mut line = |keyword: &str| {
        page.push_str("# ");
        page.push_str(keyword);
        page.push(' ');
        page.push_str(quote);
        push_quoted(base, page);
        page.push_str(suffix);
        page.push_str(quote);
        page.push(' ');
        match keyword {
            "HELP" => escape_help(help, is_open_metrics, page),
            "TYPE" => page.push_str(kind_name),
            _ => page.push_str(unit.unwrap_or_default()),
        }
        page.push('\n');
    };
    line("HELP");
    line("TYPE");
    if is_open_metrics && written_unit(base, unit).is_some() {
        line("UNIT");
    }
}

/// Writes a line up to its value. A name that is not classic stands in the braces, in quotes.
fn write_series(base: &str, suffix: &str, labels: &str, extra: &str, page: &mut String) {
    let classic = is_classic(base, Named::Metric);
    if classic {
        page.push_str(base);
        page.push_str(suffix);
    } else {
        page.push_str("{\"");
        push_quoted(base, page);
        page.push_str(suffix);
        page.push('"');
    }
    let mut separator = if classic { '{' } else { ',' };
    for part in [labels, extra] {
        if !part.is_empty() {
            page.push(separator);
            page.push_str(part);
            separator = ',';
        }
    }
    if separator == ',' {
        page.push('}');
    }
    page.push(' ');
}

fn push_quoted(name: &str, page: &mut String) {
    escape_label_value(name, page);
}

fn push_label_name(name: &str, escaping: Escaping, page: &mut String) {
    let name = escape_name(name, Named::Label, escaping);
    if is_classic(&name, Named::Label) {
        page.push_str(&name);
    } else {
        page.push('"');
        push_quoted(&name, page);
        page.push('"');
    }
}

/// Labels as they were rendered once, with other names.
fn renamed(rendered: &str, escaping: Escaping) -> String {
    let mut labels = String::with_capacity(rendered.len() + 8);
    let mut rest = rendered;
    while let Some((name, value)) = rest.split_once("=\"") {
        push_label_name(name, escaping, &mut labels);
        labels.push_str("=\"");
        let mut escaped = false;
        let end = value.bytes().position(|byte| {
            let was_escaped = std::mem::take(&mut escaped);
            escaped = byte == b'\\' && !was_escaped;
            byte == b'"' && !was_escaped
        });
        let (value, behind) = value.split_at(end.map_or(value.len(), |end| end + 1));
        labels.push_str(value);
        rest = behind.strip_prefix(',').unwrap_or(behind);
        if !rest.is_empty() {
            labels.push(',');
        }
    }
    labels
}

/// Writes what stands behind a value: ` # {trace_id="…"} 0.25 1700000000.125`.
fn write_exemplar(exemplar: &Kept, page: &mut String) {
    page.push_str(" # {");
    let mut separator = "";
    exemplar.labels.each(|name, value| {
        page.push_str(separator);
        separator = ",";
        page.push_str(name);
        page.push_str("=\"");
        escape_label_value(value, page);
        page.push('"');
    });
    page.push_str("} ");
    number::write(Number::Float(exemplar.value), page);
    let (seconds, millis) = (exemplar.at.as_secs(), exemplar.at.subsec_millis());
    page.push_str(&format!(" {seconds}.{millis:03}"));
}

struct Writer<'a> {
    /// Without the suffix of the kind.
    base: &'a str,
    /// The name with the suffix of the kind, and the brace behind it.
    head: &'a str,
    /// How many lines a series has.
    lines: usize,
    style: Style,
    page: &'a mut String,
}

impl Writer<'_> {
    /// The one sample of a series that has no other, up to the end of its value.
    fn value(&mut self, labels: &str, value: Number) {
        // Our own names are classic, so this is `write_series` without a look at the name.
        if labels.is_empty() {
            self.page.push_str(&self.head[..self.head.len() - 1]);
            self.page.push(' ');
        } else {
            self.page.push_str(self.head);
            self.page.push_str(labels);
            self.page.push_str("} ");
        }
        number::write(value, self.page);
    }

    /// A sample with a suffix of its own.
    fn sample(&mut self, suffix: &str, labels: &str, value: Number) {
        self.page.push_str(self.base);
        self.page.push_str(suffix);
        if labels.is_empty() {
            self.page.push(' ');
        } else {
            self.page.push('{');
            self.page.push_str(labels);
            self.page.push_str("} ");
        }
        number::write(value, self.page);
        self.page.push('\n');
    }

    /// A line up to its last label: the same in front of every bucket and every state.
    fn open(&mut self, suffix: &str, labels: &str) -> Range<usize> {
        let start = self.page.len();
        self.page.push_str(self.base);
        self.page.push_str(suffix);
        self.page.push('{');
        if !labels.is_empty() {
            self.page.push_str(labels);
            self.page.push(',');
        }
        start..self.page.len()
    }

    /// The end of a line, with an exemplar if the format knows such a thing and there is one.
    fn end_with(&mut self, read: impl FnOnce() -> Option<Kept>) {
        if self.style.format == Format::OpenMetrics
            && let Some(exemplar) = read()
        {
            write_exemplar(&exemplar, self.page);
        }
        self.page.push('\n');
    }

    /// When the series began, in seconds.
    fn created(&mut self, labels: &str, own: &Labels<'_>) {
        if self.style.created && self.style.format == Format::OpenMetrics {
            let seconds = own.created as f64 / 1e3;
            self.sample("_created", labels, Number::Float(seconds));
        }
    }

    fn histogram(&mut self, labels: &str, value: HistogramValue<'_>) {
        let mut total = 0;
        let opened = self.open("_bucket", labels);
        for (index, (bound, count)) in value.bound_labels.iter().zip(value.counts).enumerate() {
            if index > 0 {
                self.page.extend_from_within(opened.clone());
            }
            self.page.push_str(bound);
            self.page.push_str("} ");
            total += count;
            number::write(Number::Unsigned(total), self.page);
            self.end_with(|| match value.bounds {
                // Its one bucket has room for one exemplar.
                [] => value.exemplars.and_then(Slots::newest),
                _ => value.exemplars.and_then(|slots| slots.of_bucket(index)),
            });
        }
        if value.has_sum() {
            self.sample("_sum", labels, Number::Float(value.sum));
            self.sample("_count", labels, Number::Unsigned(total));
        }
    }

    fn state_set(&mut self, labels: &str, states: &[&str], on: u64) {
        for (bit, state) in states.iter().enumerate() {
            self.open("", labels);
            // The label has the name of the metric, as that is written.
            self.page.push_str(self.base);
            self.page.push_str("=\"");
            escape_label_value(state, self.page);
            self.page.push_str("\"} ");
            number::write(Number::Unsigned(on >> bit & 1), self.page);
            self.page.push('\n');
        }
    }
}

impl Sink for Writer<'_> {
    fn head(&self) -> &str {
        self.head
    }

    fn expect(&mut self, series: usize, labels: usize) {
        let digits = 8;
        let length = (labels + series * (self.head.len() + digits)) * self.lines;
        // A page is made as long as the last one was: only what that did not have counts here.
        if length / 2 > self.page.capacity() - self.page.len() {
            self.page.reserve(length);
        }
    }

    fn series(&mut self, own: &Labels<'_>, value: Value<'_>) {
        let keeps = self.style.escaping.keeps_classic();
        // The usual line, with its head in front already: one copy up to the value.
        if keeps
            && own.head == self.head.len()
            && own.line.len() > own.head
            && let Value::Counter(number, _) | Value::Gauge(number) = value
        {
            self.page.push_str(own.line);
            self.page.push_str("} ");
            number::write(number, self.page);
            if let Value::Counter(_, exemplar) = value {
                self.end_with(|| exemplar.and_then(Slot::read));
                self.created(own.rendered(), own);
            } else {
                self.page.push('\n');
            }
            return;
        }
        let labels = if keeps {
            Cow::Borrowed(own.rendered())
        } else {
            Cow::Owned(renamed(own.rendered(), self.style.escaping))
        };
        let labels = &*labels;
        match value {
            Value::Counter(number, exemplar) => {
                self.value(labels, number);
                self.end_with(|| exemplar.and_then(Slot::read));
                self.created(labels, own);
            }
            Value::Gauge(number) => {
                self.value(labels, number);
                self.page.push('\n');
            }
            Value::Info => {
                self.value(labels, Number::Unsigned(1));
                self.page.push('\n');
            }
            Value::Histogram(histogram) => {
                self.histogram(labels, histogram);
                self.created(labels, own);
            }
            Value::StateSet { states, on } => self.state_set(labels, states, on),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_renamed_and_their_values_stay() {
        assert_eq!(
            renamed("a_b=\"x_y=\\\"\\\\\",c=\"\"", Escaping::Dots),
            "a__b=\"x_y=\\\"\\\\\",c=\"\""
        );
        assert_eq!(renamed("", Escaping::Dots), "");
    }

    #[test]
    fn a_name_that_is_not_classic_stands_in_the_braces() {
        let written = |base, labels, extra| {
            let mut page = String::new();
            write_series(base, "_total", labels, extra, &mut page);
            page
        };
        assert_eq!(written("a", "", ""), "a_total ");
        assert_eq!(
            written("a", "b=\"c\"", "d=\"e\""),
            "a_total{b=\"c\",d=\"e\"} "
        );
        assert_eq!(written("a.b", "", ""), "{\"a.b_total\"} ");
        assert_eq!(written("a.b", "", "d=\"e\""), "{\"a.b_total\",d=\"e\"} ");
    }
}
