//! How long, how many, and what if not all can be had.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use vitalsigns::{Endpoint, EndpointRequest, Gauge, MetricGroup, Registry};

use super::{Door, assert_has, get, text, value};

#[derive(MetricGroup)]
struct Pool {
    /// Connections.
    pool_size: Gauge,
}

#[derive(MetricGroup)]
struct Steady {
    /// A level.
    steady_level: Gauge,
}

/// A registry with a collector that waits at a door, which is shut, and one that does not.
pub(super) fn waiting() -> (Registry, Door) {
    let registry = Registry::builder()
        .collect_deadline(Duration::from_secs(60))
        .build()
        .unwrap();
    let door = Door::default();
    let at = door.clone();
    registry
        .collect_with(move |pool: &Pool| {
            at.pass();
            pool.pool_size.set(7);
            Ok::<(), String>(())
        })
        .unwrap();
    registry
        .collect_with(|steady: &Steady| {
            steady.steady_level.set(1);
            Ok::<(), String>(())
        })
        .unwrap();
    (registry, door)
}

pub(super) fn timeout(request: EndpointRequest, header: &str) -> EndpointRequest {
    request.header("X-Prometheus-Scrape-Timeout-Seconds", header.as_bytes())
}

#[test]
fn a_slow_collector_is_cut_off_in_time_for_the_scraper() {
    let (registry, door) = waiting();
    let endpoint = Endpoint::builder(&registry)
        .timeout(Duration::from_millis(400))
        .build()
        .unwrap();
    for (header, at_least) in [
        (Some("0.5"), 450),
        (Some(" 0.5 "), 450),
        // What says nothing is not there.
        (None, 360),
        (Some("soon"), 360),
        (Some("-1"), 360),
        (Some("0"), 360),
        (Some("NaN"), 360),
        (Some("inf"), 360),
        (Some("1e400"), 360),
        (Some(""), 360),
    ] {
        let request = match header {
            Some(header) => timeout(get(), header),
            None => get(),
        };
        let started = Instant::now();
        let answer = endpoint.answer(&request);
        let took = started.elapsed();
        assert_eq!(answer.status, 200, "{header:?}");
        assert!(
            took >= Duration::from_millis(at_least),
            "{header:?}: {took:?}"
        );
        assert!(took < Duration::from_secs(10), "{header:?}: {took:?}");
        assert!(!text(&answer).contains("pool_size"), "{header:?}");
        assert_has(&answer, "vitalsigns_collector_up{collector=\"Pool\"} 0");
    }
    door.open();
    // It comes back, and nobody has to ask twice.
    let answer = endpoint.answer(&timeout(get(), "60"));
    assert_has(&answer, "pool_size 7");
    assert_has(&answer, "steady_level 1");
}

#[test]
fn a_timeout_beyond_all_clocks_is_a_long_one() {
    let (registry, door) = waiting();
    door.open();
    for longest in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::ZERO] {
        let endpoint = Endpoint::builder(&registry)
            .timeout(longest)
            .build()
            .unwrap();
        assert_eq!(endpoint.answer(&get()).status, 200);
        for header in ["1e18", "1.8e19", "1e300", "18446744073709551615"] {
            let answer = endpoint.answer(&timeout(get(), header));
            assert_eq!(answer.status, 200, "{header}");
        }
        let answer = endpoint.answer(&timeout(get(), "18446744073709550000"));
        assert_has(&answer, "pool_size 7");
    }
}

#[test]
fn nobody_waits_longer_than_said_for_what_others_asked_for() {
    let (registry, door) = waiting();
    let endpoint = Endpoint::new(&registry);
    thread::scope(|scope| {
        let patient = scope.spawn(|| endpoint.answer(&timeout(get(), "60")));
        door.wait_for_one();
        // Of the same page, of another kind, and of a part of it.
        let openmetrics = b"application/openmetrics-text;version=1.0.0";
        for request in [
            get(),
            get().header("accept", openmetrics),
            get().query("name[]=steady_level"),
        ] {
            let started = Instant::now();
            let answer = endpoint.answer(&timeout(request, "0.2"));
            assert!(started.elapsed() < Duration::from_secs(10));
            assert_eq!(answer.status, 200);
            assert!(!text(&answer).contains("pool_size"));
        }
        door.open();
        assert_has(&patient.join().unwrap(), "pool_size 7");
    });
}

