//! Metrics of every kind under hostile labels: every page reads back, and has what was recorded.

use std::collections::BTreeMap;

use vitalsigns::{
    ContentType, Counter, Escaping, Family, Format, Gauge, Histogram, Info, LabelSet, LabelValue,
    MetricGroup, Registry, StateSet,
};

use crate::bytes::Bytes;
use crate::decoded::{Float, Labels, Samples, of_protobuf, of_text};

#[derive(LabelSet)]
struct Two<'a> {
    #[label(cap = 4)]
    first: &'a str,
    #[label(cap = 4)]
    second_one: &'a str,
}

#[derive(LabelSet)]
struct Facts<'a> {
    #[label(cap = 1)]
    said: &'a str,
}

#[derive(LabelValue, Clone, Copy, Debug)]
enum Mode {
    Off,
    On,
    #[label(rename = "\"broken\"\\\n")]
    Broken,
}

const MODES: [Mode; 3] = [Mode::Off, Mode::On, Mode::Broken];

#[derive(MetricGroup)]
struct Any {
    /// Counter.
    any_total: Family<Two<'static>, Counter>,
    /// Counter of "fractions" \ and more.
    any_seconds_total: Counter<f64>,
    /// Gauge.
    any_level: Family<Two<'static>, Gauge<f64>>,
    /// Gauge of whole numbers.
    any_depth: Gauge,
    /// Histogram.
    #[metric(buckets = [0, 1, 1e3])]
    any_size: Family<Two<'static>, Histogram>,
    /// Histogram below zero.
    #[metric(buckets = [-1.5, 0, 2.0])]
    any_change: Family<Two<'static>, Histogram>,
    /// Native histogram.
    #[metric(histogram = "native")]
    any_native: Family<Two<'static>, Histogram>,
    /// Histogram of both kinds.
    #[metric(histogram = "both", buckets = [0.5, 1e6])]
    any_both: Histogram,
    /// States.
    any_mode: Family<Two<'static>, StateSet<Mode>>,
    /// Facts.
    any_build_info: Info<Facts<'static>>,
}

const TEXTS: [&str; 6] = ["", "a", "other", "# EOF", "a_b=\"c_d\",e_f=\"", "\\\"\n\r"];

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let escaping = bytes.pick(&[
        Escaping::Underscores,
        Escaping::Dots,
        Escaping::Values,
        Escaping::AllowUtf8,
    ]);
    let mut builder = Registry::builder();
    if bytes.flag() {
        builder = builder.constant_label("region", bytes.text());
    }
    let registry = builder.build().expect("a registry");
    let any = Any::register(&registry).expect("a group");

    // What was recorded last of those that can be told from the rest.
    let mut levels: BTreeMap<(String, String), f64> = BTreeMap::new();
    let (mut depth, mut counted, mut said) = (0_i64, Some(0_u64), None);
    let (mut sizes, mut both) = (0_u64, 0_u64);
    while !bytes.is_empty() {
        let action = bytes.byte();
        let mut text = || match bytes.below(12) {
            place @ 0..6 => TEXTS[place].to_owned(),
            _ => bytes.text().into_owned(),
        };
        let (first, second) = (text(), text());
        let labels = Two {
            first: &first,
            second_one: &second,
        };
        let value = bytes.float();
        match action % 14 {
            0 => {
                let amount = bytes.word();
                any.any_total.with(&labels).add(amount);
                counted = counted.and_then(|counted| counted.checked_add(amount));
            }
            1 => any.any_seconds_total.add(value),
            2 => {
                any.any_level.with(&labels).set(value);
                levels.insert((first, second), value);
            }
            3 => {
                depth = bytes.word().cast_signed();
                any.any_depth.set(depth);
            }
            4 => {
                any.any_size.with(&labels).observe(value);
                sizes += u64::from(value.is_finite() && value >= 0.0);
            }
            5 => any.any_change.with(&labels).observe(value),
            6 => any.any_native.with(&labels).observe(value),
            7 => {
                any.any_both.observe(value);
                both += u64::from(value.is_finite() && value >= 0.0);
            }
            8 => any.any_mode.with(&labels).set(bytes.pick(&MODES)),
            9 => any.any_mode.with(&labels).turn_on(bytes.pick(&MODES)),
            10 => {
                any.any_build_info.set(&Facts { said: &first });
                said = Some(first);
            }
            11 => {
                any.any_build_info.clear();
                said = None;
            }
            12 => {
                any.any_level.remove(&labels);
                levels.remove(&(first, second));
            }
            _ => {
                any.any_native.remove(&labels);
                any.any_mode.remove(&labels);
            }
        }
    }

    // Underscores are doubled there; the values are the same.
    let as_they_are = match escaping {
        Escaping::Dots => Escaping::Underscores,
        other => other,
    };
    read(&registry, escaping);
    let samples = read(&registry, as_they_are);

    let sum = |name: &str| named(&samples, name).map(|(_, value)| value).sum::<f64>();
    if let Some(counted) = counted.filter(|counted| *counted < 1 << 53) {
        assert_eq!(sum("any_total"), counted as f64);
    }
    assert_eq!(sum("any_depth"), depth as f64);
    assert_eq!(sum("any_size_count"), sizes as f64);
    assert_eq!(sum("any_both_count"), both as f64);
    let mut facts = named(&samples, "any_build_info").map(|(labels, _)| &labels["said"]);
    assert_eq!(facts.next(), said.as_ref());
    assert_eq!(facts.next(), None);
    for (labels, value) in named(&samples, "any_level") {
        let (first, second) = (&labels["first"], &labels["second_one"]);
        if first != "other" && second != "other" {
            let level = levels[&(first.clone(), second.clone())];
            assert_eq!(Float::from(value), Float::from(level));
        }
    }
}

/// The samples of the page, which are the same in every format.
fn read(registry: &Registry, escaping: Escaping) -> Samples {
    let protobuf = of_protobuf(&registry.encode(ContentType::PROTOBUF.escaped(escaping)));
    let without_sums = |samples: Samples| -> Samples {
        // With a bound below 0, only protobuf has them.
        let is_sum = |name: &str| {
            let name = name.replace("__", "_");
            name == "any_change_sum" || name == "any_change_count"
        };
        samples
            .into_iter()
            .filter(|((name, _), _)| !is_sum(name))
            .collect()
    };
    let protobuf = without_sums(protobuf);
    for format in [Format::Text, Format::TextV1, Format::OpenMetrics] {
        let page = registry.encode(ContentType::from(format).escaped(escaping));
        let page = String::from_utf8(page).expect("text");
        assert_eq!(
            without_sums(of_text(&page)),
            protobuf,
            "{format}, {escaping}"
        );
    }
    protobuf
}

fn named<'a>(samples: &'a Samples, name: &'a str) -> impl Iterator<Item = (&'a Labels, f64)> {
    let of_name = samples.iter().filter(move |((own, _), _)| own == name);
    of_name.map(|((_, labels), value)| (labels, value.get()))
}
