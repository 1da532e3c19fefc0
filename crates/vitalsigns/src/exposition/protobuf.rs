//! The Prometheus protobuf format: `io.prometheus.client.MetricFamily`, each with its length in
//! front.
//!
//! Written by hand: it is five messages, and a runtime for them would be the largest dependency.
//! The numbers are those of `metrics.proto` in prometheus/client_model.

use std::borrow::Cow;
use std::time::Duration;

use super::escaping::{Named, escape_name};
use super::{Escaping, escaped_base, written_unit};
use crate::descriptor::Descriptor;
use crate::exemplar::{Kept, Slot, Slots};
use crate::foreign::{ForeignFamily, ForeignSample};
use crate::kind::Kind;
use crate::label::Labels;
use crate::metric::{NativeBuckets, ZERO_THRESHOLD};
use crate::sample::{Collect, HistogramValue, Number, Sink, Value};

/// Numbers of the fields.
mod field {
    pub(super) const FAMILY_NAME: u32 = 1;
    pub(super) const FAMILY_HELP: u32 = 2;
    pub(super) const FAMILY_TYPE: u32 = 3;
    pub(super) const FAMILY_METRIC: u32 = 4;
    pub(super) const FAMILY_UNIT: u32 = 5;

    pub(super) const METRIC_LABEL: u32 = 1;
    pub(super) const METRIC_GAUGE: u32 = 2;
    pub(super) const METRIC_COUNTER: u32 = 3;
    pub(super) const METRIC_UNTYPED: u32 = 5;
    pub(super) const METRIC_HISTOGRAM: u32 = 7;

    pub(super) const LABEL_NAME: u32 = 1;
    pub(super) const LABEL_VALUE: u32 = 2;

    /// Of a gauge, a counter and an untyped value.
    pub(super) const VALUE: u32 = 1;
    pub(super) const COUNTER_EXEMPLAR: u32 = 2;
    pub(super) const COUNTER_CREATED: u32 = 3;

    pub(super) const SAMPLE_COUNT: u32 = 1;
    pub(super) const SAMPLE_SUM: u32 = 2;
    pub(super) const BUCKET: u32 = 3;
    pub(super) const SCHEMA: u32 = 5;
    pub(super) const ZERO_THRESHOLD: u32 = 6;
    pub(super) const ZERO_COUNT: u32 = 7;
    pub(super) const NEGATIVE_SPAN: u32 = 9;
    pub(super) const NEGATIVE_DELTA: u32 = 10;
    pub(super) const POSITIVE_SPAN: u32 = 12;
    pub(super) const POSITIVE_DELTA: u32 = 13;
    pub(super) const HISTOGRAM_CREATED: u32 = 15;
    pub(super) const HISTOGRAM_EXEMPLAR: u32 = 16;

    pub(super) const CUMULATIVE_COUNT: u32 = 1;
    pub(super) const UPPER_BOUND: u32 = 2;
    pub(super) const BUCKET_EXEMPLAR: u32 = 3;

    pub(super) const EXEMPLAR_LABEL: u32 = 1;
    pub(super) const EXEMPLAR_VALUE: u32 = 2;
    pub(super) const EXEMPLAR_TIMESTAMP: u32 = 3;

    pub(super) const SPAN_OFFSET: u32 = 1;
    pub(super) const SPAN_LENGTH: u32 = 2;

    pub(super) const SECONDS: u32 = 1;
    pub(super) const NANOS: u32 = 2;
}

/// Writes one family, also one without series: what is registered is on the page.
pub(super) fn write_family(family: &dyn Collect, escaping: Escaping, page: &mut Vec<u8>) {
    let descriptor = family.descriptor();
    let name = escape_name(&descriptor.name, Named::Metric, escaping);
    let mut wire = Wire(page);
    wire.delimited(|wire| {
        header(
            wire,
            &name,
            descriptor.kind,
            descriptor.unit,
            descriptor.help,
        );
        let mut writer = Writer {
            descriptor,
            name: &name,
            escaping,
            wire,
        };
        family.collect(&mut writer);
    });
}

fn header(wire: &mut Wire<'_>, name: &str, kind: Kind, unit: Option<&str>, help: &str) {
    wire.text(field::FAMILY_NAME, name);
    wire.text(field::FAMILY_HELP, help);
    let number = match kind {
        Kind::Counter => 0,
        // It knows neither info nor state set.
        Kind::Gauge | Kind::Info | Kind::StateSet => 1,
        Kind::Unknown => 3,
        Kind::Histogram => 4,
    };
    wire.unsigned(field::FAMILY_TYPE, number);
    let base = name.strip_suffix(kind.suffix()).unwrap_or(name);
    if let Some(unit) = written_unit(base, unit) {
        wire.text(field::FAMILY_UNIT, unit);
    }
}

