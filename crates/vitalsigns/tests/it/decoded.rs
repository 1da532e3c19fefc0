//! Pages as others read them: the text formats by their grammar, protobuf by prost.

use std::collections::BTreeMap;

/// Label names and values, sorted.
pub(crate) type Labels = BTreeMap<String, String>;

/// One sample: its name and labels, and the value as the nearest float.
pub(crate) type Samples = BTreeMap<(String, Labels), Float>;

/// A float that is equal to itself: by its bits, with one NaN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Float(u64);

impl From<f64> for Float {
    fn from(value: f64) -> Self {
        let value = if value.is_nan() { f64::NAN } else { value };
        Float(value.to_bits())
    }
}

impl Float {
    pub(crate) fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl std::fmt::Debug for Float {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:e}", self.get())
    }
}

/// What no two pages have in common is left out.
const CLOCK: &str = "vitalsigns_collector_last_success_timestamp_seconds";

/// The exemplars of a page, by sample.
pub(crate) type Exemplars = BTreeMap<(String, Labels), Exemplar>;

/// Labels, the value, and the time in thousandths of a second.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exemplar {
    pub(crate) labels: Labels,
    pub(crate) value: Float,
    pub(crate) millis: i64,
}

/// Reads the samples of a text page. A series that stands twice is a panic.
pub(crate) fn of_text(page: &str) -> Samples {
    let mut samples = Samples::new();
    for (key, value, _) in lines(page) {
        if key.0.replace("__", "_") == CLOCK {
            continue;
        }
        let twice = samples.insert(key.clone(), value);
        assert_eq!(twice, None, "twice: {key:?}");
    }
    samples
}

/// Reads the exemplars of a text page.
pub(crate) fn exemplars_of_text(page: &str) -> Exemplars {
    let lines = lines(page);
    lines
        .filter_map(|(key, _, exemplar)| Some((key, exemplar?)))
        .collect()
}

/// Name and labels, value, and exemplar of each line.
fn lines(page: &str) -> impl Iterator<Item = ((String, Labels), Float, Option<Exemplar>)> {
    page.split('\n')
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let end = line.find(['{', ' ']).unwrap();
            let mut name = line[..end].to_owned();
            let (labels, rest) = take_labels(&mut name, &line[end..]);
            assert!(!name.is_empty(), "{line}");
            let rest = rest.strip_prefix(' ').unwrap();
            let (value, behind) = match rest.split_once(" # ") {
                Some((value, behind)) => (value, Some(behind)),
                None => (rest, None),
            };
            let value: f64 = value.parse().unwrap();
            let exemplar = behind.map(|behind| {
                let (labels, rest) = take_labels(&mut String::new(), behind);
                let (value, time) = rest.strip_prefix(' ').unwrap().split_once(' ').unwrap();
                let (seconds, millis) = time.split_once('.').unwrap();
                assert_eq!(millis.len(), 3, "{line}");
                Exemplar {
                    labels,
                    value: Float::from(value.parse::<f64>().unwrap()),
                    millis: format!("{seconds}{millis}").parse().unwrap(),
                }
            });
            ((name, labels), Float::from(value), exemplar)
        })
}

/// Labels in braces, if there are any, and what is behind them; a name may stand among them.
fn take_labels<'a>(name: &mut String, line: &'a str) -> (Labels, &'a str) {
    let mut labels = Labels::new();
    let Some(mut rest) = line.strip_prefix('{') else {
        return (labels, line);
    };
    while !rest.starts_with('}') {
        rest = rest.strip_prefix(',').unwrap_or(rest);
        let word;
        if let Some(quoted) = rest.strip_prefix('"') {
            (word, rest) = unquote(quoted);
        } else {
            let end = rest.find('=').unwrap();
            word = rest[..end].to_owned();
            assert!(is_classic(&word), "{line}");
            rest = &rest[end..];
        }
        match rest.strip_prefix("=\"") {
            Some(quoted) => {
                let (value, behind) = unquote(quoted);
                assert_eq!(labels.insert(word, value), None, "{line}");
                rest = behind;
            }
            // A name in quotes, in front of the labels.
            None => {
                assert!(name.is_empty() && labels.is_empty(), "{line}");
                *name = word;
            }
        }
    }
    (labels, &rest[1..])
}

fn is_classic(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// What is in quotes, without its escapes, and what is behind it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    loop {
        match chars.next().unwrap() {
            (end, '"') => return (value, &quoted[end + 1..]),
            (_, '\\') => value.push(match chars.next().unwrap().1 {
                'n' => '\n',
                other @ ('\\' | '"') => other,
                other => panic!("unknown escape `{other}`"),
            }),
            (_, other) => value.push(other),
        }
    }
}

