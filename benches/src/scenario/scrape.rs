//! The scrape: a page of one family, of counters or of histograms with 14 bounds, two labels each.
//! Nothing changes between scrapes; the first one after the series were made is told apart. All
//! pages must have the same samples.

use std::time::Instant;

use super::{Bench, Fault, of_libraries};
use crate::alloc::allocated;
use crate::measure::{Load, compare};
use crate::report::{Kind, Table};
use crate::store::{BOUNDS, Key, Recording, Store};
use crate::subject::Subject;

/// One for each bound, `+Inf`, the sum and the count.
const SAMPLES: u64 = BOUNDS.len() as u64 + 3;

/// The value of a counter: one digit to seven.
fn calls(series: u64) -> u64 {
    series * series % 9_999_991 + 1
}

/// What a histogram has observed: three durations that end in different buckets; sums are exact.
fn durations(series: u64) -> [f64; 3] {
    [1, 37, 5003].map(|step| ((series * step) % 16_384 + 1) as f64 / 512.0)
}

pub(crate) fn run(bench: &mut Bench) -> Result<(), Fault> {
    let sizes: &[u64] = bench
        .size
        .of(&[1_000, 10_000, 100_000, 1_000_000], &[1_000, 10_000]);
    for &series in sizes {
        let filled = fill_counters(series, None);
        let total: u64 = (0..series).map(calls).sum();
        let totals = [("store_calls_total{", "", total as f64)];
        let scenario = Scrape {
            of: "counters",
            title: format!("C. A scrape of {series} counters"),
            series,
            samples: series,
        };
        scenario.run(bench, filled, &totals)?;
    }
    let sizes: &[u64] = bench.size.of(&[67, 667, 6_667, 66_667], &[67, 667]);
    for &series in sizes {
        let filled = fill_histograms(series, None);
        let sum: f64 = (0..series).flat_map(durations).sum();
        let totals = [
            ("store_call_duration_seconds_sum{", "", sum),
            (
                "store_call_duration_seconds_bucket{",
                "le=\"+Inf\"",
                (3 * series) as f64,
            ),
        ];
        let scenario = Scrape {
            of: "histograms",
            title: format!(
                "C. A scrape of {series} histograms ({} samples)",
                series * SAMPLES
            ),
            series,
            samples: series * SAMPLES,
        };
        scenario.run(bench, filled, &totals)?;
    }
    Ok(())
}

struct Scrape {
    of: &'static str,
    title: String,
    series: u64,
    samples: u64,
}

/// A subject whose series are made, and the bytes that it holds for all of them.
struct Filled {
    subject: Subject,
    held: i64,
}

impl Scrape {
    fn run(
        &self,
        bench: &mut Bench,
        filled: Vec<Filled>,
        totals: &[(&str, &str, f64)],
    ) -> Result<(), Fault> {
        // Of few series it would tell what the family holds, not what a series does; and who frees late
        // frees what was held before.
        let told = |held: &f64| self.series >= 500 && *held > 0.0;
        let held: Vec<Option<f64>> = filled
            .iter()
            .map(|filled| Some(filled.held as f64 / self.series as f64).filter(told))
            .collect();
        let subjects: Vec<Subject> = filled.into_iter().map(|filled| filled.subject).collect();
        let first: Vec<f64> = subjects.iter().map(first).collect();
        self.check(&subjects, totals)?;
        let load = Load {
            threads: 1,
            warm_up: 0,
            operations: (bench.size.of(50_000, 5_000) / self.samples).max(1),
            rounds: match self.samples {
                ..50_000 => bench.size.rounds(),
                50_000..500_000 => 9,
                _ => 3,
            },
        };
        let summaries = compare(&subjects, load);
        let names = subjects.iter().map(|subject| (subject.name, subject.class));
        let id = format!("C-{}-{}", self.of, self.series);
        let mut table = Table::new(id, &self.title, names);
        let cpu = || summaries.iter().map(|summary| summary.cpu_ns.median);
        table
            .column("ms/scrape", Kind::Number, cpu().map(|nanos| nanos / 1e6))
            .column(
                "spread",
                Kind::Spread,
                summaries.iter().map(|summary| summary.cpu_ns.share()),
            )
            .times_best_peer("ms/scrape")
            .column(
                "ns/sample",
                Kind::Number,
                cpu().map(|nanos| nanos / self.samples as f64),
            )
            .column("first ms", Kind::Number, first);
        if self.samples < 5_000 {
            let one = format!("scrape-{}-{}", self.of, self.series);
            let names = subjects.iter().map(|subject| subject.name);
            if let Some(instructions) = bench.instructions(&one, names, 4)? {
                let each = instructions
                    .iter()
                    .map(|scrape| scrape / self.samples as f64);
                table.column("instr/sample", Kind::Number, each);
            }
        }
        let kib = |bytes: f64| bytes / 1024.0;
        table
            .column(
                "allocs",
                Kind::Number,
                summaries.iter().map(|summary| summary.allocations),
            )
            .column(
                "alloc KiB",
                Kind::Number,
                summaries.iter().map(|summary| kib(summary.bytes)),
            )
            .column(
                "peak KiB",
                Kind::Number,
                summaries.iter().map(|summary| kib(summary.peak)),
            )
            .column("held B/series", Kind::Number, held);
        table.checked = format!("all pages have the same {} samples", self.samples);
        bench.add(table);
        Ok(())
    }

