//! Clients that have no time.

use std::thread;

use vitalsigns::{Endpoint, Registry};

use super::limits::{timeout, waiting};
use super::{assert_has, get, text, value};

/// How often the collectors were too slow, as somebody with time reads it.
fn too_slow(registry: &Registry, collector: &str) -> f64 {
    let endpoint = Endpoint::new(registry);
    let answer = endpoint.answer(&timeout(get(), "60"));
    let sample = format!(
        "vitalsigns_collector_failures_total{{collector=\"{collector}\",cause=\"deadline\"}}"
    );
    value(text(&answer), &sample)
}

#[test]
fn the_haste_of_a_client_is_no_fault_of_a_collector() {
    let (registry, door) = waiting();
    let endpoint = Endpoint::new(&registry);
    for hurry in ["0.000001", "0.1", "1e-300", "0.05"] {
        let answer = endpoint.answer(&timeout(get(), hurry));
        assert_eq!(answer.status, 200, "{hurry}");
        assert!(!text(&answer).contains("pool_size"), "{hurry}");
        // The page says what it lacks.
        assert_has(&answer, "vitalsigns_collector_up{collector=\"Pool\"} 0");
    }
    let strict = Endpoint::builder(&registry).strict().build().unwrap();
    assert_eq!(strict.answer(&timeout(get(), "0.000001")).status, 500);
    door.open();
    assert_eq!(too_slow(&registry, "Pool"), 0.0);
    assert_eq!(too_slow(&registry, "Steady"), 0.0);
    let answer = endpoint.answer(&timeout(get(), "60"));
    assert_has(&answer, "vitalsigns_collector_up{collector=\"Pool\"} 1");
    assert_has(&answer, "vitalsigns_collector_up{collector=\"Steady\"} 1");
}

#[test]
fn what_one_could_not_wait_for_is_waited_for_by_another() {
    let (registry, door) = waiting();
    let endpoint = Endpoint::new(&registry);
    // Leaves the collector behind.
    let first = endpoint.answer(&timeout(get(), "0.1"));
    assert!(!text(&first).contains("pool_size"));
    let openmetrics = b"application/openmetrics-text;version=1.0.0";
    thread::scope(|scope| {
        let second = scope.spawn(|| endpoint.answer(&timeout(get(), "0.6")));
        let others: Vec<_> = (0..4)
            .map(|other| {
                let request = timeout(get(), "60");
                let request = match other % 2 {
                    0 => request,
                    _ => request.header("accept", openmetrics),
                };
                let endpoint = &endpoint;
                scope.spawn(move || endpoint.answer(&request))
            })
            .collect();
        second.join().unwrap();
        door.open();
        for other in others {
            assert_has(&other.join().unwrap(), "pool_size 7");
        }
    });
    assert_eq!(too_slow(&registry, "Pool"), 0.0);
}