struct Writer<'a, 'b> {
    descriptor: &'a Descriptor,
    /// As it is written.
    name: &'a str,
    escaping: Escaping,
    wire: &'a mut Wire<'b>,
}

impl Sink for Writer<'_, '_> {
    fn series(&mut self, labels: &Labels<'_>, value: Value<'_>) {
        let created = labels.created();
        match value {
            Value::Counter(number, exemplar) => {
                let exemplar = exemplar.and_then(Slot::read);
                self.metric(labels, None, |wire| {
                    counter(wire, number.as_f64(), exemplar.as_ref(), Some(created));
                });
            }
            Value::Gauge(number) => {
                self.metric(labels, None, |wire| gauge(wire, number));
            }
            Value::Info => {
                self.metric(labels, None, |wire| gauge(wire, Number::Unsigned(1)));
            }
            Value::Histogram(histogram) => {
                self.metric(labels, None, |wire| own_histogram(wire, histogram, created));
            }
            Value::StateSet { states, on } => {
                for (bit, state) in states.iter().enumerate() {
                    let is_on = Number::Unsigned(on >> bit & 1);
                    self.metric(labels, Some(state), |wire| gauge(wire, is_on));
                }
            }
        }
    }
}

impl Writer<'_, '_> {
    fn metric(
        &mut self,
        labels: &Labels<'_>,
        state: Option<&str>,
        value: impl FnOnce(&mut Wire<'_>),
    ) {
        let escaping = self.escaping;
        let constant = self.descriptor.constant.iter();
        let constant = constant.map(|(name, value)| (name.as_str(), value.as_str()));
        self.wire.message(field::FAMILY_METRIC, |wire| {
            let constant = constant.map(|(name, value)| (name, Cow::Borrowed(value)));
            for (name, value) in constant.chain(labels.pairs()) {
                let name = escape_name(name, Named::Label, escaping);
                label(wire, field::METRIC_LABEL, &name, &value);
            }
            if let Some(state) = state {
                label(wire, field::METRIC_LABEL, self.name, state);
            }
            value(wire);
        });
    }
}

fn label(wire: &mut Wire<'_>, field: u32, name: &str, value: &str) {
    wire.message(field, |wire| {
        wire.text(field::LABEL_NAME, name);
        wire.text(field::LABEL_VALUE, value);
    });
}

fn counter(wire: &mut Wire<'_>, value: f64, exemplar: Option<&Kept>, began: Option<Duration>) {
    wire.message(field::METRIC_COUNTER, |wire| {
        wire.float(field::VALUE, value);
        if let Some(exemplar) = exemplar {
            write_exemplar(wire, field::COUNTER_EXEMPLAR, exemplar);
        }
        if let Some(began) = began {
            timestamp(wire, field::COUNTER_CREATED, began);
        }
    });
}

fn gauge(wire: &mut Wire<'_>, value: Number) {
    wire.message(field::METRIC_GAUGE, |wire| {
        wire.float(field::VALUE, value.as_f64());
    });
}

/// A time since 1970.
fn timestamp(wire: &mut Wire<'_>, field: u32, time: Duration) {
    wire.message(field, |wire| {
        wire.unsigned(field::SECONDS, time.as_secs());
        wire.unsigned(field::NANOS, u64::from(time.subsec_nanos()));
    });
}

fn write_exemplar(wire: &mut Wire<'_>, field: u32, exemplar: &Kept) {
    wire.message(field, |wire| {
        let labels = &exemplar.labels;
        labels.each(|name, value| label(wire, field::EXEMPLAR_LABEL, name, value));
        wire.float(field::EXEMPLAR_VALUE, exemplar.value);
        timestamp(wire, field::EXEMPLAR_TIMESTAMP, exemplar.at);
    });
}

/// A classic histogram, a native one, or one that is both. The `+Inf` bucket is the count.
fn own_histogram(wire: &mut Wire<'_>, value: HistogramValue<'_>, began: Duration) {
    let native = value.native.map(|native| native.read());
    let count = match &native {
        // Its buckets must add up to the count.
        Some(native) => native.count(),
        None => value.counts.iter().sum(),
    };
    wire.message(field::METRIC_HISTOGRAM, |wire| {
        wire.unsigned(field::SAMPLE_COUNT, count);
        wire.float(field::SAMPLE_SUM, value.sum);
        let mut total = 0;
        let of_bucket = |index| value.exemplars.and_then(|slots| slots.of_bucket(index));
        for (index, (bound, count)) in value.bounds.iter().zip(value.counts).enumerate() {
            total += count;
            bucket(wire, *bound, total, of_bucket(index).as_ref());
        }
        // It stands on the page where there is something to say that the count does not.
        if !value.bounds.is_empty()
            && let last @ Some(_) = &of_bucket(value.bounds.len())
        {
            bucket(wire, f64::INFINITY, count, last.as_ref());
        }
        if let Some(native) = native {
            native_buckets(wire, &native);
            for exemplar in value.exemplars.into_iter().flat_map(Slots::read) {
                write_exemplar(wire, field::HISTOGRAM_EXEMPLAR, &exemplar);
            }
        }
        timestamp(wire, field::HISTOGRAM_CREATED, began);
    });
}

fn bucket(wire: &mut Wire<'_>, bound: f64, total: u64, exemplar: Option<&Kept>) {
    wire.message(field::BUCKET, |wire| {
        wire.unsigned(field::CUMULATIVE_COUNT, total);
        wire.float(field::UPPER_BOUND, bound);
        if let Some(exemplar) = exemplar {
            write_exemplar(wire, field::BUCKET_EXEMPLAR, exemplar);
        }
    });
}

fn native_buckets(wire: &mut Wire<'_>, native: &NativeBuckets) {
    wire.signed(field::SCHEMA, i64::from(native.schema));
    wire.float(field::ZERO_THRESHOLD, ZERO_THRESHOLD);
    wire.unsigned(field::ZERO_COUNT, native.zero);
    for (buckets, span_field, delta_field) in [
        (
            &native.negative,
            field::NEGATIVE_SPAN,
            field::NEGATIVE_DELTA,
        ),
        (
            &native.positive,
            field::POSITIVE_SPAN,
            field::POSITIVE_DELTA,
        ),
    ] {
        let (spans, deltas) = spans(buckets);
        for (offset, length) in spans {
            wire.message(span_field, |wire| {
                wire.signed(field::SPAN_OFFSET, i64::from(offset));
                wire.unsigned(field::SPAN_LENGTH, length);
            });
        }
        if !deltas.is_empty() {
            wire.message(delta_field, |wire| {
                for delta in deltas {
                    wire.varint(zigzag(delta));
                }
            });
        }
    }
}

/// The most empty buckets that are cheaper to write than a new span.
const GAP: i32 = 2;

/// Runs of buckets, each as far behind the one before as its offset says, and the difference of
/// each bucket to the one before it.
fn spans(buckets: &[(i32, u64)]) -> (Vec<(i32, u64)>, Vec<i64>) {
    let mut spans: Vec<(i32, u64)> = Vec::new();
    let mut deltas = Vec::with_capacity(buckets.len());
    let (mut next, mut before) = (0, 0_u64);
    let mut push = |length: &mut u64, count: u64| {
        *length += 1;
        deltas.push(count.wrapping_sub(before) as i64);
        before = count;
    };
    for (index, count) in buckets {
        let gap = index - next;
        match spans.last_mut() {
            Some((_, length)) if gap <= GAP => {
                for _ in 0..gap {
                    push(length, 0);
                }
                push(length, *count);
            }
            _ => {
                let mut length = 0;
                push(&mut length, *count);
                spans.push((gap, length));
            }
        }
        next = index + 1;
    }
    (spans, deltas)
}

/// Writes a family of another library, whose samples are text.
pub(super) fn write_foreign(family: &ForeignFamily, escaping: Escaping, page: &mut Vec<u8>) {
    let complete = family.name();
    let base = escaped_base(&complete, family.kind.suffix(), escaping);
    let name = format!("{base}{}", family.kind.suffix());
    let mut wire = Wire(page);
    wire.delimited(|wire| {
        header(
            wire,
            &name,
            family.kind,
            family.unit.as_deref(),
            &family.help,
        );
        // The samples of one histogram stand together.
        let same = |a: &ForeignSample, b: &ForeignSample| {
            family.kind == Kind::Histogram && labels(a).eq(labels(b))
        };
        for samples in family.samples.chunk_by(same) {
            wire.message(field::FAMILY_METRIC, |wire| {
                for (name, escaped) in labels(&samples[0]) {
                    let name = escape_name(name, Named::Label, escaping);
                    label(wire, field::METRIC_LABEL, &name, &unescaped(escaped));
                }
                let value = number(&samples[0]);
                match family.kind {
                    Kind::Counter => counter(wire, value, None, None),
                    Kind::Histogram => foreign_histogram(wire, samples),
                    Kind::Unknown => wire.message(field::METRIC_UNTYPED, |wire| {
                        wire.float(field::VALUE, value);
                    }),
                    _ => gauge(wire, Number::Float(value)),
                }
            });
        }
    });
}

/// The labels that tell series apart.
fn labels(sample: &ForeignSample) -> impl Iterator<Item = &(String, String)> {
    sample
        .labels
        .iter()
        .filter(|(name, _)| !(sample.suffix == "_bucket" && name == "le"))
}

fn number(sample: &ForeignSample) -> f64 {
    // It was read as a number before it came here.
    sample.value.parse().unwrap_or(f64::NAN)
}

fn foreign_histogram(wire: &mut Wire<'_>, samples: &[ForeignSample]) {
    wire.message(field::METRIC_HISTOGRAM, |wire| {
        for sample in samples {
            // Exact also beyond 2^53.
            let count = || sample.value.parse().unwrap_or(number(sample) as u64);
            match sample.suffix.as_str() {
                "_count" => wire.unsigned(field::SAMPLE_COUNT, count()),
                "_sum" => wire.float(field::SAMPLE_SUM, number(sample)),
                _ => {
                    let bound = sample.labels.iter().find(|(name, _)| name == "le");
                    let bound = bound.and_then(|(_, bound)| bound.parse().ok());
                    bucket(wire, bound.unwrap_or(f64::INFINITY), count(), None);
                }
            }
        }
    });
}

/// A label value as it was before it was escaped for text.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => value.push('\n'),
                Some(other) => value.push(other),
                None => value.push(c),
            },
            (c, _) => value.push(c),
        }
    }
    Cow::Owned(value)
}

