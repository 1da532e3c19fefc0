//! Every order in which a recorder, a removal and a scrape can meet, by loom.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test -p vitalsigns --lib races
//! ```

use std::sync::Arc as StdArc;

use loom::sync::Arc;
use loom::thread;

use super::sparse::Sparse;
use crate::descriptor::Descriptor;
use crate::kind::Kind;
use crate::label::{Label, LabelSet, LabelSpec, LabelValues, Labels};
use crate::metric::{Counter, Gauge, Metric, Shape};
use crate::sample::{Number, Sink, Value};

struct Topic(&'static str);

impl LabelSet for Topic {
    type Schema = Topic;
    const LABELS: &'static [LabelSpec] = &[LabelSpec {
        name: "topic",
        values: LabelValues::Capped(4),
    }];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Open(self.0)
    }
}

const A: Topic = Topic("a");

fn family<M: Metric>() -> Arc<Sparse<M>> {
    with_shape(Shape::new(StdArc::default(), None))
}

fn with_shape<M: Metric>(shape: Shape) -> Arc<Sparse<M>> {
    let descriptor = Descriptor {
        name: "raced_total".to_owned(),
        kind: Kind::Counter,
        unit: None,
        help: "Raced.",
        labels: Topic::LABELS,
        constant: StdArc::default(),
        buckets: None,
        native: false,
        exemplars: false,
        max_series: usize::MAX,
        expire_idle: None,
        states: None,
        group: "Races",
    };
    Arc::new(Sparse::new(&descriptor, StdArc::new(shape), None))
}

/// The numbers that a scrape finds.
#[derive(Default)]
struct Page(Vec<f64>);

impl Sink for Page {
    fn series(&mut self, _: &Labels<'_>, value: Value<'_>) {
        if let Value::Counter(number, _) | Value::Gauge(number) = value {
            self.0.push(match number {
                Number::Unsigned(value) => value as f64,
                Number::Signed(value) => value as f64,
                Number::Float(value) => value,
            });
        }
    }
}

fn scrape<M: Metric>(family: &Sparse<M>) -> Vec<f64> {
    let mut page = Page::default();
    family.collect(&mut page);
    page.0
}

fn explore(races: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(races);
}

#[test]
fn what_is_recorded_after_a_removal_is_never_swept_away() {
    explore(|| {
        let family = family::<Counter>();
        let handle = family.with(&A);
        // It is held, so it stays known.
        assert!(family.remove(&A));
        let recorder = thread::spawn(move || {
            handle.inc();
            // The handle goes here.
        });
        let scraper = {
            let family = Arc::clone(&family);
            thread::spawn(move || drop(scrape(&family)))
        };
        recorder.join().unwrap();
        scraper.join().unwrap();
        assert_eq!(scrape(&family), [1.0]);
    });
}

#[test]
fn nor_is_what_is_recorded_into_words_of_a_thread() {
    explore(|| {
        let shape = Shape::new(StdArc::default(), None).with_own_cells();
        let family = with_shape::<Counter>(shape);
        let handle = family.with(&A);
        assert!(family.remove(&A));
        let recorder = thread::spawn(move || {
            handle.inc();
            // The handle goes here, and so do the words of the thread.
        });
        let scraper = {
            let family = Arc::clone(&family);
            thread::spawn(move || drop(scrape(&family)))
        };
        recorder.join().unwrap();
        scraper.join().unwrap();
        assert_eq!(scrape(&family), [1.0]);
    });
}

#[test]
fn a_gauge_that_is_set_to_the_value_that_it_had_comes_back_as_well() {
    explore(|| {
        let family = family::<Gauge>();
        let handle = family.with(&A);
        handle.set(7);
        assert!(family.remove(&A));
        let recorder = thread::spawn(move || handle.set(7));
        let scraper = {
            let family = Arc::clone(&family);
            thread::spawn(move || drop(scrape(&family)))
        };
        recorder.join().unwrap();
        scraper.join().unwrap();
        assert_eq!(scrape(&family), [7.0]);
    });
}

#[test]
fn a_recording_that_meets_a_removal_is_before_it_or_brings_the_series_back() {
    explore(|| {
        let family = family::<Counter>();
        let kept = family.with(&A);
        let recorder = {
            let family = Arc::clone(&family);
            thread::spawn(move || family.with(&A).inc())
        };
        let remover = {
            let family = Arc::clone(&family);
            thread::spawn(move || family.remove(&A))
        };
        recorder.join().unwrap();
        remover.join().unwrap();
        // Nothing is lost of what a held handle counts, and the next recording shows all of it.
        assert_eq!(kept.get(), 1);
        assert!(matches!(scrape(&family)[..], [] | [1.0]));
        kept.inc();
        assert_eq!(scrape(&family), [2.0]);
    });
}

#[test]
fn two_that_ask_for_a_new_series_get_the_same_one() {
    explore(|| {
        let family = family::<Counter>();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let family = Arc::clone(&family);
                thread::spawn(move || family.with(&A).inc())
            })
            .collect();
        let seen: f64 = scrape(&family).iter().sum();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(seen <= 2.0);
        assert_eq!(scrape(&family), [2.0]);
    });
}

#[test]
fn asking_again_while_a_sweep_goes_on_gives_a_series_that_is_on_the_page() {
    explore(|| {
        let family = family::<Counter>();
        let handle = family.with(&A);
        assert!(family.remove(&A));
        drop(handle);
        let asker = {
            let family = Arc::clone(&family);
            thread::spawn(move || family.with(&A).inc())
        };
        let scraper = {
            let family = Arc::clone(&family);
            thread::spawn(move || drop(scrape(&family)))
        };
        asker.join().unwrap();
        scraper.join().unwrap();
        assert_eq!(scrape(&family), [1.0]);
    });
}

#[test]
fn fractions_of_two_threads_add_up() {
    explore(|| {
        let family = family::<Counter<f64>>();
        let (one, other) = (family.with(&A), family.with(&A));
        let thread = thread::spawn(move || one.add(0.5));
        other.add(0.25);
        thread.join().unwrap();
        assert_eq!(scrape(&family), [0.75]);
    });
}
