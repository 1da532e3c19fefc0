//! Families: look-ups, caps, removal.

use vitalsigns::{
    Counter, Family, Format, Gauge, Histogram, LabelSet, LabelValue, MetricGroup, Registry,
};

#[derive(LabelValue, Clone, Copy)]
enum Plan {
    Free,
    Team,
}

#[derive(LabelSet)]
struct Topic<'a> {
    #[label(cap = 3)]
    topic: &'a str,
}

#[derive(LabelSet)]
struct Pair<'a> {
    #[label(cap = 10)]
    first: &'a str,
    #[label(cap = 10)]
    second: &'a str,
}

#[derive(LabelSet)]
struct ByPlan {
    plan: Plan,
}

#[derive(LabelSet)]
struct Wide<'a> {
    plan: Plan,
    paid: bool,
    #[label(cap = 2)]
    campaign: &'a str,
}

#[derive(MetricGroup)]
struct Bus {
    /// Events.
    events_total: Family<Topic<'static>, Counter>,
    /// Events that wait.
    waiting: Family<Topic<'static>, Gauge>,
    /// Size of events.
    event_bytes: Family<Topic<'static>, Histogram>,
    /// Pairs.
    pairs_total: Family<Pair<'static>, Counter>,
    /// Subscribers.
    subscribers: Family<ByPlan, Gauge>,
    /// Orders.
    orders_total: Family<Wide<'static>, Counter>,
}

fn bus() -> (Registry, Bus) {
    let registry = Registry::new();
    let bus = Bus::register(&registry).unwrap();
    (registry, bus)
}

/// The samples of one family.
fn samples(registry: &Registry, name: &str) -> Vec<String> {
    let page = registry.render(Format::Text);
    let is_of = |line: &&str| line.starts_with(&format!("{name}{{"));
    page.lines()
        .filter(is_of)
        .map(|line| line[name.len()..].to_owned())
        .collect()
}

#[test]
fn values_that_concatenate_alike_are_different_series() {
    let (registry, bus) = bus();
    bus.pairs_total
        .with(&Pair {
            first: "ab",
            second: "c",
        })
        .add(1);
    bus.pairs_total
        .with(&Pair {
            first: "a",
            second: "bc",
        })
        .add(2);
    bus.pairs_total
        .with(&Pair {
            first: "",
            second: "abc",
        })
        .add(3);
    assert_eq!(
        samples(&registry, "pairs_total"),
        [
            "{first=\"\",second=\"abc\"} 3",
            "{first=\"a\",second=\"bc\"} 2",
            "{first=\"ab\",second=\"c\"} 1",
        ]
    );
}

#[test]
fn closed_labels_are_all_there_from_the_start_and_capped_ones_when_they_come_up() {
    let (registry, _bus) = bus();
    assert_eq!(
        samples(&registry, "subscribers"),
        ["{plan=\"free\"} 0", "{plan=\"team\"} 0"]
    );
    assert!(samples(&registry, "events_total").is_empty());
    // The family itself is there in any case.
    assert!(
        registry
            .render(Format::Text)
            .contains("# TYPE events_total counter\n")
    );
}

#[test]
fn a_cap_holds_for_each_label_and_the_sum_is_kept() {
    let (registry, bus) = bus();
    for number in 0..100 {
        let campaign = format!("campaign {number}");
        let plan = if number % 2 == 0 {
            Plan::Free
        } else {
            Plan::Team
        };
        bus.orders_total
            .with(&Wide {
                plan,
                paid: true,
                campaign: &campaign,
            })
            .inc();
    }
    assert_eq!(
        samples(&registry, "orders_total"),
        [
            "{plan=\"free\",paid=\"true\",campaign=\"campaign 0\"} 1",
            "{plan=\"free\",paid=\"true\",campaign=\"other\"} 49",
            "{plan=\"team\",paid=\"true\",campaign=\"campaign 1\"} 1",
            "{plan=\"team\",paid=\"true\",campaign=\"other\"} 49",
        ]
    );
    assert_eq!(
        samples(&registry, "vitalsigns_series_overflow_total")
            .iter()
            .find(|line| line.contains("orders_total")),
        Some(&"{metric=\"orders_total\"} 98".to_owned())
    );
}