/// The messages of `metrics.proto`, as far as they are written.
pub(crate) mod proto {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct MetricFamily {
        #[prost(string, optional, tag = "1")]
        pub(crate) name: Option<String>,
        #[prost(string, optional, tag = "2")]
        pub(crate) help: Option<String>,
        #[prost(int32, optional, tag = "3")]
        pub(crate) kind: Option<i32>,
        #[prost(message, repeated, tag = "4")]
        pub(crate) metric: Vec<Metric>,
        #[prost(string, optional, tag = "5")]
        pub(crate) unit: Option<String>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Metric {
        #[prost(message, repeated, tag = "1")]
        pub(crate) label: Vec<LabelPair>,
        #[prost(message, optional, tag = "2")]
        pub(crate) gauge: Option<Value>,
        #[prost(message, optional, tag = "3")]
        pub(crate) counter: Option<Counter>,
        #[prost(message, optional, tag = "5")]
        pub(crate) untyped: Option<Value>,
        #[prost(message, optional, tag = "7")]
        pub(crate) histogram: Option<Histogram>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct LabelPair {
        #[prost(string, optional, tag = "1")]
        pub(crate) name: Option<String>,
        #[prost(string, optional, tag = "2")]
        pub(crate) value: Option<String>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Value {
        #[prost(double, optional, tag = "1")]
        pub(crate) value: Option<f64>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Counter {
        #[prost(double, optional, tag = "1")]
        pub(crate) value: Option<f64>,
        #[prost(message, optional, tag = "2")]
        pub(crate) exemplar: Option<Exemplar>,
        #[prost(message, optional, tag = "3")]
        pub(crate) created: Option<Timestamp>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Exemplar {
        #[prost(message, repeated, tag = "1")]
        pub(crate) label: Vec<LabelPair>,
        #[prost(double, optional, tag = "2")]
        pub(crate) value: Option<f64>,
        #[prost(message, optional, tag = "3")]
        pub(crate) timestamp: Option<Timestamp>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Timestamp {
        #[prost(int64, tag = "1")]
        pub(crate) seconds: i64,
        #[prost(int32, tag = "2")]
        pub(crate) nanos: i32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Histogram {
        #[prost(uint64, optional, tag = "1")]
        pub(crate) count: Option<u64>,
        #[prost(double, optional, tag = "2")]
        pub(crate) sum: Option<f64>,
        #[prost(message, repeated, tag = "3")]
        pub(crate) bucket: Vec<Bucket>,
        #[prost(sint32, optional, tag = "5")]
        pub(crate) schema: Option<i32>,
        #[prost(double, optional, tag = "6")]
        pub(crate) zero_threshold: Option<f64>,
        #[prost(uint64, optional, tag = "7")]
        pub(crate) zero_count: Option<u64>,
        #[prost(message, repeated, tag = "9")]
        pub(crate) negative_span: Vec<Span>,
        #[prost(sint64, repeated, tag = "10")]
        pub(crate) negative_delta: Vec<i64>,
        #[prost(message, repeated, tag = "12")]
        pub(crate) positive_span: Vec<Span>,
        #[prost(sint64, repeated, tag = "13")]
        pub(crate) positive_delta: Vec<i64>,
        #[prost(message, optional, tag = "15")]
        pub(crate) created: Option<Timestamp>,
        #[prost(message, repeated, tag = "16")]
        pub(crate) exemplar: Vec<Exemplar>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Bucket {
        #[prost(uint64, optional, tag = "1")]
        pub(crate) cumulative: Option<u64>,
        #[prost(double, optional, tag = "2")]
        pub(crate) upper: Option<f64>,
        #[prost(message, optional, tag = "3")]
        pub(crate) exemplar: Option<Exemplar>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Span {
        #[prost(sint32, optional, tag = "1")]
        pub(crate) offset: Option<i32>,
        #[prost(uint32, optional, tag = "2")]
        pub(crate) length: Option<u32>,
    }
}

/// The families of a protobuf page.
pub(crate) fn families(mut page: &[u8]) -> Vec<proto::MetricFamily> {
    let mut families = Vec::new();
    while !page.is_empty() {
        families.push(prost::Message::decode_length_delimited(&mut page).unwrap());
    }
    families
}

/// The samples that a scraper makes of a protobuf page.
pub(crate) fn of_protobuf(page: &[u8]) -> Samples {
    let mut samples = Samples::new();
    for family in families(page) {
        let name = family.name.unwrap();
        if name.replace("__", "_") == CLOCK {
            continue;
        }
        for metric in family.metric {
            let labels: Labels = metric
                .label
                .into_iter()
                .map(|pair| (pair.name.unwrap(), pair.value.unwrap()))
                .collect();
            let mut add = |suffix: &str, bound: Option<f64>, value: f64| {
                let mut labels = labels.clone();
                if let Some(bound) = bound {
                    labels.insert("le".to_owned(), bound_text(bound));
                }
                let key = (format!("{name}{suffix}"), labels);
                assert_eq!(
                    samples.insert(key, Float::from(value)),
                    None,
                    "twice: {name}"
                );
            };
            let values = [
                (
                    0,
                    metric
                        .counter
                        .as_ref()
                        .map(|counter| counter.value.unwrap()),
                ),
                (1, metric.gauge.map(|gauge| gauge.value.unwrap())),
                (3, metric.untyped.map(|untyped| untyped.value.unwrap())),
            ];
            for (kind, value) in values {
                assert_eq!(value.is_some(), family.kind == Some(kind), "{name}");
                if let Some(value) = value {
                    add("", None, value);
                }
            }
            if let Some(histogram) = metric.histogram {
                assert_eq!(family.kind, Some(4));
                let count = histogram.count.unwrap();
                for bucket in &histogram.bucket {
                    let total = bucket.cumulative.unwrap();
                    assert!(total <= count);
                    add("_bucket", bucket.upper, total as f64);
                }
                if histogram.bucket.last().and_then(|last| last.upper) != Some(f64::INFINITY) {
                    add("_bucket", Some(f64::INFINITY), count as f64);
                }
                add("_sum", None, histogram.sum.unwrap());
                add("_count", None, count as f64);
                if histogram.schema.is_some() {
                    let buckets = native(&histogram);
                    let all: u64 = buckets.values().sum();
                    assert_eq!(all + histogram.zero_count.unwrap(), count);
                }
            }
        }
    }
    samples
}

/// The exemplars of a protobuf page that text has as well: not those of native buckets.
pub(crate) fn exemplars_of_protobuf(page: &[u8]) -> Exemplars {
    let mut exemplars = Exemplars::new();
    for family in families(page) {
        let name = family.name.unwrap();
        for metric in family.metric {
            let labels = text_labels(&metric.label);
            if let Some(exemplar) = metric.counter.and_then(|counter| counter.exemplar) {
                exemplars.insert((name.clone(), labels.clone()), read_exemplar(&exemplar));
            }
            for bucket in metric.histogram.into_iter().flat_map(|own| own.bucket) {
                let Some(exemplar) = &bucket.exemplar else {
                    continue;
                };
                let mut labels = labels.clone();
                labels.insert("le".to_owned(), bound_text(bucket.upper.unwrap()));
                exemplars.insert((format!("{name}_bucket"), labels), read_exemplar(exemplar));
            }
        }
    }
    exemplars
}

fn text_labels(pairs: &[proto::LabelPair]) -> Labels {
    let pairs = pairs.iter().cloned();
    pairs
        .map(|pair| (pair.name.unwrap(), pair.value.unwrap()))
        .collect()
}

pub(crate) fn read_exemplar(exemplar: &proto::Exemplar) -> Exemplar {
    let time = exemplar.timestamp.as_ref().unwrap();
    Exemplar {
        labels: text_labels(&exemplar.label),
        value: Float::from(exemplar.value.unwrap()),
        millis: time.seconds * 1000 + i64::from(time.nanos) / 1_000_000,
    }
}

/// How Prometheus writes a bound that it read from protobuf.
fn bound_text(bound: f64) -> String {
    if bound == f64::INFINITY {
        return "+Inf".to_owned();
    }
    // The only ones in these tests.
    if bound.abs() >= 1e6 {
        return format!("{bound:e}")
            .replace('e', "e+")
            .replace("e+6", "e+06");
    }
    format!("{bound:?}")
}

/// The native buckets: numbers, negative ones for values below 0, in pairs with that sign.
pub(crate) fn native(histogram: &proto::Histogram) -> BTreeMap<(bool, i32), u64> {
    let mut buckets = BTreeMap::new();
    for (negative, spans, deltas) in [
        (true, &histogram.negative_span, &histogram.negative_delta),
        (false, &histogram.positive_span, &histogram.positive_delta),
    ] {
        let (mut index, mut count) = (0, 0);
        let mut deltas = deltas.iter();
        for (place, span) in spans.iter().enumerate() {
            let offset = span.offset.unwrap();
            assert!(place == 0 || offset > 0);
            index += offset;
            for _ in 0..span.length.unwrap() {
                count += deltas.next().unwrap();
                if count != 0 {
                    buckets.insert((negative, index), u64::try_from(count).unwrap());
                }
                index += 1;
            }
        }
        assert_eq!(deltas.next(), None);
    }
    buckets
}