#[test]
fn one_that_hangs_does_not_use_up_the_time_of_the_others() {
    let (registry, door) = waiting();
    let answer = Endpoint::new(&registry).answer(&timeout(get(), "0.5"));
    assert_has(&answer, "steady_level 1");
    assert_has(&answer, "vitalsigns_collector_up{collector=\"Pool\"} 0");
    assert_has(&answer, "vitalsigns_collector_up{collector=\"Steady\"} 1");
    door.open();
}

#[test]
fn one_that_is_late_is_waited_for_while_there_is_time() {
    let registry = Registry::new();
    registry
        .collect_with(|pool: &Pool| {
            // More than half of the time, and less than the whole.
            thread::sleep(Duration::from_millis(700));
            pool.pool_size.set(7);
            Ok::<(), String>(())
        })
        .unwrap();
    registry
        .collect_with(|steady: &Steady| {
            steady.steady_level.set(1);
            Ok::<(), String>(())
        })
        .unwrap();
    let answer = Endpoint::new(&registry).answer(&timeout(get(), "1.1"));
    assert_has(&answer, "pool_size 7");
    assert_has(&answer, "steady_level 1");
}

#[test]
fn who_has_time_gets_what_others_could_not_wait_for() {
    let (registry, door) = waiting();
    let endpoint = Endpoint::new(&registry);
    thread::scope(|scope| {
        let patient = || scope.spawn(|| endpoint.answer(&timeout(get(), "60")));
        let hasty = || scope.spawn(|| endpoint.answer(&timeout(get(), "0.3")));
        let first = hasty();
        door.wait_for_one();
        let (second, third, fourth) = (patient(), hasty(), patient());
        assert!(!text(&first.join().unwrap()).contains("pool_size"));
        door.open();
        assert_has(&second.join().unwrap(), "pool_size 7");
        assert_has(&fourth.join().unwrap(), "pool_size 7");
        assert_eq!(third.join().unwrap().status, 200);
    });
}

#[test]
fn more_at_once_than_there_may_be_are_refused_at_once() {
    let (registry, door) = waiting();
    let endpoint = Endpoint::builder(&registry)
        .most_at_once(2)
        .build()
        .unwrap();
    thread::scope(|scope| {
        let first = scope.spawn(|| endpoint.answer(&timeout(get(), "60")));
        door.wait_for_one();
        // The second waits for the first; how many are let in is seen by who is not.
        let second = scope.spawn(|| {
            loop {
                let answer = endpoint.answer(&timeout(get(), "60"));
                // Who asks below may have the second place for a moment.
                if answer.status != 503 {
                    break answer;
                }
            }
        });
        let deadline = Instant::now() + Duration::from_secs(20);
        let refused = loop {
            let answer = endpoint.answer(&timeout(get().query("name[]=a"), "0.01"));
            if answer.status == 503 {
                break answer;
            }
            assert!(Instant::now() < deadline);
        };
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert!(!text(&refused).contains("steady_level"));
        // Other methods cost nothing, and the process itself is not refused.
        assert_eq!(
            endpoint.answer(&EndpointRequest::new("OPTIONS")).status,
            204
        );
        let internal = scope.spawn(|| endpoint.answer(&timeout(get().internal(), "60")));
        let check = scope.spawn(|| endpoint.check());
        door.open();
        assert_eq!(internal.join().unwrap().status, 200);
        assert_eq!(check.join().unwrap(), Ok(()));
        assert_has(&first.join().unwrap(), "pool_size 7");
        assert_has(&second.join().unwrap(), "pool_size 7");
    });
    assert_eq!(endpoint.answer(&get()).status, 200);
    let page = registry.render(vitalsigns::Format::Text);
    assert!(value(&page, "vitalsigns_scrapes_total{code=\"503\"}") >= 1.0);
}

