//! Whatever is recorded under whatever labels, the page can be read back and is the same in both
//! formats.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vitalsigns::{Counter, Family, Format, Gauge, Histogram, LabelSet, MetricGroup, Registry};

#[derive(LabelSet)]
struct Two<'a> {
    #[label(cap = 8)]
    first: &'a str,
    #[label(cap = 8)]
    second: &'a str,
}

#[derive(MetricGroup)]
struct Any {
    /// Counter.
    any_total: Family<Two<'static>, Counter>,
    /// Gauge.
    any_level: Family<Two<'static>, Gauge<f64>>,
    /// Histogram.
    #[metric(buckets = [0, 1, 1e3])]
    any_size: Family<Two<'static>, Histogram>,
}

type Labels = Vec<(String, String)>;

/// Reads sample lines by the grammar of the format: name, labels with escapes, value.
fn read(page: &str) -> Vec<(String, Labels, String)> {
    page.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, mut rest) = line.split_at(line.find(['{', ' ']).unwrap());
            let mut labels = Labels::new();
            if let Some(inside) = rest.strip_prefix('{') {
                rest = inside;
                while !rest.starts_with('}') {
                    rest = rest.strip_prefix(',').unwrap_or(rest);
                    let (label, quoted) = rest.split_once("=\"").unwrap();
                    let mut value = String::new();
                    let mut chars = quoted.char_indices();
                    let end = loop {
                        match chars.next().unwrap() {
                            (index, '"') => break index,
                            (_, '\\') => value.push(match chars.next().unwrap().1 {
                                'n' => '\n',
                                other @ ('\\' | '"') => other,
                                other => panic!("unknown escape `{other}`"),
                            }),
                            (_, other) => value.push(other),
                        }
                    };
                    labels.push((label.to_owned(), value));
                    rest = &quoted[end + 1..];
                }
                rest = &rest[1..];
            }
            (name.to_owned(), labels, rest.trim_start().to_owned())
        })
        .collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-c\"\\\\\n{},= #\r]{0,6}",
        Just(String::from("other")),
        Just(String::from("# EOF")),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -2.0..2000.0,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-0.0)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_page_reads_back(records in prop::collection::vec((text(), text(), number()), 0..40)) {
        let registry = Registry::new();
        let group = Any::register(&registry).unwrap();
        // What should be there, had there been no caps.
        let mut counted: u64 = 0;
        let mut last: BTreeMap<(String, String), f64> = BTreeMap::new();
        let (mut observed, mut rejected) = (0_u64, 0_u64);
        for (first, second, value) in &records {
            let labels = Two { first, second };
            group.any_total.with(&labels).inc();
            counted += 1;
            group.any_level.with(&labels).set(*value);
            last.insert((first.clone(), second.clone()), *value);
            group.any_size.with(&labels).observe(*value);
            if value.is_finite() && *value >= 0.0 { observed += 1 } else { rejected += 1 }
        }

        let text = read(&registry.render(Format::Text));
        prop_assert_eq!(&text, &read(&registry.render(Format::OpenMetrics)));

        let sum = |name: &str| -> u64 {
            text.iter().filter(|s| s.0 == name).map(|s| s.2.parse::<u64>().unwrap()).sum()
        };
        prop_assert_eq!(sum("any_total"), counted);
        prop_assert_eq!(sum("any_size_count"), observed);
        let about = ("metric".to_owned(), "any_size".to_owned());
        let refused = text.iter().find(|s| s.0.ends_with("rejected_total") && s.1.contains(&about));
        prop_assert_eq!(&refused.unwrap().2, &rejected.to_string());

        // No series twice, at most the capped number of values and `other`.
        let mut series: Vec<_> = text.iter().map(|s| (&s.0, &s.1)).collect();
        series.sort();
        let all = series.len();
        series.dedup();
        prop_assert_eq!(series.len(), all);
        for label in 0..2 {
            let mut values: Vec<&str> =
                text.iter().filter(|s| s.0 == "any_total").map(|s| s.1[label].1.as_str()).collect();
            values.sort_unstable();
            values.dedup();
            values.retain(|value| *value != "other");
            prop_assert!(values.len() <= 8, "{:?}", values);
        }

        // A gauge reads back to the bit, under the labels that it was given.
        for sample in text.iter().filter(|s| s.0 == "any_level") {
            let key = (sample.1[0].1.clone(), sample.1[1].1.clone());
            if key.0 != "other" && key.1 != "other" {
                let value = last[&key];
                let read: f64 = sample.2.parse().unwrap();
                prop_assert!(read.to_bits() == value.to_bits() || (read.is_nan() && value.is_nan()));
            }
        }

        // Buckets grow, and the last is the count.
        let mut before: (Labels, u64) = Default::default();
        for sample in text.iter().filter(|s| s.0 == "any_size_bucket") {
            let (_le, labels) = sample.1.split_last().unwrap();
            let value: u64 = sample.2.parse().unwrap();
            if labels == before.0 {
                prop_assert!(value >= before.1);
            }
            before = (labels.to_vec(), value);
        }
    }
}
