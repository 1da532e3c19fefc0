//! Native histograms: what is recorded, and what is on which page.

use std::collections::BTreeMap;
use std::thread;

use proptest::prelude::*;
use vitalsigns::{
    ContentType, Family, Format, Histogram, LabelSet, MetricGroup, RegisterError, Registry,
};

use crate::decoded::{families, native, proto};

#[derive(LabelSet)]
struct Cut {
    short: bool,
}

#[derive(MetricGroup)]
struct Films {
    /// Time to render.
    #[metric(histogram = "native")]
    render_seconds: Histogram,
    /// Sizes, of which no bounds follow.
    #[metric(histogram = "native")]
    film_frames: Family<Cut, Histogram>,
    /// Drift between picture and sound.
    #[metric(histogram = "both", buckets = [-0.5, 0, 0.5])]
    sound_drift_ratio: Histogram,
    /// Wait, as it was always measured.
    #[metric(histogram = "classic")]
    wait_seconds: Histogram,
}

fn histogram(registry: &Registry, name: &str) -> proto::Histogram {
    let page = registry.encode(ContentType::PROTOBUF);
    let family = families(&page)
        .into_iter()
        .find(|family| family.name.as_deref() == Some(name));
    family.unwrap().metric.remove(0).histogram.unwrap()
}

/// The bucket that a value is in, by the definition: the least power of the base that is not below
/// it.
fn bucket_of(value: f64, schema: i32) -> i32 {
    (value.abs().log2() * 2_f64.powi(schema)).ceil() as i32
}

#[test]
fn protobuf_has_the_buckets_and_text_has_the_count() {
    let registry = Registry::new();
    let films = Films::register(&registry).unwrap();
    for seconds in [0.0, 0.011, 0.011, 1.0, 3.0, 3.1] {
        films.render_seconds.observe(seconds);
    }
    let read = histogram(&registry, "render_seconds");
    assert_eq!(read.count, Some(6));
    assert_eq!(read.sum, Some(0.011 + 0.011 + 1.0 + 3.0 + 3.1));
    assert_eq!(read.schema, Some(3));
    assert_eq!(read.zero_threshold, Some(2_f64.powi(-128)));
    assert_eq!(read.zero_count, Some(1));
    assert!(read.bucket.is_empty());
    assert_eq!(
        native(&read),
        BTreeMap::from([
            ((false, bucket_of(0.011, 3)), 2),
            ((false, 0), 1),
            ((false, bucket_of(3.0, 3)), 1),
            ((false, bucket_of(3.1, 3)), 1),
        ])
    );

    let text = registry.render(Format::Text);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("render_seconds"))
        .collect();
    assert_eq!(
        lines,
        [
            "render_seconds_bucket{le=\"+Inf\"} 6",
            "render_seconds_sum 7.122",
            "render_seconds_count 6",
        ]
    );
}

#[test]
fn both_kinds_of_buckets_are_of_one_histogram() {
    let registry = Registry::new();
    let films = Films::register(&registry).unwrap();
    for drift in [-1.0, -0.5, 0.2, 7.0] {
        films.sound_drift_ratio.observe(drift);
    }
    let read = histogram(&registry, "sound_drift_ratio");
    let classic: Vec<_> = read
        .bucket
        .iter()
        .map(|b| (b.upper.unwrap(), b.cumulative.unwrap()))
        .collect();
    assert_eq!(classic, [(-0.5, 2), (0.0, 2), (0.5, 3)]);
    assert_eq!(
        native(&read),
        BTreeMap::from([
            ((true, -8), 1),
            ((true, 0), 1),
            ((false, bucket_of(0.2, 3)), 1),
            ((false, bucket_of(7.0, 3)), 1),
        ])
    );
    assert!(
        registry
            .render(Format::Text)
            .contains("sound_drift_ratio_bucket{le=\"0.5\"} 3\n")
    );
}

#[test]
fn a_classic_histogram_has_no_native_buckets() {
    let registry = Registry::new();
    let films = Films::register(&registry).unwrap();
    films.wait_seconds.observe(1);
    let read = histogram(&registry, "wait_seconds");
    assert_eq!((read.schema, read.zero_threshold), (None, None));
    assert_eq!(read.bucket.len(), vitalsigns::SECONDS_BUCKETS.len());
}

#[test]
fn one_without_observations_is_native_all_the_same() {
    let registry = Registry::new();
    let films = Films::register(&registry).unwrap();
    films.film_frames.with(&Cut { short: true }).observe(24);
    // The first of the two.
    let read = histogram(&registry, "film_frames");
    assert_eq!((read.count, read.schema), (Some(0), Some(3)));
    // Without spans it is the threshold by which a reader knows it.
    assert!(read.zero_threshold > Some(0.0));
}

#[test]
fn the_catalogue_says_which_kind_it_is() {
    let registry = Registry::new();
    Films::register(&registry).unwrap();
    let catalogue = registry.catalogue();
    let of = |name: &str| {
        let family = catalogue.family(name).unwrap();
        (family.native, family.buckets.as_ref().map(Vec::len))
    };
    assert_eq!(of("render_seconds"), (true, None));
    assert_eq!(of("sound_drift_ratio"), (true, Some(3)));
    assert_eq!(of("wait_seconds"), (false, Some(14)));
}

