//! Threads that begin, record and end: each has words of its own, and nothing shows of it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use vitalsigns::{
    Counter, Family, Format, Gauge, Histogram, LabelSet, MetricGroup, Registry, SECONDS_BUCKETS,
};

#[derive(Clone, Copy, LabelSet)]
struct Number<'a> {
    #[label(cap = 5000)]
    number: &'a str,
}

#[derive(MetricGroup)]
struct Work {
    /// Done.
    done_total: Counter,
    /// Spent.
    spent_seconds_total: Counter<f64>,
    /// Took.
    took_seconds: Histogram,
    /// Goes on.
    #[metric(cells = "thread")]
    going_on: Gauge,
    /// Done, counted by all in one place.
    #[metric(cells = "shared")]
    shared_total: Counter,
}

impl Work {
    fn record(&self) {
        let going_on = self.going_on.hold(1);
        self.done_total.inc();
        self.spent_seconds_total.add(0.25);
        self.took_seconds.observe(0.5);
        self.shared_total.inc();
        drop(going_on);
    }

    fn assert_recorded(&self, times: u64) {
        assert_eq!(self.done_total.get(), times);
        assert_eq!(self.shared_total.get(), times);
        assert_eq!(self.spent_seconds_total.get(), times as f64 * 0.25);
        assert_eq!(self.took_seconds.count(), times);
        assert_eq!(self.took_seconds.sum(), times as f64 * 0.5);
        assert_eq!(self.going_on.get(), 0);
    }
}

/// What a page says of each series that only grows, and that gauges are not below zero.
fn growing(registry: &Registry) -> Vec<f64> {
    let page = registry.render(Format::Text);
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let mut values = Vec::new();
    for sample in samples {
        let (name, value) = sample.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap();
        match name {
            "going_on" => assert!(value >= 0.0, "{page}"),
            // The library's own are left out: some of those go up and down.
            name if name.starts_with("vitalsigns") => {}
            _ => values.push(value),
        }
    }
    values
}

#[test]
fn totals_grow_and_are_exact_while_threads_come_and_go() {
    const THREADS: u64 = 3000;
    const TIMES: u64 = 20;
    let registry = Registry::new();
    let work = Arc::new(Work::register(&registry).unwrap());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut before = growing(&registry);
            while !done.load(Ordering::Relaxed) {
                let now = growing(&registry);
                let grew = before.iter().zip(&now).all(|(before, now)| before <= now);
                assert!(grew && before.len() == now.len(), "{before:?} then {now:?}");
                before = now;
            }
        });
        let mut alive = VecDeque::new();
        for _ in 0..THREADS {
            let work = Arc::clone(&work);
            alive.push_back(thread::spawn(move || {
                (0..TIMES).for_each(|_| work.record())
            }));
            if alive.len() == 12 {
                alive.pop_front().unwrap().join().unwrap();
            }
        }
        alive.into_iter().for_each(|thread| thread.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    work.assert_recorded(THREADS * TIMES);
}

#[test]
fn more_threads_at_once_than_can_have_words_of_their_own_lose_nothing() {
    const THREADS: usize = 300;
    let registry = Registry::new();
    let work = Work::register(&registry).unwrap();
    let all_have_recorded = Barrier::new(THREADS);
    for round in 1..=2 {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    work.record();
                    all_have_recorded.wait();
                    work.record();
                });
            }
        });
        work.assert_recorded(round * 2 * THREADS as u64);
    }
}

/// Records when the variables of its thread are destroyed.
struct AtTheEnd(RefCell<Option<Arc<Work>>>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        if let Some(work) = self.0.take() {
            work.record();
        }
    }
}

thread_local! {
    static ONE: AtTheEnd = const { AtTheEnd(RefCell::new(None)) };
    static OTHER: AtTheEnd = const { AtTheEnd(RefCell::new(None)) };
}

#[test]
fn what_is_recorded_while_the_variables_of_a_thread_are_destroyed_counts() {
    let registry = Registry::new();
    let work = Arc::new(Work::register(&registry).unwrap());
    for _ in 0..50 {
        let work = Arc::clone(&work);
        let thread = thread::spawn(move || {
            // One was there before the words of the thread, and the other comes after them.
            ONE.with(|end| *end.0.borrow_mut() = Some(Arc::clone(&work)));
            work.record();
            OTHER.with(|end| *end.0.borrow_mut() = Some(Arc::clone(&work)));
        });
        thread.join().unwrap();
    }
    work.assert_recorded(150);
}

