use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use vitalsigns::families::Cache;
use vitalsigns::families::cache::{Eviction, Size};
use vitalsigns::testing::{assert_family, total, value};
use vitalsigns::{LabelValue, Registry};

use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Name {
    Session,
    Thumbnail,
}

fn cache() -> (Registry, Cache<Name>) {
    let registry = Registry::new();
    let cache = Cache::register(&registry).unwrap();
    (registry, cache)
}

#[test]
fn a_typical_hour() {
    let (registry, cache) = cache();
    let mut entries = 0;
    for minute in 0..60 {
        for request in 0..50 {
            match (minute, request) {
                // The session store is gone for a minute.
                (20, _) => cache.error(Name::Session),
                (_, 0) => {
                    cache.miss(Name::Session);
                    cache.load(Name::Session).succeed();
                    cache.wrote(Name::Session);
                    entries += 1;
                }
                _ => cache.hit(Name::Session),
            }
        }
        if minute % 15 == 14 {
            cache.evicted(Name::Session, Eviction::Expired, 10);
            entries -= 10;
        }
        cache.miss(Name::Thumbnail);
        match minute % 30 {
            7 => cache.load(Name::Thumbnail).fail(),
            8 => {
                cache.load(Name::Thumbnail).succeed();
                cache.write_failed(Name::Thumbnail);
            }
            _ => {}
        }
        let bytes = entries * 512;
        cache.size(Name::Session, Size { entries, bytes });
    }
    assert_family(
        &registry,
        "cache_requests_total",
        "cache_requests_total{cache=\"session\",outcome=\"hit\"} 2891\n\
         cache_requests_total{cache=\"session\",outcome=\"miss\"} 59\n\
         cache_requests_total{cache=\"session\",outcome=\"error\"} 50\n\
         cache_requests_total{cache=\"thumbnail\",outcome=\"hit\"} 0\n\
         cache_requests_total{cache=\"thumbnail\",outcome=\"miss\"} 60\n\
         cache_requests_total{cache=\"thumbnail\",outcome=\"error\"} 0\n",
    );
    assert_family(
        &registry,
        "cache_writes_total",
        "cache_writes_total{cache=\"session\",outcome=\"success\"} 59\n\
         cache_writes_total{cache=\"session\",outcome=\"error\"} 0\n\
         cache_writes_total{cache=\"thumbnail\",outcome=\"success\"} 0\n\
         cache_writes_total{cache=\"thumbnail\",outcome=\"error\"} 2\n",
    );
    assert_eq!(
        nonzero(&registry, "cache_evictions_total"),
        ["{cache=\"session\",reason=\"expired\"} 40"]
    );
    assert_family(
        &registry,
        "cache_entries",
        "cache_entries{cache=\"session\"} 19\ncache_entries{cache=\"thumbnail\"} 0\n",
    );
    assert_family(
        &registry,
        "cache_size_bytes",
        "cache_size_bytes{cache=\"session\"} 9728\ncache_size_bytes{cache=\"thumbnail\"} 0\n",
    );
    assert_eq!(
        nonzero(&registry, "cache_loads_total"),
        [
            "{cache=\"session\",outcome=\"success\"} 59",
            "{cache=\"thumbnail\",outcome=\"success\"} 2",
            "{cache=\"thumbnail\",outcome=\"error\"} 2",
        ]
    );
    assert_family(
        &registry,
        "cache_loads_in_progress",
        "cache_loads_in_progress{cache=\"session\"} 0\n\
         cache_loads_in_progress{cache=\"thumbnail\"} 0\n",
    );
    assert_eq!(total(&registry, "cache_load_duration_seconds"), 63.0);
}

#[test]
fn a_load_that_is_dropped_is_cancelled() {
    let (registry, cache) = cache();
    // What a future owns goes with it.
    let future = Some(cache.load(Name::Session));
    assert_eq!(
        nonzero(&registry, "cache_loads_in_progress"),
        ["{cache=\"session\"} 1"]
    );
    drop(future);
    assert_eq!(
        nonzero(&registry, "cache_loads_total"),
        ["{cache=\"session\",outcome=\"cancelled\"} 1"]
    );
    assert!(nonzero(&registry, "cache_loads_in_progress").is_empty());
}

#[test]
fn a_load_that_a_panic_drops_is_panicked() {
    let (registry, cache) = cache();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _load = cache.load(Name::Thumbnail);
        panic!("the load panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "cache_loads_total"),
        ["{cache=\"thumbnail\",outcome=\"panicked\"} 1"]
    );
    assert!(nonzero(&registry, "cache_loads_in_progress").is_empty());
}

#[test]
fn a_size_beyond_the_gauge_is_the_largest_there_is() {
    let (registry, cache) = cache();
    let size = Size {
        entries: u64::MAX,
        bytes: i64::MAX as u64,
    };
    cache.size(Name::Session, size);
    assert_eq!(
        nonzero(&registry, "cache_entries"),
        ["{cache=\"session\"} 9223372036854775807"]
    );
    assert_eq!(
        nonzero(&registry, "cache_size_bytes"),
        ["{cache=\"session\"} 9223372036854775807"]
    );
    cache.size(Name::Session, Size::default());
    assert!(nonzero(&registry, "cache_entries").is_empty());
}

proptest! {
    #[test]
    fn requests_and_loads_are_all_counted(
        steps in prop::collection::vec((any::<bool>(), 0u8..3, 0u8..4, 0u64..1000), 0..60)
    ) {
        let (registry, cache) = cache();
        let mut loads = Vec::new();
        let mut evicted = 0;
        for (attempt, (is_session, answer, step, entries)) in steps.into_iter().enumerate() {
            let name = if is_session { Name::Session } else { Name::Thumbnail };
            match answer {
                0 => cache.hit(name),
                1 => cache.miss(name),
                _ => cache.error(name),
            }
            loads.push(cache.load(name));
            match step {
                0 => drop(loads.pop()),
                1 => loads.swap_remove(0).succeed(),
                2 => loads.swap_remove(0).fail(),
                _ => {}
            }
            cache.evicted(name, Eviction::from_index(usize::from(step)).unwrap(), entries);
            evicted += entries;
            let attempts = (attempt + 1) as f64;
            prop_assert_eq!(total(&registry, "cache_requests_total"), attempts);
            let ended = total(&registry, "cache_loads_total");
            prop_assert_eq!(ended + total(&registry, "cache_loads_in_progress"), attempts);
            prop_assert_eq!(total(&registry, "cache_load_duration_seconds"), ended);
            prop_assert_eq!(total(&registry, "cache_evictions_total"), evicted as f64);
        }
        loads.clear();
        let labels = [("cache", "session")];
        prop_assert_eq!(value(&registry, "cache_loads_in_progress", &labels), Some(0.0));
    }
}
