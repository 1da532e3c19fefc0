//! A metric that was looked up before: one increment of a counter, one observation of a histogram
//! of 14 bounds. On several threads it is the same metric for all of them.

use std::sync::LazyLock;

use prometheus_client::metrics::{counter, histogram};
use prometheus_client::registry::Unit;
use vitalsigns::{Counter, Format, Histogram, MetricGroup, Registry, SECONDS_BUCKETS};

use super::scrape::peer_page;
use super::{Fault, Size, record};
use crate::measure::Load;
use crate::subject::{PROMETHEUS_CLIENT, Subject, VITALSIGNS};

#[derive(MetricGroup)]
#[metrics(prefix = "work")]
struct Work {
    /// Events.
    events_total: Counter,
    /// Durations.
    duration_seconds: Histogram,
}

/// From 1/512 s to 16 s in a fixed order, as many for each power of two; sums are exact.
static DURATIONS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let duration = |place: u32| f64::from(1 << (place * 5 % 13)) * f64::from(64 + place * 29 % 64);
    (0..1024)
        .map(|place| duration(place) / f64::from(512 * 64))
        .collect()
});

#[inline]
fn duration(durations: &[f64], number: u64) -> f64 {
    durations[number as usize % durations.len()]
}

pub(crate) fn run(size: Size) -> Result<(), Fault> {
    record(
        "B. a resolved counter, inc",
        1_000_000,
        size,
        counters,
        |_, load| {
            let total = load.ranges().flatten().count() as u64 * load.runs();
            vec![format!("work_events_total {total}")]
        },
    )?;
    record(
        "B. a resolved histogram, observe",
        500_000,
        size,
        histograms,
        expected_durations,
    )
}

fn expected_durations(_: &Subject, load: Load) -> Vec<String> {
    let observed: Vec<f64> = load
        .ranges()
        .flatten()
        .map(|number| duration(&DURATIONS, number))
        .collect();
    let up_to = |bound: f64| {
        observed.iter().filter(|seconds| **seconds <= bound).count() as u64 * load.runs()
    };
    let sum = observed.iter().sum::<f64>() * load.runs() as f64;
    let name = "work_duration_seconds";
    let bucket = |bound: &f64| format!("{name}_bucket{{le=\"{bound:?}\"}} {}", up_to(*bound));
    let all = observed.len() as u64 * load.runs();
    let rest = [
        format!("{name}_bucket{{le=\"+Inf\"}} {all}"),
        format!("{name}_count {all}"),
        format!("{name}_sum {sum:?}"),
    ];
    SECONDS_BUCKETS.iter().map(bucket).chain(rest).collect()
}

pub(crate) fn counters() -> Vec<Subject> {
    let counter = counter::Counter::<u64>::default();
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register("work_events", "Events", counter.clone());
    let peer = Subject::recording(
        PROMETHEUS_CLIENT,
        move |_| {
            counter.inc();
        },
        move || peer_page(&registry),
    );
    let registry = Registry::new();
    let counter = Work::register(&registry)
        .expect("the names are legal")
        .events_total;
    let own = Subject::recording(
        VITALSIGNS,
        move |_| counter.inc(),
        move || registry.render(Format::OpenMetrics),
    );
    vec![peer, own]
}

pub(crate) fn histograms() -> Vec<Subject> {
    let durations: &'static [f64] = &DURATIONS;
    let histogram = histogram::Histogram::new(SECONDS_BUCKETS.iter().copied());
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register_with_unit(
        "work_duration",
        "Durations",
        Unit::Seconds,
        histogram.clone(),
    );
    let peer = Subject::recording(
        PROMETHEUS_CLIENT,
        move |number| histogram.observe(duration(durations, number)),
        move || peer_page(&registry),
    );
    let registry = Registry::new();
    let histogram = Work::register(&registry)
        .expect("the names are legal")
        .duration_seconds;
    let own = Subject::recording(
        VITALSIGNS,
        move |number| histogram.observe(duration(durations, number)),
        move || registry.render(Format::OpenMetrics),
    );
    vec![peer, own]
}
