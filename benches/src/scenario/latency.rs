//! One recording at a time, each measured alone, by label texts into one of 100,000 series: while
//! nobody scrapes, while another thread scrapes all the time, and while a third one makes a series
//! each millisecond as well. What a scrape makes a request wait.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use super::{Bench, Fault, of_libraries};
use crate::floors;
use crate::page::Page;
use crate::quantiles::Lengths;
use crate::report::{Kind, Table};
use crate::store::{Key, Recording, Store};

/// What goes on beside the recordings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Scrapes,
    ScrapesAndCreations,
}

/// A store, how much was recorded into it, and what was measured.
struct Measured {
    store: Store<u64>,
    recorded: u64,
    made: u64,
    quiet: Rounds,
    scraped: Rounds,
    created: Rounds,
}

/// All rounds of one kind.
struct Rounds {
    lengths: Lengths,
    seconds: f64,
    scrapes: u64,
    creations: u64,
}

impl Rounds {
    fn new() -> Self {
        Rounds {
            lengths: Lengths::new(),
            seconds: 0.0,
            scrapes: 0,
            creations: 0,
        }
    }
}

pub(crate) fn run(bench: &mut Bench) -> Result<(), Fault> {
    let series = bench.size.of(100_000, 10_000);
    let window = bench
        .size
        .of(Duration::from_secs(1), Duration::from_millis(50));
    let keys = Key::first(series);
    let mut all = of_libraries(None, |library| {
        let make = library.counters?;
        (library.name != floors::COPIED).then(|| Measured::fill(make(2 * series), &keys))
    });
    for round in 0..bench.size.of(3, 1) {
        for turn in 0..all.len() {
            let which = (round + turn) % all.len();
            all[which].round(&keys, window);
        }
    }
    for measured in &all {
        measured.check()?;
    }
    let title = format!("D. One recording beside scrapes of {series} series");
    bench.add(table("D-scraped", &title, &all, |measured| {
        &measured.scraped
    }));
    let title = format!("{title}, while a series is made each ms");
    bench.add(table("D-created", &title, &all, |measured| {
        &measured.created
    }));
    Ok(())
}

impl Measured {
    fn fill(store: Store<u64>, keys: &[Key]) -> Self {
        let once: Vec<_> = keys.iter().map(|key| Recording { key, value: 1 }).collect();
        store.record(&once);
        Measured {
            store,
            recorded: once.len() as u64,
            made: once.len() as u64,
            quiet: Rounds::new(),
            scraped: Rounds::new(),
            created: Rounds::new(),
        }
    }

    fn round(&mut self, keys: &[Key], window: Duration) {
        for beside in [
            Beside::Nothing,
            Beside::Scrapes,
            Beside::ScrapesAndCreations,
        ] {
            let round = round(&self.store, keys, self.made, window, beside);
            self.recorded += round.lengths.total() + round.creations;
            self.made += round.creations;
            let rounds = match beside {
                Beside::Nothing => &mut self.quiet,
                Beside::Scrapes => &mut self.scraped,
                Beside::ScrapesAndCreations => &mut self.created,
            };
            rounds.lengths.merge(&round.lengths);
            rounds.seconds += round.seconds;
            rounds.scrapes += round.scrapes;
            rounds.creations += round.creations;
        }
    }

    fn check(&self) -> Result<(), Fault> {
        let page = Page::read(&self.store.page());
        let found = page.total(|line| line.starts_with("store_calls_total{"));
        let samples = page.digest().samples;
        if (found, samples) != (self.recorded as f64, self.made) {
            return Err(format!(
                "D: the {samples} samples of {} add up to {found}, not {} samples to {}",
                self.store.name, self.made, self.recorded
            ));
        }
        Ok(())
    }
}

/// One thread records for as long as the window is; `made` series are there.
fn round(store: &Store<u64>, keys: &[Key], made: u64, window: Duration, beside: Beside) -> Rounds {
    let goes_on = AtomicBool::new(true);
    let (scrapes, creations) = (AtomicU64::new(0), AtomicU64::new(0));
    let mut lengths = Lengths::new();
    let mut took = Duration::ZERO;
    thread::scope(|scope| {
        if beside != Beside::Nothing {
            scope.spawn(|| {
                while goes_on.load(Relaxed) {
                    black_box(store.page());
                    scrapes.fetch_add(1, Relaxed);
                }
            });
        }
        if beside == Beside::ScrapesAndCreations {
            scope.spawn(|| {
                while goes_on.load(Relaxed) {
                    let key = Key::new(made + creations.load(Relaxed));
                    store.record(&[Recording {
                        key: &key,
                        value: 1,
                    }]);
                    creations.fetch_add(1, Relaxed);
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
        let begin = Instant::now();
        let mut number = 0_u64;
        while took < window {
            // Neighbours are far from each other.
            let key = &keys[(number.wrapping_mul(7919) % keys.len() as u64) as usize];
            let start = Instant::now();
            store.record(&[Recording { key, value: 1 }]);
            let end = Instant::now();
            lengths.add((end - start).as_nanos() as u64);
            took = end - begin;
            number += 1;
        }
        goes_on.store(false, Relaxed);
    });
    Rounds {
        lengths,
        seconds: took.as_secs_f64(),
        scrapes: scrapes.into_inner(),
        creations: creations.into_inner(),
    }
}

fn table(id: &str, title: &str, all: &[Measured], of: fn(&Measured) -> &Rounds) -> Table {
    let names = all
        .iter()
        .map(|measured| (measured.store.name, measured.store.class));
    let mut table = Table::new(id, title, names);
    let quantile = |share: f64| all.iter().map(move |one| of(one).lengths.quantile(share));
    let quiet = |share: f64| all.iter().map(move |one| one.quiet.lengths.quantile(share));
    let each_second = |count: fn(&Rounds) -> u64| {
        let rounds = all.iter().map(of);
        rounds.map(move |rounds| count(rounds) as f64 / rounds.seconds)
    };
    table
        .column("p50 ns", Kind::Number, quantile(0.5))
        .times_best_peer("p50 ns")
        .column("p99 ns", Kind::Number, quantile(0.99))
        .column("p99.9 ns", Kind::Number, quantile(0.999))
        .column("p99.99 ns", Kind::Number, quantile(0.9999))
        .column(
            "max us",
            Kind::Number,
            all.iter().map(|one| of(one).lengths.longest() / 1e3),
        )
        .column(
            "Mops/s",
            Kind::Number,
            each_second(|rounds| rounds.lengths.total()).map(|ops| ops / 1e6),
        )
        .column(
            "scrapes/s",
            Kind::Number,
            each_second(|rounds| rounds.scrapes),
        );
    if id == "D-created" {
        table.column(
            "created/s",
            Kind::Number,
            each_second(|rounds| rounds.creations),
        );
    }
    table
        .column("quiet p50 ns", Kind::Number, quiet(0.5))
        .column("quiet p99 ns", Kind::Number, quiet(0.99))
        .column("quiet p99.9 ns", Kind::Number, quiet(0.999))
        .column("quiet p99.99 ns", Kind::Number, quiet(0.9999))
        .column(
            "quiet max us",
            Kind::Number,
            all.iter().map(|one| one.quiet.lengths.longest() / 1e3),
        );
    table.checked = "each page has counted every recording and every creation".to_owned();
    table
}
