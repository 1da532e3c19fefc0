//! Recording: every value that can be given to a metric.

use std::time::Duration;

use vitalsigns::{Counter, Gauge, Histogram, MetricGroup, Registry};

#[derive(MetricGroup)]
struct All {
    /// Whole.
    whole_total: Counter,
    /// Fractions.
    part_seconds_total: Counter<f64>,
    /// Level.
    level: Gauge,
    /// Heat.
    heat_celsius: Gauge<f64>,
    /// Time.
    time_seconds: Histogram,
    /// Change.
    #[metric(buckets = [-1, 0, 1])]
    change_ratio: Histogram,
}

fn all() -> (Registry, All) {
    let registry = Registry::new();
    let all = All::register(&registry).unwrap();
    (registry, all)
}

fn rejected(registry: &Registry, metric: &str) -> String {
    let start = format!("vitalsigns_observations_rejected_total{{metric=\"{metric}\"}} ");
    let page = registry.render(vitalsigns::Format::Text);
    page.lines()
        .find_map(|line| line.strip_prefix(&start))
        .unwrap()
        .to_owned()
}

fn line(registry: &Registry, start: &str) -> String {
    let page = registry.render(vitalsigns::Format::Text);
    page.lines()
        .find_map(|line| line.strip_prefix(start))
        .unwrap()
        .trim()
        .to_owned()
}

#[test]
fn whole_counters_are_exact_to_the_last_and_then_start_again() {
    let (registry, all) = all();
    all.whole_total.add(u64::MAX);
    assert_eq!(line(&registry, "whole_total "), "18446744073709551615");
    all.whole_total.inc();
    assert_eq!(all.whole_total.get(), 0);
}

#[test]
fn a_fractional_counter_refuses_what_would_spoil_it() {
    let (registry, all) = all();
    all.part_seconds_total.add(0.5);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.25] {
        all.part_seconds_total.add(value);
    }
    all.part_seconds_total.add(0.0);
    assert_eq!(all.part_seconds_total.get(), 0.5);
    assert_eq!(rejected(&registry, "part_seconds_total"), "4");
}

#[test]
fn a_gauge_takes_every_value_and_shows_it_exactly() {
    let (registry, all) = all();
    for (value, text) in [
        (i64::MIN, "-9223372036854775808"),
        (i64::MAX, "9223372036854775807"),
    ] {
        all.level.set(value);
        assert_eq!(line(&registry, "level "), text);
    }
    for (value, text) in [
        (f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
        (-0.0, "-0.0"),
        (0.1 + 0.2, "0.30000000000000004"),
    ] {
        all.heat_celsius.set(value);
        assert_eq!(line(&registry, "heat_celsius "), text);
    }
}

#[test]
fn a_guard_gives_back_what_it_took_in_every_way_out() {
    let (_registry, all) = all();
    let outer = all.level.hold(2);
    {
        let _inner = all.level.hold(3);
        assert_eq!(all.level.get(), 5);
    }
    let gauge = all.level.clone();
    let panicked = std::thread::spawn(move || {
        let _guard = gauge.hold(10);
        panic!("the thread panics, as the test wants it");
    });
    assert!(panicked.join().is_err());
    assert_eq!(all.level.get(), 2);
    drop(outer);
    assert_eq!(all.level.get(), 0);
    let heat = all.heat_celsius.hold(0.5);
    assert_eq!(all.heat_celsius.get(), 0.5);
    drop(heat);
    assert_eq!(all.heat_celsius.get(), 0.0);
}

#[test]
fn an_observation_counts_in_the_first_bucket_that_holds_it() {
    let (registry, all) = all();
    for value in [0.0, 0.005, 0.0050001, 10.0, 10.1] {
        all.time_seconds.observe(value);
    }
    assert_eq!(line(&registry, "time_seconds_bucket{le=\"0.005\"}"), "2");
    assert_eq!(line(&registry, "time_seconds_bucket{le=\"0.01\"}"), "3");
    assert_eq!(line(&registry, "time_seconds_bucket{le=\"10.0\"}"), "4");
    assert_eq!(line(&registry, "time_seconds_bucket{le=\"+Inf\"}"), "5");
    assert_eq!(line(&registry, "time_seconds_count "), "5");
}

#[test]
fn what_is_no_measurement_is_counted_and_spoils_nothing() {
    let (registry, all) = all();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.001] {
        all.time_seconds.observe(value);
    }
    all.time_seconds.observe(Duration::from_millis(250));
    assert_eq!(all.time_seconds.count(), 1);
    assert_eq!(all.time_seconds.sum(), 0.25);
    assert_eq!(rejected(&registry, "time_seconds"), "4");
}

#[test]
fn sums_stay_finite() {
    let (registry, all) = all();
    for _ in 0..2 {
        all.part_seconds_total.add(f64::MAX);
        all.time_seconds.observe(f64::MAX);
    }
    assert_eq!(all.part_seconds_total.get(), f64::MAX);
    assert_eq!(
        (all.time_seconds.count(), all.time_seconds.sum()),
        (2, f64::MAX)
    );
    assert_eq!(rejected(&registry, "part_seconds_total"), "1");
    assert_eq!(rejected(&registry, "time_seconds"), "1");
}

#[test]
fn a_histogram_with_a_negative_bound_takes_negative_values_and_shows_no_sum() {
    let (registry, all) = all();
    for value in [-2.0, -0.5, 0.5, 7.0] {
        all.change_ratio.observe(value);
    }
    assert_eq!(line(&registry, "change_ratio_bucket{le=\"-1.0\"}"), "1");
    assert_eq!(line(&registry, "change_ratio_bucket{le=\"0.0\"}"), "2");
    assert_eq!(line(&registry, "change_ratio_bucket{le=\"+Inf\"}"), "4");
    assert_eq!(all.change_ratio.sum(), 5.0);
    let page = registry.render(vitalsigns::Format::Text);
    assert!(!page.contains("change_ratio_sum") && !page.contains("change_ratio_count"));
}

#[test]
fn every_number_type_can_be_observed() {
    let (_registry, all) = all();
    all.time_seconds.observe(1u8);
    all.time_seconds.observe(1u16);
    all.time_seconds.observe(1u32);
    all.time_seconds.observe(1u64);
    all.time_seconds.observe(1usize);
    all.time_seconds.observe(1i32);
    all.time_seconds.observe(1i64);
    all.time_seconds.observe(1f32);
    all.time_seconds.observe(1.0);
    all.time_seconds.observe(1);
    assert_eq!(all.time_seconds.sum(), 10.0);
}

#[test]
fn a_timer_observes_when_it_is_dropped_unless_it_is_discarded() {
    let (_registry, all) = all();
    drop(all.time_seconds.start_timer());
    all.time_seconds.start_timer().discard();
    let elapsed = all.time_seconds.start_timer().stop();
    assert_eq!(all.time_seconds.count(), 2);
    assert!(all.time_seconds.sum() >= elapsed.as_secs_f64());
}