#[test]
fn a_family_has_a_budget_whatever_the_caps_of_its_labels_multiply_to() {
    #[derive(MetricGroup)]
    struct Wide {
        /// Two labels whose caps allow a hundred series, of which there may be five.
        #[metric(max_series = 5)]
        pairs_total: Family<Pair<'static>, Counter>,
        /// The same with the default.
        other_pairs_total: Family<Many<'static>, Counter>,
    }
    #[derive(LabelSet)]
    struct Many<'a> {
        plan: Plan,
        #[label(cap = 500)]
        first: &'a str,
        #[label(cap = 500)]
        second: &'a str,
    }
    let registry = Registry::new();
    let wide = Wide::register(&registry).unwrap();
    for number in 0..100 {
        let (first, second) = (format!("{}", number % 10), format!("{}", number / 10));
        let pair = Pair {
            first: &first,
            second: &second,
        };
        wide.pairs_total.with(&pair).inc();
    }
    let found = samples(&registry, "pairs_total");
    assert_eq!(found.len(), 6, "{found:?}");
    assert_eq!(found[5], "{first=\"other\",second=\"other\"} 95");
    assert_eq!(
        registry
            .catalogue()
            .family("pairs_total")
            .unwrap()
            .max_series,
        Some(5)
    );

    for number in 0..10_000 {
        let (first, second) = (format!("{}", number % 400), format!("{}", number / 25));
        let plan = if number % 2 == 0 {
            Plan::Free
        } else {
            Plan::Team
        };
        let labels = Many {
            plan,
            first: &first,
            second: &second,
        };
        wide.other_pairs_total.with(&labels).inc();
    }
    let found = samples(&registry, "other_pairs_total");
    assert_eq!(
        found.len(),
        2_002,
        "one overflow series for each plan beyond 2000"
    );
    let sum: u64 = found
        .iter()
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
        .sum();
    assert_eq!(sum, 10_000);
}

#[test]
fn the_overflow_value_itself_takes_no_place_under_the_cap() {
    let (registry, bus) = bus();
    for topic in ["other", "a", "b", "c", "d"] {
        bus.events_total.with(&Topic { topic }).inc();
    }
    assert_eq!(
        samples(&registry, "events_total"),
        [
            "{topic=\"a\"} 1",
            "{topic=\"b\"} 1",
            "{topic=\"c\"} 1",
            "{topic=\"other\"} 2"
        ]
    );
}

#[test]
fn a_removed_series_without_handles_is_forgotten_and_leaves_room() {
    let (registry, bus) = bus();
    for topic in ["a", "b", "c"] {
        bus.events_total.with(&Topic { topic }).inc();
    }
    assert!(bus.events_total.remove(&Topic { topic: "b" }));
    assert!(!bus.events_total.remove(&Topic { topic: "b" }));
    assert!(!bus.events_total.remove(&Topic {
        topic: "never seen"
    }));
    assert_eq!(
        samples(&registry, "events_total"),
        ["{topic=\"a\"} 1", "{topic=\"c\"} 1"]
    );
    // It starts again at 0, and its value has left room under the cap for another one.
    bus.events_total.with(&Topic { topic: "d" }).inc();
    bus.events_total.with(&Topic { topic: "b" }).inc();
    assert_eq!(
        samples(&registry, "events_total"),
        [
            "{topic=\"a\"} 1",
            "{topic=\"c\"} 1",
            "{topic=\"d\"} 1",
            "{topic=\"other\"} 1"
        ]
    );
}

#[test]
fn a_removal_makes_room_under_the_cap_without_a_scrape() {
    let (registry, bus) = bus();
    for number in 0..20 {
        let topic = format!("short-lived {number}");
        bus.events_total.with(&Topic { topic: &topic }).inc();
        if number % 2 == 0 {
            registry.render(Format::Text);
        }
        assert!(bus.events_total.remove(&Topic { topic: &topic }));
    }
    bus.events_total.with(&Topic { topic: "a" }).inc();
    assert_eq!(samples(&registry, "events_total"), ["{topic=\"a\"} 1"]);

    // Held at the removal, let go afterwards, asked for again without a scrape: it starts anew.
    let held = bus.events_total.with(&Topic { topic: "a" });
    bus.events_total.remove(&Topic { topic: "a" });
    drop(held);
    bus.events_total.with(&Topic { topic: "a" }).inc();
    assert_eq!(samples(&registry, "events_total"), ["{topic=\"a\"} 1"]);
}

