//! Whatever is recorded under whatever labels, the page can be read back, has what was recorded,
//! and is the same in all formats.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vitalsigns::{
    ContentType, Counter, Escaping, Exemplar, Family, Format, Gauge, Histogram, Info, LabelSet,
    LabelValue, MetricGroup, Registry, StateSet,
};

use crate::decoded::{
    Exemplars, Float, Labels, Samples, exemplars_of_protobuf, exemplars_of_text, of_protobuf,
    of_text,
};

#[derive(LabelSet)]
struct Two<'a> {
    #[label(cap = 8)]
    first: &'a str,
    #[label(cap = 8)]
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

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-c\"\\\\\n{},= #\r]{0,6}",
        Just(String::from("other")),
        Just(String::from("# EOF")),
        Just(String::from("a_b=\"c_d\",e_f=\"")),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -2.0..2000.0,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(-0.0),
        Just(5e-324),
        Just(f64::MAX),
    ]
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..5_u64, any::<u64>(), Just(u64::MAX)]
}

const FORMATS: [Format; 3] = [Format::Text, Format::TextV1, Format::OpenMetrics];
const ESCAPINGS: [Escaping; 4] = [
    Escaping::Underscores,
    Escaping::Dots,
    Escaping::Values,
    Escaping::AllowUtf8,
];

/// The samples of the page in one format, after all others were found to have the same.
fn read(registry: &Registry) -> Samples {
    for escaping in ESCAPINGS {
        let protobuf = of_protobuf(&registry.encode(ContentType::PROTOBUF.escaped(escaping)));
        for format in FORMATS {
            let page = registry.encode(ContentType::from(format).escaped(escaping));
            let page = String::from_utf8(page).unwrap();
            assert_eq!(of_text(&page), protobuf, "{format}, {escaping}");
        }
    }
    of_text(&registry.render(Format::Text))
}

/// The exemplars of the OpenMetrics page, after protobuf was found to have the same and the other
/// formats none.
fn read_exemplars(registry: &Registry) -> Exemplars {
    let mut found = Exemplars::new();
    for escaping in ESCAPINGS {
        let encode = |content_type: ContentType| registry.encode(content_type.escaped(escaping));
        let text = |format: Format| {
            exemplars_of_text(std::str::from_utf8(&encode(format.into())).unwrap())
        };
        found = text(Format::OpenMetrics);
        let mut classic = found.clone();
        classic.retain(|(name, _), _| !name.replace("__", "_").starts_with("traced_native"));
        assert_eq!(
            classic,
            exemplars_of_protobuf(&encode(ContentType::PROTOBUF)),
            "{escaping}"
        );
        assert_eq!(text(Format::Text), Exemplars::new());
        assert_eq!(text(Format::TextV1), Exemplars::new());
    }
    found
}