/// The names of the families on a page; `None` if it is cut off or none.
pub(crate) fn family_names(mut page: &[u8]) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    while !page.is_empty() {
        let mut family = take_message(&mut page)?;
        // The name is the first field of a family.
        if take_varint(&mut family)? != tag(field::FAMILY_NAME, LENGTH) {
            return None;
        }
        names.push(std::str::from_utf8(take_message(&mut family)?).ok()?);
    }
    Some(names)
}

fn take_message<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_varint(bytes)?).ok()?;
    let (message, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(message)
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

// How a field is written.
const VARINT: u32 = 0;
const EIGHT_BYTES: u32 = 1;
const LENGTH: u32 = 2;

const fn tag(field: u32, how: u32) -> u64 {
    (field << 3 | how) as u64
}

/// Small numbers of either sign become small numbers.
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Writes fields.
struct Wire<'a>(&'a mut Vec<u8>);

impl Wire<'_> {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn unsigned(&mut self, field: u32, value: u64) {
        self.varint(tag(field, VARINT));
        self.varint(value);
    }

    fn signed(&mut self, field: u32, value: i64) {
        self.unsigned(field, zigzag(value));
    }

    fn float(&mut self, field: u32, value: f64) {
        self.varint(tag(field, EIGHT_BYTES));
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn text(&mut self, field: u32, text: &str) {
        self.varint(tag(field, LENGTH));
        self.varint(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn message(&mut self, field: u32, write: impl FnOnce(&mut Wire<'_>)) {
        self.varint(tag(field, LENGTH));
        self.delimited(write);
    }

    /// What `write` writes, with its length in front.
    fn delimited(&mut self, write: impl FnOnce(&mut Wire<'_>)) {
        // One byte is enough for most lengths; what is longer moves.
        let start = self.0.len();
        self.0.push(0);
        write(&mut Wire(self.0));
        let length = self.0.len() - start - 1;
        let bytes = (length.max(1).ilog2() / 7) as usize;
        self.0.resize(self.0.len() + bytes, 0);
        self.0
            .copy_within(start + 1..start + 1 + length, start + 1 + bytes);
        let mut rest = length;
        for place in &mut self.0[start..start + bytes] {
            *place = rest as u8 | 0x80;
            rest >>= 7;
        }
        self.0[start + bytes] = rest as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_stand_in_front_whatever_they_are() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
            let mut page = vec![7];
            let body: Vec<u8> = (0..length).map(|index| index as u8).collect();
            Wire(&mut page).delimited(|wire| wire.0.extend_from_slice(&body));
            let mut rest = &page[1..];
            assert_eq!(take_message(&mut rest), Some(&body[..]));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn buckets_with_small_gaps_share_a_span() {
        let (runs, deltas) = spans(&[(-3, 2), (-2, 5), (1, 1), (5, 4)]);
        assert_eq!(runs, [(-3, 5), (3, 1)]);
        assert_eq!(deltas, [2, 3, -5, 0, 1, 3]);
        assert_eq!(spans(&[]), (vec![], vec![]));
    }

    #[test]
    fn a_page_that_is_cut_off_has_no_names() {
        let mut page = Vec::new();
        Wire(&mut page).delimited(|wire| wire.text(field::FAMILY_NAME, "name"));
        assert_eq!(family_names(&page), Some(vec!["name"]));
        assert_eq!(family_names(&page[..page.len() - 1]), None);
        assert_eq!(family_names(b"# HELP a b\n"), None);
        assert_eq!(family_names(b""), Some(vec![]));
    }

    #[test]
    fn values_are_unescaped() {
        assert_eq!(unescaped("a\\\"b\\\\c\\nd"), "a\"b\\c\nd");
        assert_eq!(unescaped("plain"), "plain");
    }
}