#[test]
fn idle_series_expire_if_that_was_asked_for_and_nobody_holds_them() {
    let registry = Registry::builder()
        .expire_idle(std::time::Duration::from_millis(200))
        .build()
        .unwrap();
    let bus = Bus::register(&registry).unwrap();
    let held = bus.events_total.with(&Topic { topic: "held" });
    held.inc();
    for topic in ["idle", "busy"] {
        bus.events_total.with(&Topic { topic }).inc();
        bus.event_bytes.with(&Topic { topic }).observe(1);
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        bus.events_total.with(&Topic { topic: "busy" }).inc();
        let found = samples(&registry, "events_total");
        assert!(found.iter().any(|line| line.contains("busy")), "{found:?}");
        assert!(
            found.contains(&"{topic=\"held\"} 1".to_owned()),
            "{found:?}"
        );
        if !found.iter().any(|line| line.contains("idle")) {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{found:?}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // It starts anew, and has made room under the cap meanwhile.
    bus.events_total.with(&Topic { topic: "new" }).inc();
    bus.events_total.with(&Topic { topic: "idle" }).inc();
    assert!(samples(&registry, "events_total").contains(&"{topic=\"new\"} 1".to_owned()));

    let registry = Registry::new();
    let bus = Bus::register(&registry).unwrap();
    bus.events_total.with(&Topic { topic: "idle" }).inc();
    for _ in 0..3 {
        assert_eq!(
            samples(&registry, "events_total").len(),
            1,
            "without it, nothing expires"
        );
    }
}

#[test]
fn labels_that_were_implemented_by_hand_and_wrongly_harm_nobody() {
    struct Wrong(usize);
    impl LabelValue for Wrong {
        const VALUES: &'static [&'static str] = &["one", "two"];
        fn index(&self) -> usize {
            self.0
        }
        fn from_index(index: usize) -> Option<Self> {
            Some(Wrong(index))
        }
    }
    #[derive(LabelSet)]
    struct ByWrong {
        wrong: Wrong,
    }
    #[derive(MetricGroup)]
    struct Odd {
        /// Odd things.
        odd_total: Family<ByWrong, Counter>,
        /// Odd states.
        odd_state: vitalsigns::StateSet<Wrong>,
    }
    let registry = Registry::new();
    let odd = Odd::register(&registry).unwrap();
    odd.odd_total.with(&ByWrong { wrong: Wrong(7) }).inc();
    odd.odd_state.set(Wrong(70));
    assert_eq!(Wrong(usize::MAX).as_label(), "two");
    assert_eq!(
        samples(&registry, "odd_total"),
        ["{wrong=\"one\"} 0", "{wrong=\"two\"} 1"]
    );
    assert_eq!(
        samples(&registry, "odd_state"),
        ["{odd_state=\"one\"} 0", "{odd_state=\"two\"} 0"]
    );
}

#[test]
fn a_handle_that_outlives_its_series_brings_it_back() {
    let (registry, bus) = bus();
    let events = bus.events_total.with(&Topic { topic: "a" });
    let waiting = bus.waiting.with(&Topic { topic: "a" });
    let bytes = bus.event_bytes.with(&Topic { topic: "a" });
    events.add(5);
    waiting.set(7);
    bytes.observe(100);
    let is_gone = || {
        ["events_total", "waiting", "event_bytes_count"]
            .iter()
            .all(|name| samples(&registry, name).is_empty())
    };
    bus.events_total.remove(&Topic { topic: "a" });
    bus.waiting.remove(&Topic { topic: "a" });
    bus.event_bytes.remove(&Topic { topic: "a" });
    assert!(is_gone());
    assert!(is_gone(), "a scrape does not bring it back");

    events.inc();
    waiting.set(7); // The very value that it had.
    bytes.observe(100);
    assert_eq!(samples(&registry, "events_total"), ["{topic=\"a\"} 6"]);
    assert_eq!(samples(&registry, "waiting"), ["{topic=\"a\"} 7"]);
    assert_eq!(samples(&registry, "event_bytes_count"), ["{topic=\"a\"} 2"]);
}

#[test]
fn a_handle_that_records_and_goes_after_the_removal_loses_nothing() {
    let (registry, bus) = bus();
    let events = bus.events_total.with(&Topic { topic: "a" });
    bus.events_total.remove(&Topic { topic: "a" });
    events.add(3);
    drop(events);
    assert_eq!(samples(&registry, "events_total"), ["{topic=\"a\"} 3"]);
}

#[test]
fn asking_again_brings_a_held_series_back_and_both_handles_are_one() {
    let (registry, bus) = bus();
    let old = bus.events_total.with(&Topic { topic: "a" });
    old.inc();
    bus.events_total.remove(&Topic { topic: "a" });
    let new = bus.events_total.with(&Topic { topic: "a" });
    new.inc();
    old.inc();
    assert_eq!(new.get(), 3);
    assert_eq!(samples(&registry, "events_total"), ["{topic=\"a\"} 3"]);
}

#[test]
fn no_total_is_taken_for_a_removed_series() {
    let (registry, bus) = bus();
    for total in [0, 1, u64::MAX - 1, u64::MAX] {
        let events = bus.events_total.with(&Topic { topic: "a" });
        events.add(total.wrapping_sub(events.get()));
        assert_eq!(
            samples(&registry, "events_total"),
            [format!("{{topic=\"a\"}} {total}")]
        );
    }
}

#[test]
fn a_series_of_closed_labels_can_be_hidden() {
    let (registry, bus) = bus();
    assert!(bus.subscribers.remove(&ByPlan { plan: Plan::Free }));
    assert_eq!(samples(&registry, "subscribers"), ["{plan=\"team\"} 0"]);
    bus.subscribers.with(&ByPlan { plan: Plan::Free }).set(2);
    assert_eq!(
        samples(&registry, "subscribers"),
        ["{plan=\"free\"} 2", "{plan=\"team\"} 0"]
    );
}

#[test]
fn closed_labels_beyond_a_thousand_combinations_come_up_when_they_are_used() {
    #[derive(LabelValue, Clone, Copy)]
    enum Digit {
        Zero,
        One,
        Two,
        Three,
        Four,
        Five,
        Six,
        Seven,
        Eight,
        Nine,
    }
    #[derive(LabelSet)]
    struct Number {
        a: Digit,
        b: Digit,
        c: Digit,
        d: Digit,
    }
    #[derive(MetricGroup)]
    struct Dial {
        /// Numbers dialled.
        dialled_total: Family<Number, Counter>,
    }
    let registry = Registry::new();
    let dial = Dial::register(&registry).unwrap();
    assert!(samples(&registry, "dialled_total").is_empty());
    let number = Number {
        a: Digit::Nine,
        b: Digit::Zero,
        c: Digit::One,
        d: Digit::Eight,
    };
    dial.dialled_total.with(&number).inc();
    assert_eq!(
        samples(&registry, "dialled_total"),
        ["{a=\"nine\",b=\"zero\",c=\"one\",d=\"eight\"} 1"]
    );
    let _all = [
        Digit::Two,
        Digit::Three,
        Digit::Four,
        Digit::Five,
        Digit::Six,
        Digit::Seven,
    ];
}

#[test]
fn a_family_that_is_never_scraped_does_not_grow_by_what_comes_and_goes() {
    let (registry, bus) = bus();
    for number in 0..200_000 {
        let topic = if number % 2 == 0 { "a" } else { "b" };
        bus.events_total.with(&Topic { topic }).inc();
        bus.events_total.remove(&Topic { topic });
    }
    // What was piled up would be walked here.
    assert!(samples(&registry, "events_total").is_empty());
    for topic in ["x", "y", "z"] {
        bus.events_total.with(&Topic { topic }).inc();
    }
    assert_eq!(samples(&registry, "events_total").len(), 3);
}