#[test]
fn a_thread_that_records_nothing_but_at_its_end_counts_as_well() {
    let registry = Registry::new();
    let work = Arc::new(Work::register(&registry).unwrap());
    let at_the_end = Arc::clone(&work);
    thread::spawn(|| ONE.with(|end| *end.0.borrow_mut() = Some(at_the_end)))
        .join()
        .unwrap();
    work.assert_recorded(1);
}

#[test]
fn a_registry_that_comes_after_another_begins_at_zero() {
    // The same threads all the time, with words in which the series before have counted.
    let (senders, threads): (Vec<_>, Vec<_>) = (0..4)
        .map(|_| {
            let (sender, work) = mpsc::channel::<(Arc<Work>, Arc<Barrier>)>();
            let thread = thread::spawn(move || {
                for (work, recorded) in work {
                    work.record();
                    // So that the last handle goes in a thread as often as not.
                    drop(work);
                    recorded.wait();
                }
            });
            (sender, thread)
        })
        .unzip();
    for round in 0..200 {
        let registry = Registry::new();
        // Another number of words in front each time.
        let before = Registry::new();
        let held: Vec<Counter> = (0..round % 7)
            .map(|number| {
                let number = number.to_string();
                let family = Many::register(&before).unwrap().many_total;
                let counter = family.with(&Number { number: &number });
                counter.add(1_000_000);
                counter
            })
            .collect();
        let work = Arc::new(Work::register(&registry).unwrap());
        work.assert_recorded(0);
        let recorded = Arc::new(Barrier::new(senders.len() + 1));
        for sender in &senders {
            sender
                .send((Arc::clone(&work), Arc::clone(&recorded)))
                .unwrap();
        }
        work.record();
        recorded.wait();
        work.assert_recorded(5);
        assert!(held.iter().all(|counter| counter.get() == 1_000_000));
    }
    drop(senders);
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[derive(MetricGroup)]
struct Many {
    /// Many.
    #[metric(max_series = 5000)]
    many_total: Family<Number<'static>, Counter>,
    /// Many.
    #[metric(max_series = 5000)]
    many_seconds: Family<Number<'static>, Histogram>,
}

#[test]
fn more_series_than_there_are_words_for_are_all_counted() {
    // Each of these is more than a family has words for, and all of them more than a process has.
    let registries: Vec<_> = (0..9).map(|_| Registry::new()).collect();
    let groups: Vec<_> = registries
        .iter()
        .map(|registry| Many::register(registry).unwrap())
        .collect();
    let record = || {
        for group in &groups {
            for number in 0..1500 {
                let number = number.to_string();
                let labels = Number { number: &number };
                group.many_total.with(&labels).inc();
                group.many_seconds.with(&labels).observe(0.5);
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(record);
        scope.spawn(record);
    });
    for group in &groups {
        for number in ["0", "700", "1023", "1024", "1499"] {
            let labels = Number { number };
            assert_eq!(group.many_total.with(&labels).get(), 2);
            let seconds = group.many_seconds.with(&labels);
            assert_eq!((seconds.count(), seconds.sum()), (2, 1.0));
        }
    }
}

#[test]
fn a_histogram_that_fits_nowhere_counts_nevertheless() {
    let bounds = (0..600).map(f64::from);
    let registry = Registry::builder()
        .buckets("took_seconds", bounds)
        .build()
        .unwrap();
    let work = Work::register(&registry).unwrap();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| work.record());
        }
    });
    work.assert_recorded(3);
}

#[test]
fn a_total_is_raised_by_what_is_missing_of_it() {
    let work = Work::register(&Registry::new()).unwrap();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                work.done_total.add(2);
                work.spent_seconds_total.add(0.5);
            });
        }
    });
    work.done_total.raise_to(5);
    work.spent_seconds_total.raise_to(1.0);
    assert_eq!(work.done_total.get(), 6);
    assert_eq!(work.spent_seconds_total.get(), 1.5);
    work.done_total.raise_to(10);
    work.spent_seconds_total.raise_to(2.25);
    work.done_total.inc();
    assert_eq!(work.done_total.get(), 11);
    assert_eq!(work.spent_seconds_total.get(), 2.25);
}

