//! Many threads at once: nothing is lost, nobody waits for the scrape.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use vitalsigns::{Counter, Family, Format, Gauge, Histogram, LabelSet, MetricGroup, Registry};

#[derive(LabelSet)]
struct Topic<'a> {
    #[label(cap = 64)]
    topic: &'a str,
}

#[derive(MetricGroup)]
struct Bus {
    /// Events.
    events_total: Family<Topic<'static>, Counter>,
    /// Time.
    event_seconds: Family<Topic<'static>, Histogram>,
    /// Waiting.
    waiting: Family<Topic<'static>, Gauge>,
}

fn sum(registry: &Registry, name: &str) -> f64 {
    let page = registry.render(Format::Text);
    page.lines()
        .filter(|line| line.starts_with(&format!("{name}{{")))
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
        .sum()
}

#[test]
fn totals_are_exact_while_others_create_remove_and_scrape() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 20_000;
    let registry = Registry::new();
    let bus = Bus::register(&registry).unwrap();
    // Somebody always holds this one: to remove it is to hide it until it records again.
    let kept = bus.events_total.with(&Topic { topic: "kept" });
    let start = Barrier::new(THREADS + 2);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let recorders: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (bus, start, kept) = (&bus, &start, kept.clone());
                scope.spawn(move || {
                    start.wait();
                    for round in 0..ROUNDS {
                        // More values than the cap has room for.
                        let topic = format!("topic {}", (round * 7 + thread) % 100);
                        let labels = Topic { topic: &topic };
                        bus.events_total.with(&labels).inc();
                        bus.event_seconds.with(&labels).observe(0.25);
                        drop(bus.waiting.with(&labels).hold(1));
                        kept.inc();
                    }
                })
            })
            .collect();
        // Removes the series of a handle that others hold: it must come back whole.
        scope.spawn(|| {
            start.wait();
            while !done.load(Ordering::Relaxed) {
                bus.events_total.remove(&Topic { topic: "kept" });
                thread::yield_now();
            }
        });
        scope.spawn(|| {
            start.wait();
            let mut before = 0.0;
            while !done.load(Ordering::Relaxed) {
                let page = registry.render(Format::Text);
                for line in page
                    .lines()
                    .filter(|line| line.starts_with("event_seconds_count"))
                {
                    let labels = line["event_seconds_count".len()..]
                        .split_once('}')
                        .unwrap()
                        .0;
                    let count = line.rsplit_once(' ').unwrap().1;
                    let total = format!("event_seconds_bucket{labels},le=\"+Inf\"}} {count}\n");
                    assert!(
                        page.contains(&total),
                        "the count is that of the buckets: {line}"
                    );
                }
                let now = sum(&registry, "event_seconds_count");
                assert!(now >= before, "totals never shrink: {before} then {now}");
                before = now;
            }
        });
        for recorder in recorders {
            recorder.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    let expected = (THREADS * ROUNDS) as f64;
    assert_eq!(kept.get(), expected as u64);
    bus.events_total.with(&Topic { topic: "kept" });
    assert_eq!(sum(&registry, "events_total"), 2.0 * expected);
    assert_eq!(sum(&registry, "event_seconds_count"), expected);
    assert_eq!(sum(&registry, "event_seconds_sum"), 0.25 * expected);
    assert_eq!(sum(&registry, "waiting"), 0.0);
}

#[test]
fn removing_while_handles_come_and_go_loses_no_count() {
    const ROUNDS: u64 = 100_000;
    let registry = Registry::new();
    let bus = Bus::register(&registry).unwrap();
    let held = bus.events_total.with(&Topic { topic: "a" });
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..ROUNDS {
                held.clone().inc();
            }
        });
        scope.spawn(|| {
            for _ in 0..1_000 {
                bus.events_total.remove(&Topic { topic: "a" });
                registry.render(Format::Text);
            }
        });
    });
    assert_eq!(held.get(), ROUNDS);
    held.inc();
    assert_eq!(sum(&registry, "events_total"), (ROUNDS + 1) as f64);
}

#[test]
fn handles_go_to_other_threads_and_outlive_the_registry() {
    fn is_send_and_sync<T: Send + Sync + Clone + 'static>(_: &T) {}
    let registry = Registry::new();
    let bus = Bus::register(&registry).unwrap();
    is_send_and_sync(&registry);
    is_send_and_sync(&bus.events_total);
    is_send_and_sync(&bus.events_total.with(&Topic { topic: "a" }));
    is_send_and_sync(&bus.event_seconds.with(&Topic { topic: "a" }));
    let events = bus.events_total.with(&Topic { topic: "a" });
    drop((registry, bus));
    thread::spawn(move || events.inc()).join().unwrap();
}