    /// All pages have the same samples, and they are those that were recorded.
    fn check(&self, subjects: &[Subject], totals: &[(&str, &str, f64)]) -> Result<(), Fault> {
        let mut digests = Vec::new();
        for subject in subjects {
            let (page, name, title) = (subject.page(), subject.name, &self.title);
            let digest = page.digest();
            if digest.samples != self.samples {
                return Err(format!("{title}: {name} has {} samples", digest.samples));
            }
            for (start, part, expected) in totals {
                let found = page.total(|line| line.starts_with(start) && line.contains(part));
                if found != *expected {
                    return Err(format!(
                        "{title}: `{start}` of {name} add up to {found}, not {expected}"
                    ));
                }
            }
            digests.push((name, digest));
        }
        let differs = |other: &&(&str, _)| other.1 != digests[0].1;
        match digests.iter().find(differs) {
            Some((name, _)) => Err(format!(
                "{}: {name} has other samples than {}",
                self.title, digests[0].0
            )),
            None => Ok(()),
        }
    }
}

/// The wall time of the first scrape, once, in milliseconds.
fn first(subject: &Subject) -> f64 {
    let start = Instant::now();
    subject.measured(0..1);
    start.elapsed().as_secs_f64() * 1e3
}

pub(crate) fn counters(series: u64, only: Option<&str>) -> Vec<Subject> {
    subjects(fill_counters(series, only))
}

pub(crate) fn histograms(series: u64, only: Option<&str>) -> Vec<Subject> {
    subjects(fill_histograms(series, only))
}

fn subjects(filled: Vec<Filled>) -> Vec<Subject> {
    filled.into_iter().map(|filled| filled.subject).collect()
}

fn fill_counters(series: u64, only: Option<&str>) -> Vec<Filled> {
    let keys = Key::first(series);
    let recordings: Vec<_> = keys
        .iter()
        .zip(0..)
        .map(|(key, series)| Recording {
            key,
            value: calls(series),
        })
        .collect();
    of_libraries(only, |library| {
        let make = library.counters?;
        Some(fill(|| make(series), &recordings))
    })
}

fn fill_histograms(series: u64, only: Option<&str>) -> Vec<Filled> {
    let keys = Key::first(series);
    let recordings: Vec<_> = keys
        .iter()
        .zip(0..)
        .flat_map(|(key, series)| durations(series).map(|value| Recording { key, value }))
        .collect();
    of_libraries(only, |library| {
        let make = library.histograms?;
        Some(fill(|| make(series), &recordings))
    })
}

fn fill<T: Copy + 'static>(
    make: impl FnOnce() -> Store<T>,
    recordings: &[Recording<'_, T>],
) -> Filled {
    let before = allocated().held;
    let store = make();
    store.record(recordings);
    let held = allocated().held - before;
    Filled {
        subject: store.scraping(),
        held,
    }
}