#[test]
fn a_gauge_is_where_it_was_set_whoever_moved_it_before() {
    let work = Work::register(&Registry::new()).unwrap();
    thread::scope(|scope| {
        for amount in [5, -3, i64::MAX] {
            let work = &work;
            scope.spawn(move || work.going_on.add(amount));
        }
    });
    assert_eq!(work.going_on.get(), i64::MIN + 1);
    work.going_on.set(7);
    assert_eq!(work.going_on.get(), 7);
    thread::scope(|scope| {
        scope.spawn(|| work.going_on.add(-10));
    });
    assert_eq!(work.going_on.get(), -3);
    work.going_on.add(i64::MIN);
    assert_eq!(work.going_on.get(), i64::MAX - 2);
}

#[test]
fn a_guard_that_wanders_from_thread_to_thread_is_never_below_zero() {
    let registry = Registry::new();
    let work = Work::register(&registry).unwrap();
    let (hand_over, handed) = mpsc::sync_channel(4);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..20_000 {
                hand_over.send(work.going_on.hold(1)).unwrap();
            }
            drop(hand_over);
        });
        scope.spawn(|| {
            handed.into_iter().for_each(drop);
            done.store(true, Ordering::Relaxed);
        });
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                growing(&registry);
            }
        });
    });
    assert_eq!(work.going_on.get(), 0);
}

#[test]
fn sums_of_several_threads_stay_finite() {
    let registry = Registry::new();
    let work = Work::register(&registry).unwrap();
    let rejected = || {
        let start = "vitalsigns_observations_rejected_total{metric=\"spent_seconds_total\"} ";
        let page = registry.render(Format::Text);
        let found = page.lines().find_map(|line| line.strip_prefix(start));
        found.unwrap().parse::<u64>().unwrap()
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // The most that one thread keeps for itself, and more.
                for power in [900, 959, 960, 961, 1020] {
                    work.spent_seconds_total.add(2.0_f64.powi(power));
                    work.took_seconds.observe(2.0_f64.powi(power));
                }
            });
        }
    });
    let largest = 4.0 * 2.0_f64.powi(1020);
    assert_eq!((work.spent_seconds_total.get(), rejected()), (largest, 0));
    assert_eq!(work.took_seconds.sum(), largest);
    work.spent_seconds_total.add(f64::MAX - largest);
    work.took_seconds.observe(f64::MAX - largest);
    thread::scope(|scope| {
        scope.spawn(|| {
            work.spent_seconds_total.add(f64::MAX);
            work.took_seconds.observe(f64::MAX);
        });
    });
    assert_eq!((work.spent_seconds_total.get(), rejected()), (f64::MAX, 1));
    assert_eq!(work.took_seconds.sum(), f64::MAX);
    assert_eq!(work.took_seconds.count(), 22);
}

#[test]
fn a_series_that_was_removed_comes_back_with_what_another_thread_records() {
    let registry = Registry::new();
    let many = Many::register(&registry).unwrap();
    let labels = Number { number: "1" };
    let (counter, seconds) = (
        many.many_total.with(&labels),
        many.many_seconds.with(&labels),
    );
    counter.inc();
    seconds.observe(0.5);
    assert!(many.many_total.remove(&labels) && many.many_seconds.remove(&labels));
    assert!(!registry.render(Format::Text).contains("number=\"1\""));
    thread::scope(|scope| {
        scope.spawn(|| {
            counter.inc();
            seconds.observe(0.5);
        });
    });
    let page = registry.render(Format::Text);
    assert!(page.contains("many_total{number=\"1\"} 2\n"), "{page}");
    assert!(
        page.contains("many_seconds_sum{number=\"1\"} 1.0\n"),
        "{page}"
    );
}

#[test]
fn every_size_is_counted_where_its_bound_is() {
    let work = Work::register(&Registry::new()).unwrap();
    for (index, bound) in SECONDS_BUCKETS.iter().enumerate() {
        for value in [bound.next_down(), *bound, bound.next_up()] {
            work.took_seconds.observe(value);
        }
        assert_eq!(work.took_seconds.count(), 3 * (index as u64 + 1));
    }
    let registry = Registry::new();
    let work = Work::register(&registry).unwrap();
    for bound in SECONDS_BUCKETS {
        work.took_seconds.observe(*bound);
        work.took_seconds.observe(bound.next_up());
    }
    let page = registry.render(Format::Text);
    for (index, bound) in SECONDS_BUCKETS.iter().enumerate() {
        let line = format!(
            "took_seconds_bucket{{le=\"{bound:?}\"}} {}\n",
            2 * index + 1
        );
        assert!(page.contains(&line), "{line} in {page}");
    }
}
