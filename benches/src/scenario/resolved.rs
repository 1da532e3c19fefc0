//! A metric that was looked up before: one increment of a counter, one observation of a histogram.
//! On several threads it is the same metric for all of them.

use std::sync::LazyLock;

use super::{Bench, Fault, Recorded, has_lines, of_libraries};
use crate::measure::Load;
use crate::subject::Subject;
use crate::traffic::BOUNDS;

/// From 1/512 s to 16 s in a fixed order, as many for each power of two; sums are exact.
static DURATIONS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let duration = |place: u32| f64::from(1 << (place * 5 % 13)) * f64::from(64 + place * 29 % 64);
    (0..1024)
        .map(|place| duration(place) / f64::from(512 * 64))
        .collect()
});

/// What one operation observes.
#[derive(Clone, Copy)]
pub(crate) struct Durations(&'static [f64; 1024]);

impl Durations {
    pub(crate) fn new() -> Self {
        let durations: &'static [f64] = &DURATIONS;
        Durations(durations.try_into().expect("there are 1024"))
    }

    #[inline]
    pub(crate) fn get(self, number: u64) -> f64 {
        self.0[number as usize % 1024]
    }
}

pub(crate) fn run(bench: &mut Bench) -> Result<(), Fault> {
    let counter = Recorded {
        id: "B-counter",
        title: "B. A resolved counter, one increment",
        one: ("counter", 10_000),
        threads: &[1, 2, 8],
        warm_up: 1,
        operations: 200_000,
        beyond_first: false,
        checked: "each page has the count",
    };
    counter.run(
        bench,
        || counters(None),
        |subjects, load| {
            let total = load.ranges().flatten().count() as u64 * load.runs();
            let line = format!("work_events_total {total}");
            has_lines(subjects, &[line], |_, _| true)
        },
    )?;
    let histogram = Recorded {
        id: "B-histogram",
        title: "B. A resolved histogram, one observation",
        one: ("histogram", 10_240),
        threads: &[1, 2, 8],
        warm_up: 1,
        operations: 100_000,
        beyond_first: false,
        checked: "each page has the sum, the count and each bucket",
    };
    histogram.run(
        bench,
        || histograms(None),
        |subjects, load| has_lines(subjects, &expected_durations(load), |_, _| true),
    )
}

fn expected_durations(load: Load) -> Vec<String> {
    let observed: Vec<f64> = load
        .ranges()
        .flatten()
        .map(|number| Durations::new().get(number))
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
    BOUNDS.iter().map(bucket).chain(rest).collect()
}

pub(crate) fn counters(only: Option<&str>) -> Vec<Subject> {
    of_libraries(only, |library| library.counter.map(|make| make()))
}

pub(crate) fn histograms(only: Option<&str>) -> Vec<Subject> {
    of_libraries(only, |library| library.histogram.map(|make| make()))
}
