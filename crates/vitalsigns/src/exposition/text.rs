//! The two text formats.

use super::Format;
use super::escape::{escape_help, escape_label_value};
use super::number;
use crate::foreign::ForeignFamily;
use crate::kind::Kind;
use crate::label::Key;
use crate::sample::{Collect, HistogramValue, Number, Sink, Value};

/// Writes one family: its metadata, then its series.
pub(super) fn write_family(family: &dyn Collect, format: Format, page: &mut String) {
    let descriptor = family.descriptor();
    write_header(
        descriptor.base_name(),
        descriptor.kind,
        descriptor.unit,
        descriptor.help,
        format,
        page,
    );
    let mut writer = Writer {
        name: &descriptor.name,
        base: descriptor.base_name(),
        page,
    };
    family.collect(&mut writer);
}

fn write_header(
    base: &str,
    kind: Kind,
    unit: Option<&str>,
    help: &str,
    format: Format,
    page: &mut String,
) {
    let (suffix, kind_name) = match format {
        Format::OpenMetrics => ("", kind.as_str()),
        // The older format knows neither info nor state set, and has the suffix in the name.
        Format::Text => (
            kind.suffix(),
            match kind {
                Kind::Info | Kind::StateSet => "gauge",
                Kind::Unknown => "untyped",
                other => other.as_str(),
            },
        ),
    };
    let mut line = |keyword: &str| {
        page.push_str("# ");
        page.push_str(keyword);
        page.push(' ');
        page.push_str(base);
        page.push_str(suffix);
        page.push(' ');
        match keyword {
            "HELP" => escape_help(help, format == Format::OpenMetrics, page),
            "TYPE" => page.push_str(kind_name),
            _ => page.push_str(unit.unwrap_or_default()),
        }
        page.push('\n');
    };
    line("HELP");
    line("TYPE");
    if format == Format::OpenMetrics && unit.is_some() {
        line("UNIT");
    }
}

struct Writer<'a> {
    /// With suffix: what a counter's or an info metric's samples are called.
    name: &'a str,
    base: &'a str,
    page: &'a mut String,
}

impl Writer<'_> {
    fn sample(&mut self, name_suffix: (&str, &str), labels: &str, extra: &str, value: Number) {
        let (name, suffix) = name_suffix;
        self.page.push_str(name);
        self.page.push_str(suffix);
        if !(labels.is_empty() && extra.is_empty()) {
            self.page.push('{');
            self.page.push_str(labels);
            if !(labels.is_empty() || extra.is_empty()) {
                self.page.push(',');
            }
            self.page.push_str(extra);
            self.page.push('}');
        }
        self.page.push(' ');
        number::write(value, self.page);
        self.page.push('\n');
    }

    fn histogram(&mut self, labels: &str, value: HistogramValue<'_>) {
        let mut total = 0;
        for (bound, count) in value.bound_labels.iter().zip(value.counts) {
            total += count;
            self.sample(
                (self.base, "_bucket"),
                labels,
                bound,
                Number::Unsigned(total),
            );
        }
        if value.has_sum() {
            self.sample((self.base, "_sum"), labels, "", Number::Float(value.sum));
            self.sample((self.base, "_count"), labels, "", Number::Unsigned(total));
        }
    }

    fn state_set(&mut self, labels: &str, states: &[&str], on: u64) {
        let mut state_label = String::new();
        for (bit, state) in states.iter().enumerate() {
            state_label.clear();
            state_label.push_str(self.base);
            state_label.push_str("=\"");
            escape_label_value(state, &mut state_label);
            state_label.push('"');
            self.sample(
                (self.base, ""),
                labels,
                &state_label,
                Number::Unsigned(on >> bit & 1),
            );
        }
    }
}

impl Sink for Writer<'_> {
    fn series(&mut self, key: &Key, value: Value<'_>) {
        let labels = key.rendered();
        match value {
            Value::Counter(number) | Value::Gauge(number) => {
                self.sample((self.name, ""), labels, "", number);
            }
            Value::Info => self.sample((self.name, ""), labels, "", Number::Unsigned(1)),
            Value::Histogram(histogram) => self.histogram(labels, histogram),
            Value::StateSet { states, on } => self.state_set(labels, states, on),
        }
    }
}

/// Writes a family of another library; its labels and values are text already.
pub(super) fn write_foreign(family: &ForeignFamily, format: Format, page: &mut String) {
    let unit = family.unit.as_deref();
    write_header(&family.base, family.kind, unit, &family.help, format, page);
    for sample in &family.samples {
        page.push_str(&family.base);
        page.push_str(&sample.suffix);
        if !sample.labels.is_empty() {
            for (index, (name, escaped)) in sample.labels.iter().enumerate() {
                page.push(if index == 0 { '{' } else { ',' });
                page.push_str(name);
                page.push_str("=\"");
                page.push_str(escaped);
                page.push('"');
            }
            page.push('}');
        }
        page.push(' ');
        page.push_str(&sample.value);
        page.push('\n');
    }
}
