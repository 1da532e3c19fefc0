//! Collectors that read state from elsewhere, and those that fail at it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use vitalsigns::{Counter, Endpoint, Format, Gauge, MetricGroup, Registry};

macro_rules! group {
    ($group:ident, $name:literal) => {
        #[derive(MetricGroup)]
        struct $group {
            /// A level.
            #[metric(name = $name)]
            level: Gauge,
        }
    };
}

group!(Steady, "steady_level");
group!(Moody, "moody_level");
group!(Last, "last_level");

#[derive(MetricGroup)]
struct Jobs {
    /// Jobs.
    jobs_total: Counter,
}

const GOOD: u8 = 0;
const ERROR: u8 = 1;
const PANIC: u8 = 2;
const HANG: u8 = 3;

/// A registry with three collectors, of which the one in the middle does as it is told.
struct Fixture {
    registry: Registry,
    mood: Arc<AtomicU8>,
    hanging: Arc<(Mutex<bool>, Condvar)>,
    calls: Arc<AtomicU8>,
}

impl Fixture {
    fn new() -> Self {
        // Long enough for the report of a panic on a machine that has other things to do.
        let registry = Registry::builder()
            .collect_deadline(Duration::from_secs(4))
            .build()
            .unwrap();
        Jobs::register(&registry).unwrap().jobs_total.inc();
        let (mood, calls) = (Arc::new(AtomicU8::new(GOOD)), Arc::new(AtomicU8::new(0)));
        let hanging = Arc::new((Mutex::new(true), Condvar::new()));
        registry
            .collect_with(|steady: &Steady| set(&steady.level))
            .unwrap();
        let (told, released, counted) = (mood.clone(), hanging.clone(), calls.clone());
        registry
            .collect_with(move |moody: &Moody| {
                counted.fetch_add(1, Ordering::SeqCst);
                match told.load(Ordering::SeqCst) {
                    ERROR => return Err("the pool is gone".to_owned()),
                    PANIC => panic!("the collector panics, as the test wants it"),
                    HANG => {
                        let mut hangs = released.0.lock().unwrap();
                        while *hangs {
                            hangs = released.1.wait(hangs).unwrap();
                        }
                    }
                    _ => {}
                }
                set(&moody.level)
            })
            .unwrap();
        registry
            .collect_with(|last: &Last| set(&last.level))
            .unwrap();
        Fixture {
            registry,
            mood,
            hanging,
            calls,
        }
    }

    fn page(&self, mood: u8) -> String {
        self.mood.store(mood, Ordering::SeqCst);
        self.registry.render(Format::OpenMetrics)
    }

    fn release(&self) {
        *self.hanging.0.lock().unwrap() = false;
        self.hanging.1.notify_all();
    }
}

fn set(level: &Gauge) -> Result<(), String> {
    level.set(7);
    Ok(())
}

fn failures(page: &str, cause: &str) -> String {
    let start =
        format!("vitalsigns_collector_failures_total{{collector=\"Moody\",cause=\"{cause}\"}} ");
    page.lines()
        .find_map(|line| line.strip_prefix(&start))
        .unwrap()
        .to_owned()
}

#[test]
fn collectors_are_read_for_each_page_and_are_there_from_the_start() {
    let fixture = Fixture::new();
    let catalogue = fixture.registry.catalogue();
    assert!(catalogue.family("moody_level").is_some());
    let page = fixture.page(GOOD);
    for line in [
        "steady_level 7\n",
        "moody_level 7\n",
        "last_level 7\n",
        "vitalsigns_collector_up{collector=\"Moody\"} 1\n",
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
    assert_eq!(failures(&page, "panic"), "0");
    fixture.page(GOOD);
    assert_eq!(fixture.calls.load(Ordering::SeqCst), 2);
}

#[test]
fn one_that_fails_is_left_out_alone_and_said_so_and_comes_back() {
    let fixture = Fixture::new();
    for (mood, cause) in [(ERROR, "error"), (PANIC, "panic"), (HANG, "deadline")] {
        let page = fixture.page(mood);
        assert!(!page.contains("moody_level"), "{cause}: {page}");
        for line in [
            "steady_level 7\n",
            "last_level 7\n",
            "jobs_total 1\n",
            "vitalsigns_collector_up{collector=\"Moody\"} 0\n",
            "vitalsigns_collector_up{collector=\"Last\"} 1\n",
        ] {
            assert!(page.contains(line), "{cause}: {line} is not in\n{page}");
        }
        assert_eq!(failures(&page, cause), "1");
        assert!(page.ends_with("# EOF\n"));
    }
    // It hangs still, and is not asked a second time.
    let calls = fixture.calls.load(Ordering::SeqCst);
    let page = fixture.page(GOOD);
    assert_eq!(failures(&page, "deadline"), "2");
    assert_eq!(fixture.calls.load(Ordering::SeqCst), calls);

    fixture.release();
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while !fixture.page(GOOD).contains("moody_level 7\n") {
        assert!(
            std::time::Instant::now() < deadline,
            "{}",
            fixture.page(GOOD)
        );
    }
}

#[test]
fn a_collector_that_fails_does_not_stop_a_service_from_starting() {
    let fixture = Fixture::new();
    fixture.mood.store(ERROR, Ordering::SeqCst);
    let endpoint = Endpoint::new(&fixture.registry);
    let answer = endpoint.answer(&vitalsigns::EndpointRequest::new("GET"));
    let content_type = Some(Format::Text.content_type());
    assert_eq!(
        endpoint.judge(answer.status, content_type, &answer.body),
        Ok(())
    );
}

#[test]
fn many_pages_at_once_are_all_complete() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let page = fixture.registry.render(Format::Text);
                    assert!(page.contains("moody_level 7\n"), "{page}");
                    assert!(page.contains("last_level 7\n"), "{page}");
                }
            });
        }
    });
    assert_eq!(failures(&fixture.page(GOOD), "deadline"), "0");
}

#[test]
fn a_total_that_is_kept_elsewhere_only_rises() {
    #[derive(MetricGroup)]
    struct Clock {
        /// Time.
        busy_seconds_total: Counter<f64>,
        /// Ticks.
        ticks_total: Counter,
    }
    let registry = Registry::new();
    let clock = Clock::register(&registry).unwrap();
    for total in [1.5, 1.25, f64::NAN, -3.0, f64::INFINITY, 2.0, -0.0] {
        clock.busy_seconds_total.raise_to(total);
    }
    assert_eq!(clock.busy_seconds_total.get(), 2.0);
    clock.ticks_total.raise_to(5);
    clock.ticks_total.raise_to(3);
    assert_eq!(clock.ticks_total.get(), 5);
    let rejected = "vitalsigns_observations_rejected_total{metric=\"busy_seconds_total\"} 3\n";
    assert!(registry.render(Format::Text).contains(rejected));
}

#[test]
fn a_timeout_beyond_all_times_is_none() {
    let registry = Registry::new();
    let endpoint = vitalsigns::Endpoint::builder(&registry)
        .timeout(Duration::MAX)
        .build()
        .unwrap();
    let request = || vitalsigns::EndpointRequest::new("GET");
    assert_eq!(endpoint.answer(&request()).status, 200);
    let timeout = b"18000000000000000000";
    let request = request().header("x-prometheus-scrape-timeout-seconds", timeout);
    assert_eq!(endpoint.answer(&request).status, 200);
}
