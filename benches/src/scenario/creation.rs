//! Making the series of a family, one after the other, and then finding each again.

use std::sync::Arc;
use std::time::Instant;

use super::{Bench, Fault, of_libraries};
use crate::alloc::{Allocated, allocated};
use crate::floors;
use crate::library::Library;
use crate::measure::Spread;
use crate::report::{Kind, Table};
use crate::store::{Key, Recording, Store};
use crate::subject::{Class, Subject};

/// Under callgrind.
const COUNTED: u64 = 5_000;

pub(crate) fn run(bench: &mut Bench) -> Result<(), Fault> {
    Creation {
        of: "counters",
        samples: "store_calls_total{",
        series: bench.size.of(100_000, 10_000),
        value: 1_u64,
    }
    .run(bench, |library| library.counters)?;
    Creation {
        of: "histograms",
        samples: "store_call_duration_seconds_count{",
        series: bench.size.of(10_000, 1_000),
        value: 0.25,
    }
    .run(bench, |library| library.histograms)
}

struct Creation<T> {
    of: &'static str,
    /// Those that count what was recorded.
    samples: &'static str,
    series: u64,
    value: T,
}

/// One round of one library, for each series.
struct Cost {
    create_ns: f64,
    find_ns: f64,
    created: Allocated,
}

impl<T: Copy + 'static> Creation<T> {
    fn run(
        &self,
        bench: &mut Bench,
        make: impl Fn(&Library) -> Option<fn(u64) -> Store<T>>,
    ) -> Result<(), Fault> {
        let makers = of_libraries(None, |library| Some((*library, makes(library, &make)?)));
        let keys = Key::first(self.series);
        let recordings: Vec<_> = keys
            .iter()
            .map(|key| Recording {
                key,
                value: self.value,
            })
            .collect();
        let mut costs: Vec<Vec<Cost>> = makers.iter().map(|_| Vec::new()).collect();
        for round in 0..bench.size.of(7, 1) {
            for turn in 0..makers.len() {
                let which = (round + turn) % makers.len();
                let (library, make) = &makers[which];
                costs[which].push(self.round(library, *make, &recordings)?);
            }
        }
        let title = format!(
            "F. {} {}: each made, then found again",
            self.series, self.of
        );
        let id = format!("F-{}", self.of);
        let names = makers
            .iter()
            .map(|(library, _)| (library.name, library.class));
        let mut table = Table::new(id, title, names);
        let spreads = |of: fn(&Cost) -> f64| -> Vec<Spread> {
            let spread = |costs: &Vec<Cost>| Spread::of(costs.iter().map(of));
            costs.iter().map(spread).collect()
        };
        let medians = |of| spreads(of).into_iter().map(|spread| spread.median);
        let create = spreads(|cost| cost.create_ns);
        table
            .column("ns/creation", Kind::Number, medians(|cost| cost.create_ns))
            .column(
                "spread",
                Kind::Spread,
                create.into_iter().map(Spread::share),
            )
            .times_best_peer("ns/creation")
            .column("ns/look-up", Kind::Number, medians(|cost| cost.find_ns));
        let one = |what: &str| format!("{what}-{}-{COUNTED}", self.of);
        let names = || makers.iter().map(|(library, _)| library.name);
        if let Some(instructions) = bench.instructions(&one("create"), names(), COUNTED)? {
            table.column("instr/creation", Kind::Number, instructions);
        }
        if let Some(instructions) = bench.instructions(&one("find"), names(), COUNTED)? {
            table.column("instr/look-up", Kind::Number, instructions);
        }
        let each = |of: fn(&Cost) -> f64| {
            let series = self.series as f64;
            medians(of).map(move |all| all / series)
        };
        table
            .column(
                "allocs/creation",
                Kind::Number,
                each(|cost| cost.created.times as f64),
            )
            .column(
                "alloc B/creation",
                Kind::Number,
                each(|cost| cost.created.bytes as f64),
            )
            .column(
                "held B/series",
                Kind::Number,
                each(|cost| cost.created.held as f64),
            );
        table.checked = "each page has counted every creation and every look-up".to_owned();
        bench.add(table);
        Ok(())
    }

    fn round(
        &self,
        library: &Library,
        make: fn(u64) -> Store<T>,
        recordings: &[Recording<'_, T>],
    ) -> Result<Cost, Fault> {
        let (before, start) = (allocated(), Instant::now());
        let store = make(self.series);
        store.record(recordings);
        let (created, after) = (start.elapsed(), allocated());
        let start = Instant::now();
        store.record(recordings);
        let found = start.elapsed();
        let page = crate::page::Page::read(&store.page());
        let counted = page.total(|line| line.starts_with(self.samples));
        if counted != (2 * self.series) as f64 {
            return Err(format!(
                "F: {} has counted {counted} for 2 times {} {}",
                library.name, self.series, self.of
            ));
        }
        let each = |time: std::time::Duration| time.as_secs_f64() * 1e9 / self.series as f64;
        Ok(Cost {
            create_ns: each(created),
            find_ns: each(found),
            created: Allocated {
                times: after.times - before.times,
                bytes: after.bytes - before.bytes,
                held: after.held - before.held,
                peak: after.peak,
            },
        })
    }
}

/// What makes the store, where a store can be made at all: a copied page makes no series.
fn makes<T>(
    library: &Library,
    make: impl Fn(&Library) -> Option<fn(u64) -> Store<T>>,
) -> Option<fn(u64) -> Store<T>> {
    make(library).filter(|_| library.name != floors::COPIED)
}

/// Each operation makes the series with its number, the first time.
pub(crate) fn counters(series: u64, only: Option<&str>) -> Vec<Subject> {
    of_libraries(only, |library| {
        let make = makes(library, |library| library.counters)?;
        Some(one_by_one(make(series), series, 1))
    })
}

/// The same of histograms.
pub(crate) fn histograms(series: u64, only: Option<&str>) -> Vec<Subject> {
    of_libraries(only, |library| {
        let make = makes(library, |library| library.histograms)?;
        Some(one_by_one(make(series), series, 0.25))
    })
}

fn one_by_one<T: Copy + Send + Sync + 'static>(store: Store<T>, series: u64, value: T) -> Subject {
    let (name, class): (_, Class) = (store.name, store.class);
    let store = Arc::new(store);
    let scraped = Arc::clone(&store);
    let keys = Key::first(series);
    let operation = move |number| {
        let key = &keys[number as usize];
        store.record(&[Recording { key, value }]);
    };
    Subject::recording(name, class, operation, move || scraped.page())
}