#[test]
fn an_operator_can_add_classic_buckets() -> Result<(), RegisterError> {
    let registry = Registry::builder()
        .buckets("render_seconds", [1.0, 60.0])
        .build()?;
    let films = Films::register(&registry)?;
    films.render_seconds.observe(2);
    assert!(
        registry
            .render(Format::Text)
            .contains("render_seconds_bucket{le=\"60.0\"} 1\n")
    );
    assert_eq!(native(&histogram(&registry, "render_seconds")).len(), 1);
    Ok(())
}

#[test]
fn what_is_no_measurement_is_refused() {
    let registry = Registry::new();
    let films = Films::register(&registry).unwrap();
    for value in [f64::NAN, f64::INFINITY, -1.0] {
        films.render_seconds.observe(value);
    }
    assert_eq!(films.render_seconds.count(), 0);
    assert_eq!(histogram(&registry, "render_seconds").count, Some(0));
    let rejected = "vitalsigns_observations_rejected_total{metric=\"render_seconds\"} 3\n";
    assert!(registry.render(Format::Text).contains(rejected));
}

#[test]
fn halvings_are_counted() {
    let registry = Registry::new();
    let films = Films::register(&registry).unwrap();
    let halvings = |times: u64| {
        let line = format!(
            "vitalsigns_native_resolution_halvings_total{{metric=\"render_seconds\"}} {times}\n"
        );
        registry.render(Format::Text).contains(&line)
    };
    assert!(halvings(0));
    for exponent in 0..40 {
        for step in 0..8 {
            films
                .render_seconds
                .observe(2_f64.powf(f64::from(exponent) + (f64::from(step) + 0.5) / 8.0));
        }
    }
    // 320 buckets at the finest resolution: 160 at the next.
    let read = histogram(&registry, "render_seconds");
    assert_eq!(read.schema, Some(2));
    assert_eq!((native(&read).len(), read.count), (160, Some(320)));
    assert!(halvings(1));
}

#[test]
fn threads_that_meet_at_a_change_of_resolution_lose_nothing() {
    let registry = Registry::new();
    let films = Films::register(&registry).unwrap();
    const EACH: u64 = 20_000;
    thread::scope(|scope| {
        for thread in 0..4_u32 {
            let histogram = films.render_seconds.clone();
            scope.spawn(move || {
                for number in 0..EACH {
                    // Wider and wider: each thread halves the resolution again and again.
                    let width = number as f64 / EACH as f64 * 500.0;
                    let exponent = (number % 97) as f64 / 97.0 * width - width / 5.0;
                    histogram.observe(2_f64.powf(exponent) + f64::from(thread));
                }
            });
        }
        let mut before = BTreeMap::new();
        for _ in 0..200 {
            let read = histogram(&registry, "render_seconds");
            let buckets = native(&read);
            assert!(buckets.len() <= 160);
            // Nothing ever shrinks, at the same resolution at least.
            if before.contains_key(&read.schema) {
                let last: &BTreeMap<(bool, i32), u64> = &before[&read.schema];
                assert!(
                    last.iter()
                        .all(|(key, count)| buckets.get(key) >= Some(count))
                );
            }
            before = BTreeMap::from([(read.schema, buckets)]);
        }
    });
    assert_eq!(histogram(&registry, "render_seconds").count, Some(4 * EACH));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_is_in_its_bucket(
        values in prop::collection::vec(
            prop_oneof![any::<f64>(), -1e3..1e3, 1e-3..10.0, Just(0.0), Just(5e-324), Just(f64::MAX)],
            0..600,
        ),
    ) {
        let registry = Registry::new();
        let films = Films::register(&registry).unwrap();
        let values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        for value in &values {
            films.sound_drift_ratio.observe(*value);
        }
        let read = histogram(&registry, "sound_drift_ratio");
        let schema = read.schema.unwrap();
        let threshold = 2_f64.powi(-128);
        let zero = values.iter().filter(|value| value.abs() <= threshold).count();
        prop_assert_eq!(read.zero_count, Some(zero as u64));
        let buckets = native(&read);
        prop_assert!(buckets.len() <= 160);
        let (mut left, mut between) = (buckets.clone(), 0);
        for value in values.iter().filter(|value| value.abs() > threshold) {
            // A logarithm that is rounded can be one off at a bound.
            let exact = bucket_of(*value, schema);
            let found = (exact - 1..=exact + 1).any(|index| {
                let inside = value.abs() <= 2_f64.powf(f64::from(index) / 2_f64.powi(schema)) * (1.0 + 1e-9)
                    || index >= 1024 << schema.max(0);
                inside && left.get_mut(&(*value < 0.0, index)).is_some_and(|count| {
                    let has = *count > 0;
                    *count -= u64::from(has);
                    has
                })
            });
            between += u64::from(!found);
        }
        prop_assert_eq!(between, 0);
        prop_assert!(left.values().all(|count| *count == 0));
        // As fine as it can be: at twice the resolution there would be too many.
        if schema < 3 {
            let mut finer: Vec<_> = values
                .iter()
                .filter(|value| value.abs() > threshold)
                .map(|value| (*value < 0.0, bucket_of(*value, schema + 1)))
                .collect();
            finer.sort_unstable();
            finer.dedup();
            prop_assert!(finer.len() >= 158, "{} at schema {}", finer.len(), schema + 1);
        }
    }
}
