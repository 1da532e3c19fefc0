//! Every order in which threads can begin, record, end and read, by loom.
//!
//! There are three words in the whole process then, which a histogram without bounds needs, and two
//! threads have leaves; so everybody meets in the same place, and who comes late records into the
//! shared words.

use std::sync::Arc as StdArc;

use loom::thread;

use super::Row;
use crate::metric::gauge::moves;
use crate::metric::sealed::Recorded;
use crate::metric::{Counter, Gauge, Histogram, Shape};

fn make<M: Recorded>() -> M {
    M::make(&StdArc::new(
        Shape::new(StdArc::default(), None).with_own_cells(),
    ))
}

fn explore(races: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    // A first recording has many steps: with three it takes minutes.
    builder.preemption_bound = Some(2);
    builder.check(races);
}

#[test]
fn what_two_threads_add_while_one_reads_adds_up() {
    explore(|| {
        let counter = make::<Counter>();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let counter = counter.clone();
                thread::spawn(move || counter.inc())
            })
            .collect();
        let first = counter.get();
        let second = counter.get();
        assert!(first <= second && second <= 2, "{first} then {second}");
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(counter.get(), 2);
    });
}

#[test]
fn a_thread_that_begins_while_another_ends_goes_on_with_its_words() {
    explore(|| {
        let counter = make::<Counter<f64>>();
        let begin = |amount| {
            let counter = counter.clone();
            thread::spawn(move || counter.add(amount))
        };
        begin(0.5).join().unwrap();
        // It has recorded, and is about to leave its words or has done so: one of these gets them.
        let (one, other) = (begin(0.25), begin(0.125));
        let before = counter.get();
        assert!(before >= 0.5, "{before}");
        one.join().unwrap();
        other.join().unwrap();
        assert_eq!(counter.get(), 0.875);
    });
}

#[test]
fn nothing_of_a_series_is_left_for_the_next_in_its_place() {
    explore(|| {
        let gone = make::<Histogram>();
        let thread = {
            let gone = gone.clone();
            thread::spawn(move || {
                gone.observe(1.0);
                drop(gone);
            })
        };
        // Here or there, the last handle goes.
        drop(gone);
        let next = make::<Histogram>();
        let recorder = {
            let next = next.clone();
            thread::spawn(move || next.observe(2.0))
        };
        assert!(next.count() <= 1 && next.sum() <= 2.0);
        thread.join().unwrap();
        recorder.join().unwrap();
        assert_eq!((next.count(), next.sum()), (1, 2.0));
    });
}

#[test]
fn two_series_that_want_the_last_place_both_count() {
    explore(|| {
        let (one, other) = (make::<Histogram>(), make::<Histogram>());
        let thread = {
            let (one, other) = (one.clone(), other.clone());
            thread::spawn(move || {
                one.observe(1.0);
                other.observe(1.0);
            })
        };
        other.observe(2.0);
        one.observe(2.0);
        thread.join().unwrap();
        assert_eq!((one.count(), one.sum()), (2, 3.0));
        assert_eq!((other.count(), other.sum()), (2, 3.0));
    });
}

#[test]
fn what_goes_up_here_and_down_there_is_never_below() {
    explore(|| {
        let gauge = make::<Gauge>();
        let thread = {
            let gauge = gauge.clone();
            thread::spawn(move || {
                gauge.inc();
                let ended = thread::spawn({
                    let gauge = gauge.clone();
                    move || gauge.dec()
                });
                ended.join().unwrap();
            })
        };
        let reader = {
            let gauge = gauge.clone();
            thread::spawn(move || {
                let seen = gauge.get();
                assert!((0..=1).contains(&seen), "{seen}");
            })
        };
        thread.join().unwrap();
        reader.join().unwrap();
        assert_eq!(gauge.get(), 0);
    });
}

#[test]
fn a_gauge_that_is_set_while_it_moves_is_where_it_was_set_or_moved_from_there() {
    explore(|| {
        let gauge = make::<Gauge>();
        let thread = {
            let gauge = gauge.clone();
            thread::spawn(move || gauge.add(3))
        };
        gauge.set(10);
        thread.join().unwrap();
        assert!([10, 13].contains(&gauge.get()), "{}", gauge.get());
    });
}

#[test]
fn a_total_that_is_raised_while_it_grows_is_no_less() {
    explore(|| {
        let counter = make::<Counter>();
        let thread = {
            let counter = counter.clone();
            thread::spawn(move || counter.add(2))
        };
        counter.raise_to(5);
        assert!(counter.get() >= 5);
        thread.join().unwrap();
        assert!([5, 7].contains(&counter.get()), "{}", counter.get());
    });
}

type Series = (Row, Gauge, Counter);

/// Records in a row, if there can be one, and else in each series.
fn record((row, gauge, counter): &Series) {
    let members = [gauge.member().unwrap(), counter.member()];
    match row.own().or_else(|| row.claim(&members)) {
        Some(own) => {
            moves::up(own);
            own.after(moves::WORDS).add(0, 1);
        }
        None => {
            gauge.inc();
            counter.inc();
        }
    }
}

#[test]
fn what_is_recorded_in_a_row_and_alone_adds_up() {
    explore(|| {
        let series: StdArc<Series> = StdArc::new((Row::new(), make(), make()));
        let thread = {
            let series = StdArc::clone(&series);
            thread::spawn(move || record(&series))
        };
        let (_, gauge, counter) = &*series;
        counter.inc();
        assert!((1..=2).contains(&counter.get()));
        thread.join().unwrap();
        assert_eq!((gauge.get(), counter.get()), (1, 2));
    });
}

#[test]
fn two_that_place_a_row_at_once_record_in_the_same() {
    explore(|| {
        let series: StdArc<Series> = StdArc::new((Row::new(), make(), make()));
        let thread = {
            let series = StdArc::clone(&series);
            thread::spawn(move || record(&series))
        };
        record(&series);
        thread.join().unwrap();
        let (_, gauge, counter) = &*series;
        assert_eq!((gauge.get(), counter.get()), (2, 2));
    });
}
