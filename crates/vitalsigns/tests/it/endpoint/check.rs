//! The check of readiness, beside collectors that fail.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use vitalsigns::{Endpoint, Gauge, MetricGroup, Registry, SelfTestError};

use super::get;

#[derive(MetricGroup)]
struct Pool {
    /// Connections.
    pool_size: Gauge,
}

/// A registry with a collector that fails every second time.
fn moody() -> Registry {
    let registry = Registry::new();
    let times = AtomicUsize::new(0);
    registry
        .collect_with(move |pool: &Pool| {
            pool.pool_size.set(7);
            match times.fetch_add(1, Ordering::SeqCst) % 2 {
                0 => Err("every second time"),
                _ => Ok(()),
            }
        })
        .unwrap();
    registry
}

#[test]
fn a_check_does_not_depend_on_what_collectors_do() {
    let registry = moody();
    let lax = Endpoint::new(&registry);
    let strict = Endpoint::builder(&registry).strict().build().unwrap();
    let ends = AtomicBool::new(false);
    thread::scope(|scope| {
        // Others ask meanwhile, so the last page is not the one that is judged.
        scope.spawn(|| {
            while !ends.load(Ordering::SeqCst) {
                lax.answer(&get());
            }
        });
        let checks: Vec<_> = (0..40).map(|_| (lax.check(), strict.check())).collect();
        ends.store(true, Ordering::SeqCst);
        for (lax, strict) in checks {
            assert_eq!((lax, strict), (Ok(()), Ok(())));
        }
    });
    // Scrapes see it all the same.
    let statuses: Vec<u16> = (0..2).map(|_| strict.answer(&get()).status).collect();
    assert!(
        statuses.contains(&500) && statuses.contains(&200),
        "{statuses:?}"
    );
}

#[test]
fn an_answer_is_judged_by_what_was_asked_for_it_and_not_by_the_last_page() {
    let registry = moody();
    let endpoint = Endpoint::new(&registry);
    let partial = endpoint.answer(&get());
    assert!(!String::from_utf8_lossy(&partial.body).contains("pool_size"));
    // It is read for another page, before this one is judged.
    endpoint.answer(&get());
    let content_type = partial.header("content-type");
    assert_eq!(endpoint.judge(200, content_type, &partial.body), Ok(()));
}

#[test]
fn families_of_a_collector_that_did_not_fail_are_missed() {
    let registry = Registry::new();
    registry
        .collect_with(|pool: &Pool| {
            pool.pool_size.set(7);
            Ok::<(), String>(())
        })
        .unwrap();
    let endpoint = Endpoint::new(&registry);
    assert_eq!(endpoint.check(), Ok(()));
    let elsewhere = Endpoint::new(&Registry::new()).answer(&get());
    let content_type = elsewhere.header("content-type");
    match endpoint.judge(200, content_type, &elsewhere.body) {
        Err(SelfTestError::Missing { families }) => assert_eq!(families, ["pool_size"]),
        judged => panic!("{judged:?}"),
    }
}