fn named<'a>(samples: &'a Samples, name: &'a str) -> impl Iterator<Item = (&'a Labels, f64)> {
    let of_name = samples.iter().filter(move |((own, _), _)| own == name);
    of_name.map(|((_, labels), value)| (labels, value.get()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_page_reads_back(
        records in prop::collection::vec((text(), text(), number(), count()), 0..40),
    ) {
        let registry = Registry::new();
        let group = Any::register(&registry).unwrap();
        // What should be there, had there been no caps.
        let mut counted = 0_u64;
        let mut last: BTreeMap<(String, String), (f64, usize)> = BTreeMap::new();
        let (mut observed, mut rejected) = (0_u64, 0_u64);
        for (index, (first, second, value, times)) in records.iter().enumerate() {
            let labels = Two { first, second_one: second };
            group.any_total.with(&labels).add(*times);
            counted = counted.wrapping_add(*times);
            group.any_level.with(&labels).set(*value);
            group.any_mode.with(&labels).set(MODES[index % 3]);
            last.insert((first.clone(), second.clone()), (*value, index % 3));
            group.any_size.with(&labels).observe(*value);
            group.any_native.with(&labels).observe(*value);
            group.any_both.observe(*value);
            group.any_seconds_total.add(*value);
            group.any_depth.set(*times as i64);
            group.any_build_info.set(&Facts { said: first });
            if value.is_finite() && *value >= 0.0 { observed += 1 } else { rejected += 1 }
        }

        let samples = read(&registry);

        let sum = |name: &str| named(&samples, name).map(|(_, value)| value).sum::<f64>();
        if counted < 1 << 53 && records.iter().all(|record| record.3 < 1 << 53) {
            prop_assert_eq!(sum("any_total"), counted as f64);
        }
        for histogram in ["any_size", "any_native", "any_both"] {
            prop_assert_eq!(sum(&format!("{histogram}_count")), observed as f64);
        }
        let refused = |name: &str| {
            let labels = Labels::from([("metric".to_owned(), name.to_owned())]);
            samples[&("vitalsigns_observations_rejected_total".to_owned(), labels)].get()
        };
        prop_assert!(refused("any_size") >= rejected as f64);
        prop_assert_eq!(sum("any_depth"), records.last().map_or(0, |record| record.3 as i64) as f64);
        let said: Vec<_> = named(&samples, "any_build_info").map(|(labels, _)| &labels["said"]).collect();
        prop_assert_eq!(said, records.last().map(|record| &record.0).into_iter().collect::<Vec<_>>());

        // At most the capped number of values and `other`.
        for label in ["first", "second_one"] {
            let mut values: Vec<&String> =
                named(&samples, "any_total").map(|(labels, _)| &labels[label]).collect();
            values.sort_unstable();
            values.dedup();
            values.retain(|value| *value != "other");
            prop_assert!(values.len() <= 8, "{:?}", values);
        }

        // A gauge and a state read back to the bit, under the labels that they were given.
        for (labels, value) in named(&samples, "any_level") {
            let (first, second) = (&labels["first"], &labels["second_one"]);
            if first != "other" && second != "other" {
                let (level, _) = last[&(first.clone(), second.clone())];
                prop_assert_eq!(Float::from(value), Float::from(level));
            }
        }
        for (labels, value) in named(&samples, "any_mode") {
            let (first, second) = (&labels["first"], &labels["second_one"]);
            if first != "other" && second != "other" {
                let (_, mode) = last[&(first.clone(), second.clone())];
                let is_on = labels["any_mode"] == ["off", "on", "broken"][mode];
                prop_assert_eq!(value, f64::from(u8::from(is_on)));
            }
        }

        // Buckets grow.
        for (labels, value) in named(&samples, "any_size_bucket") {
            let bound = |labels: &Labels| labels["le"].parse::<f64>().unwrap();
            let mut below = labels.clone();
            for (other, count) in named(&samples, "any_size_bucket") {
                below.insert("le".to_owned(), other["le"].clone());
                if below == *other && bound(other) < bound(labels) {
                    prop_assert!(count <= value);
                }
            }
        }
    }
}

#[derive(MetricGroup)]
struct Traced {
    /// Counter.
    #[metric(exemplars)]
    traced_total: Family<Two<'static>, Counter<f64>>,
    /// Histogram.
    #[metric(exemplars, buckets = [0, 1, 1e3])]
    traced_size: Family<Two<'static>, Histogram>,
    /// Native histogram.
    #[metric(exemplars, histogram = "native")]
    traced_native: Histogram,
    /// Histogram of both kinds.
    #[metric(exemplars, histogram = "both", buckets = [0.5, 1e6])]
    traced_both: Histogram,
}

fn exemplar_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z_][a-zA-Z0-9_]{0,8}",
        "[a-c]",
        "\\PC{0,4}",
        "[a-z]{120,140}"
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_exemplar_that_fits_reads_back_and_no_other_is_there(
        records in prop::collection::vec(
            (text(), number(), prop::collection::vec((exemplar_name(), text()), 0..4)),
            0..20,
        ),
    ) {
        let registry = Registry::new();
        let group = Traced::register(&registry).unwrap();
        let mut given: Vec<(Labels, Float)> = Vec::new();
        for (label, value, pairs) in &records {
            let pairs: Vec<(&str, &str)> =
                pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let exemplar = Exemplar::new(&pairs);
            if exemplar.fits() {
                let chars: usize = pairs.iter().map(|(a, b)| a.chars().count() + b.chars().count()).sum();
                prop_assert!(chars <= 128);
                let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
                given.push((pairs.iter().map(own).collect(), Float::from(*value)));
            }
            let labels = Two { first: label, second_one: label };
            group.traced_total.with(&labels).add_with(*value, exemplar);
            group.traced_size.with(&labels).observe_with(*value, exemplar);
            group.traced_native.observe_with(*value, exemplar);
            group.traced_both.observe_with(*value, exemplar);
        }
        // The samples are what they are without them.
        read(&registry);
        let found = read_exemplars(&registry);
        for ((name, labels), exemplar) in &found {
            let pair = (exemplar.labels.clone(), exemplar.value);
            prop_assert!(given.contains(&pair), "{}{:?}: {:?}", name, labels, exemplar);
            if let Some(bound) = labels.get("le") {
                prop_assert!(exemplar.value.get() <= bound.parse().unwrap());
            }
        }
        let is_measured = |(_, value): &(Labels, Float)| value.get().is_finite() && value.get() >= 0.0;
        prop_assert_eq!(found.is_empty(), !given.iter().any(is_measured));
    }
}

