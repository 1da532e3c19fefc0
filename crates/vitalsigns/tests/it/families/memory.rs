//! Tiered memory: an hour of it, and the law that nothing comes from nowhere.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use vitalsigns::families::MemoryTiers;
use vitalsigns::families::memory::{Decision, DecisionOutcome, Reason, Tier, TierState};
use vitalsigns::{LabelValue, Registry, testing};

/// The samples of a family that are not 0.
fn nonzero(registry: &Registry, name: &str) -> String {
    let samples = testing::samples(registry, name);
    let lines = samples.lines().filter(|line| !line.ends_with(" 0"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn a_typical_hour() {
    let registry = Registry::builder().namespace("auren").build().unwrap();
    let memory: MemoryTiers = MemoryTiers::register(&registry).unwrap();
    let held = Arc::new(Mutex::new((0_u64, 0_u64, 500_u64)));
    let read = held.clone();
    memory
        .read_store(&registry, move || {
            let (hot, warm, cold) = *read.lock().unwrap();
            Ok::<_, std::io::Error>(vec![
                TierState::new(Tier::Hot, hot, hot * 400)
                    .capacity(256 << 20)
                    .oldest(UNIX_EPOCH + Duration::from_secs(1_700_000_000)),
                TierState::new(Tier::Warm, warm, warm * 400),
                TierState::new(Tier::Cold, cold, cold * 100),
            ])
        })
        .unwrap();
    registry.render(vitalsigns::Format::Text);

    // Thirty facts are learned, used, and sorted by use; the oldest go to the archive.
    for _ in 0..30 {
        memory.write(Tier::Hot).succeed(1);
    }
    for turn in 0..100 {
        match turn % 10 {
            0 => memory.read(Tier::Hot).miss(),
            1 => memory.read(Tier::Hot).fail(),
            _ => memory.read(Tier::Hot).hit(),
        }
        if turn % 10 == 0 {
            memory.read(Tier::Warm).hit();
        }
    }
    memory.search(Tier::Cold).miss();
    memory.update(Tier::Hot).succeed(5);
    memory
        .start_move(Tier::Hot, Tier::Warm, Reason::SpacePressure)
        .succeed(12);
    memory
        .start_move(Tier::Warm, Tier::Cold, Reason::Age)
        .succeed(4);
    memory
        .start_move(Tier::Warm, Tier::Cold, Reason::Age)
        .fail();
    memory.moved(Tier::Warm, Tier::Hot, Reason::Frequency);
    memory.delete(Tier::Cold).succeed(2);
    memory.decided(Decision::Promote, DecisionOutcome::Applied);
    memory.decided(Decision::Archive, DecisionOutcome::Failed);
    memory.decided(Decision::Keep, DecisionOutcome::Applied);
    *held.lock().unwrap() = (30 - 12 + 1, 12 - 4 - 1, 500 + 4 - 2);

    for (family, samples) in [
        ("auren_memory_tier_operations_total", "\
auren_memory_tier_operations_total{tier=\"hot\",operation=\"read\",outcome=\"hit\"} 80
auren_memory_tier_operations_total{tier=\"hot\",operation=\"read\",outcome=\"miss\"} 10
auren_memory_tier_operations_total{tier=\"hot\",operation=\"read\",outcome=\"failed\"} 10
auren_memory_tier_operations_total{tier=\"hot\",operation=\"write\",outcome=\"success\"} 30
auren_memory_tier_operations_total{tier=\"hot\",operation=\"update\",outcome=\"success\"} 1
auren_memory_tier_operations_total{tier=\"warm\",operation=\"read\",outcome=\"hit\"} 10
auren_memory_tier_operations_total{tier=\"cold\",operation=\"search\",outcome=\"miss\"} 1
auren_memory_tier_operations_total{tier=\"cold\",operation=\"delete\",outcome=\"success\"} 1
"),
        ("auren_memory_tier_moves_total", "\
auren_memory_tier_moves_total{from=\"hot\",to=\"warm\",reason=\"space_pressure\",outcome=\"success\"} 1
auren_memory_tier_moves_total{from=\"warm\",to=\"hot\",reason=\"frequency\",outcome=\"success\"} 1
auren_memory_tier_moves_total{from=\"warm\",to=\"cold\",reason=\"age\",outcome=\"success\"} 1
auren_memory_tier_moves_total{from=\"warm\",to=\"cold\",reason=\"age\",outcome=\"failed\"} 1
"),
        ("auren_memory_tier_moved_items_total", "\
auren_memory_tier_moved_items_total{from=\"hot\",to=\"warm\",reason=\"space_pressure\"} 12
auren_memory_tier_moved_items_total{from=\"warm\",to=\"hot\",reason=\"frequency\"} 1
auren_memory_tier_moved_items_total{from=\"warm\",to=\"cold\",reason=\"age\"} 4
"),
        ("auren_memory_tier_written_items_total", "\
auren_memory_tier_written_items_total{tier=\"hot\"} 30
"),
        ("auren_memory_tier_deleted_items_total", "\
auren_memory_tier_deleted_items_total{tier=\"cold\"} 2
"),
        ("auren_memory_decisions_total", "\
auren_memory_decisions_total{decision=\"promote\",outcome=\"applied\"} 1
auren_memory_decisions_total{decision=\"archive\",outcome=\"failed\"} 1
auren_memory_decisions_total{decision=\"keep\",outcome=\"applied\"} 1
"),
        ("auren_memory_tier_items", "\
auren_memory_tier_items{tier=\"hot\"} 19
auren_memory_tier_items{tier=\"warm\"} 7
auren_memory_tier_items{tier=\"cold\"} 502
"),
        ("auren_memory_tier_bytes", "\
auren_memory_tier_bytes{tier=\"hot\"} 7600
auren_memory_tier_bytes{tier=\"warm\"} 2800
auren_memory_tier_bytes{tier=\"cold\"} 50200
"),
        ("auren_memory_tier_capacity_bytes", "\
auren_memory_tier_capacity_bytes{tier=\"hot\"} 268435456
"),
        ("auren_memory_tier_drift_items", ""),
    ] {
        assert_eq!(nonzero(&registry, family), samples, "{family}");
    }
    let hot = [("tier", "hot")];
    let oldest = "auren_memory_tier_oldest_item_timestamp_seconds";
    assert_eq!(testing::value(&registry, oldest, &hot), Some(1.7e9));
    let last = "auren_memory_tier_last_move_timestamp_seconds";
    assert!(testing::value(&registry, last, &[("from", "warm"), ("to", "cold")]).unwrap() > 1.7e9);
    let never = [("from", "cold"), ("to", "hot")];
    assert_eq!(testing::value(&registry, last, &never), Some(0.0));
}

#[test]
fn what_is_lost_shows_as_drift() {
    let registry = Registry::new();
    let memory: MemoryTiers = MemoryTiers::register(&registry).unwrap();
    let items = Arc::new(Mutex::new(10));
    let read = items.clone();
    memory
        .read_store(&registry, move || {
            Ok::<_, std::io::Error>(vec![TierState::new(Tier::Hot, *read.lock().unwrap(), 0)])
        })
        .unwrap();
    let drift = || testing::value(&registry, "memory_tier_drift_items", &[("tier", "hot")]);
    assert_eq!(
        drift(),
        Some(0.0),
        "the first answer is the start of the account"
    );
    memory.write(Tier::Hot).succeed(5);
    assert_eq!(
        drift(),
        Some(-5.0),
        "five were written that the store does not have"
    );
    *items.lock().unwrap() = 15;
    assert_eq!(drift(), Some(0.0));
    *items.lock().unwrap() = 18;
    assert_eq!(drift(), Some(3.0), "three are there that nobody wrote");
}

#[test]
fn a_store_that_cannot_be_read_takes_only_its_own_families_along() {
    let registry = Registry::new();
    let memory: MemoryTiers = MemoryTiers::register(&registry).unwrap();
    memory
        .read_store(&registry, || Err("the database is down"))
        .unwrap();
    memory.read(Tier::Warm).fail();
    let page = registry.render(vitalsigns::Format::Text);
    assert!(!page.contains("# TYPE memory_tier_items "), "{page}");
    assert!(
        page.contains("operation=\"read\",outcome=\"failed\"} 1\n"),
        "{page}"
    );
}

#[test]
fn a_tier_that_cannot_be_asked_is_off_the_page_until_it_can() {
    let registry = Registry::new();
    let memory: MemoryTiers = MemoryTiers::register(&registry).unwrap();
    let can_be_asked = Arc::new(Mutex::new(true));
    let read = can_be_asked.clone();
    memory
        .read_store(&registry, move || {
            let hot = TierState::new(Tier::Hot, 3, 30);
            let warm = TierState::new(Tier::Warm, 5, 50);
            let can_be_asked = *read.lock().unwrap();
            let states = [Some(hot), can_be_asked.then_some(warm)];
            Ok::<_, std::io::Error>(states.into_iter().flatten().collect())
        })
        .unwrap();
    let items = |tier| testing::value(&registry, "memory_tier_items", &[("tier", tier)]);
    assert_eq!((items("hot"), items("warm")), (Some(3.0), Some(5.0)));
    assert_eq!(items("cold"), None, "nobody has said anything of it");
    *can_be_asked.lock().unwrap() = false;
    memory.write(Tier::Warm).succeed(2);
    assert_eq!((items("hot"), items("warm")), (Some(3.0), None));
    for family in [
        "bytes",
        "capacity_bytes",
        "oldest_item_timestamp_seconds",
        "drift_items",
    ] {
        let samples = testing::samples(&registry, &format!("memory_tier_{family}"));
        assert!(
            samples.contains("hot") && !samples.contains("warm"),
            "{samples}"
        );
    }
    // The account goes on where it was.
    *can_be_asked.lock().unwrap() = true;
    assert_eq!(items("warm"), Some(5.0));
    let drift = testing::value(&registry, "memory_tier_drift_items", &[("tier", "warm")]);
    assert_eq!(drift, Some(-2.0));
}

#[test]
fn guards_that_are_dropped_or_unwound_say_so_and_move_nothing() {
    let registry = Registry::new();
    let memory: MemoryTiers = MemoryTiers::register(&registry).unwrap();
    drop(memory.read(Tier::Hot));
    drop(memory.write(Tier::Hot));
    drop(memory.start_move(Tier::Hot, Tier::Warm, Reason::Manual));
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _access = memory.search(Tier::Hot);
        let _change = memory.delete(Tier::Hot);
        let _move = memory.start_move(Tier::Hot, Tier::Cold, Reason::Policy);
        panic!("the work panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "memory_tier_operations_total"),
        "\
memory_tier_operations_total{tier=\"hot\",operation=\"read\",outcome=\"cancelled\"} 1
memory_tier_operations_total{tier=\"hot\",operation=\"search\",outcome=\"panicked\"} 1
memory_tier_operations_total{tier=\"hot\",operation=\"write\",outcome=\"cancelled\"} 1
memory_tier_operations_total{tier=\"hot\",operation=\"delete\",outcome=\"panicked\"} 1
"
    );
    assert_eq!(
        nonzero(&registry, "memory_tier_moves_total"),
        "\
memory_tier_moves_total{from=\"hot\",to=\"warm\",reason=\"manual\",outcome=\"cancelled\"} 1
memory_tier_moves_total{from=\"hot\",to=\"cold\",reason=\"policy\",outcome=\"panicked\"} 1
"
    );
    for family in [
        "memory_tier_moved_items_total",
        "memory_tier_written_items_total",
        "memory_tier_deleted_items_total",
        "memory_tier_last_move_timestamp_seconds",
    ] {
        assert_eq!(testing::total(&registry, family), 0.0, "{family}");
    }
}

/// Something that happens to the memory.
#[derive(Clone, Copy, Debug)]
enum Event {
    Write(usize, u64),
    Delete(usize, u64),
    Move(usize, usize, usize, u64),
    FailedMove(usize, usize),
    Scrape,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..3_usize, 0..50_u64).prop_map(|(tier, items)| Event::Write(tier, items)),
        (0..3_usize, 0..50_u64).prop_map(|(tier, items)| Event::Delete(tier, items)),
        (0..3_usize, 0..3_usize, 0..7_usize, 0..50_u64)
            .prop_map(|(from, to, reason, items)| Event::Move(from, to, reason, items)),
        (0..3_usize, 0..3_usize).prop_map(|(from, to)| Event::FailedMove(from, to)),
        Just(Event::Scrape),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn items_are_conserved(
        opening in prop::array::uniform3(0..1000_u64),
        events in prop::collection::vec(event(), 0..60),
    ) {
        let registry = Registry::new();
        let memory: MemoryTiers = MemoryTiers::register(&registry).unwrap();
        let held = Arc::new(Mutex::new(opening));
        let read = held.clone();
        memory.read_store(&registry, move || {
            let held = *read.lock().unwrap();
            let state = |index: usize| TierState::new(tier(index), held[index], 0);
            Ok::<_, std::io::Error>(vec![state(0), state(1), state(2)])
        }).unwrap();
        registry.render(vitalsigns::Format::Text);
        for event in events {
            let mut now = held.lock().unwrap();
            match event {
                Event::Write(at, items) => {
                    now[at] += items;
                    memory.write(tier(at)).succeed(items);
                }
                Event::Delete(at, items) => {
                    let items = items.min(now[at]);
                    now[at] -= items;
                    memory.delete(tier(at)).succeed(items);
                }
                Event::Move(from, to, reason, items) => {
                    let items = items.min(now[from]);
                    now[from] -= items;
                    now[to] += items;
                    let reason = Reason::from_index(reason).unwrap();
                    memory.start_move(tier(from), tier(to), reason).succeed(items);
                }
                Event::FailedMove(from, to) => {
                    memory.start_move(tier(from), tier(to), Reason::Policy).fail();
                }
                Event::Scrape => {
                    drop(now);
                    registry.render(vitalsigns::Format::Text);
                }
            }
        }
        for name in Tier::VALUES {
            let drift = testing::value(&registry, "memory_tier_drift_items", &[("tier", name)]);
            prop_assert_eq!(drift, Some(0.0));
        }
    }
}

fn tier(index: usize) -> Tier {
    Tier::from_index(index).unwrap()
}