#[test]
fn in_strict_mode_a_page_is_complete_or_there_is_none() {
    let (registry, door) = waiting();
    door.open();
    let endpoint = Endpoint::builder(&registry).strict().build().unwrap();
    assert_eq!(endpoint.answer(&get()).status, 200);
    door.shut();
    let answer = endpoint.answer(&timeout(get(), "0.2"));
    assert_eq!(answer.status, 500);
    assert!(
        text(&answer).contains("Pool (too slow for this timeout)"),
        "{}",
        text(&answer)
    );
    assert!(!text(&answer).contains("Steady"));
    assert!(!text(&answer).contains("steady_level"));
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    door.open();
    assert_eq!(endpoint.answer(&timeout(get(), "60")).status, 200);
    registry
        .collect_with(|_: &Steady| Err::<(), _>("password=hunter2"))
        .unwrap();
    let answer = endpoint.answer(&get());
    assert_eq!(answer.status, 500);
    // Two of a kind are told apart, and what the error says is not for clients.
    assert!(
        text(&answer).contains("Steady-2 (an error)"),
        "{}",
        text(&answer)
    );
    assert!(!text(&answer).contains("hunter2"));
}

#[test]
fn two_collectors_of_a_group_do_not_speak_for_each_other() {
    let (registry, door) = waiting();
    door.open();
    registry
        .collect_with(|_: &Pool| Err::<(), _>("gone"))
        .unwrap();
    let answer = Endpoint::new(&registry).answer(&get());
    assert!(!text(&answer).contains("pool_size"));
    assert_has(&answer, "vitalsigns_collector_up{collector=\"Pool\"} 1");
    assert_has(&answer, "vitalsigns_collector_up{collector=\"Pool-2\"} 0");
}

#[test]
fn a_collector_may_ask_the_endpoint_of_its_own_page() {
    let (registry, door) = waiting();
    door.open();
    let endpoint = Arc::new(Endpoint::new(&registry));
    let asked = Arc::downgrade(&endpoint);
    let bytes = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&bytes);
    #[derive(MetricGroup)]
    struct Itself {
        /// Length of the own page.
        own_page_length: Gauge,
    }
    registry
        .collect_with(move |own: &Itself| {
            let endpoint = asked.upgrade().ok_or("there is no endpoint")?;
            let answer = endpoint.answer(&get().internal());
            seen.store(answer.body.len(), Ordering::SeqCst);
            own.own_page_length.set(1);
            Ok::<(), &str>(())
        })
        .unwrap();
    for _ in 0..2 {
        let started = Instant::now();
        let answer = endpoint.answer(&timeout(get(), "30"));
        assert!(started.elapsed() < Duration::from_secs(20));
        assert_has(&answer, "own_page_length 1");
        assert!(bytes.swap(0, Ordering::SeqCst) > 500);
    }
}

#[test]
fn a_collector_is_asked_once_at_a_time_however_short_the_timeouts() {
    let registry = Registry::new();
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    registry
        .collect_with(move |pool: &Pool| {
            highest.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_micros(300));
            inside.fetch_sub(1, Ordering::SeqCst);
            pool.pool_size.set(1);
            Ok::<(), String>(())
        })
        .unwrap();
    let endpoint = Endpoint::new(&registry);
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (endpoint, start) = (&endpoint, &start);
            scope.spawn(move || {
                start.wait();
                for round in 0..300 {
                    let seconds = f64::from(round % 7 * (thread + 1)) * 1e-4;
                    let answer = endpoint.answer(&timeout(get(), &seconds.to_string()));
                    assert_eq!(answer.status, 200);
                }
            });
        }
    });
    assert_eq!(most.load(Ordering::SeqCst), 1);
    assert_has(&endpoint.answer(&timeout(get(), "30")), "pool_size 1");
}