/// Names, help and values of another library, which nobody has checked.
#[cfg(feature = "prometheus-client")]
mod foreign {
    use std::sync::Arc;

    use prometheus_client::metrics::counter::Counter;
    use prometheus_client::metrics::family::Family;
    use prometheus_client::metrics::gauge::Gauge;
    use prometheus_client::metrics::histogram::Histogram;
    use prometheus_client::registry::Registry as Theirs;
    use vitalsigns::PrometheusClient;

    use super::*;

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z_.äé-]{1,6}", "[a-z]{1,3}", "\\PC{1,4}", "[a:1_.]{1,4}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn hostile_names_are_escaped_or_left_out(
            metrics in prop::collection::vec((name(), text(), name(), text(), number(), 0..3_u8), 1..5),
        ) {
            let registry = Registry::new();
            let own = Any::register(&registry).unwrap();
            own.any_depth.set(7);
            let mut attached = 0;
            for (metric, help, label, value, number, kind) in &metrics {
                let mut theirs = Theirs::default();
                let labels = vec![(label.clone(), value.clone())];
                match kind {
                    0 => {
                        let family = Family::<Vec<(String, String)>, Counter>::default();
                        family.get_or_create(&labels).inc();
                        theirs.register(metric.as_str(), help.as_str(), family);
                    }
                    1 => {
                        let family = Family::<Vec<(String, String)>, Gauge<f64, std::sync::atomic::AtomicU64>>::default();
                        family.get_or_create(&labels).set(*number);
                        theirs.register(metric.as_str(), help.as_str(), family);
                    }
                    _ => {
                        let histogram = Histogram::new([0.5, 1.0]);
                        histogram.observe(0.75);
                        theirs.register(metric.as_str(), help.as_str(), histogram);
                    }
                }
                attached += usize::from(registry.attach(PrometheusClient::registry(Arc::new(theirs))).is_ok());
            }
            let samples = {
                // Not 0.0.4 with quoted names: it has none.
                let mut samples = None;
                for escaping in ESCAPINGS {
                    let protobuf = of_protobuf(&registry.encode(ContentType::PROTOBUF.escaped(escaping)));
                    for format in [Format::TextV1, Format::OpenMetrics] {
                        let page = registry.encode(ContentType::from(format).escaped(escaping));
                        let page = String::from_utf8(page).unwrap();
                        prop_assert_eq!(of_text(&page), protobuf.clone(), "{}, {}", format, escaping);
                    }
                    samples = Some(protobuf);
                }
                samples.unwrap()
            };
            // With names as they are, what is attached is there under its own name.
            let present = metrics
                .iter()
                .filter(|(metric, ..)| samples.keys().any(|(name, _)| name.starts_with(metric.as_str())))
                .count();
            prop_assert!(present >= attached, "{} of {}", present, attached);
            prop_assert_eq!(named(&samples, "any_depth").next().unwrap().1, 7.0);
        }
    }
}
