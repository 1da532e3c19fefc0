//! A part of the page, and which collectors are asked for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use vitalsigns::{Counter, Endpoint, EndpointRequest, Gauge, MetricGroup, Registry};

use super::{Door, assert_has, get, text, value};

#[derive(MetricGroup)]
struct Orders {
    /// Orders.
    orders_total: Counter,
}

#[derive(MetricGroup)]
struct Pool {
    /// Connections.
    pool_size: Gauge,
}

#[derive(MetricGroup)]
struct Store {
    /// Items.
    store_items: Gauge,
}

/// A registry with two collectors that count how often they were asked, one of them at a door.
struct Fixture {
    registry: Registry,
    door: Door,
    pool: Arc<AtomicUsize>,
    store: Arc<AtomicUsize>,
}

impl Fixture {
    fn new() -> Self {
        let registry = Registry::builder()
            .collect_deadline(Duration::from_secs(60))
            .build()
            .unwrap();
        Orders::register(&registry).unwrap().orders_total.inc();
        let door = Door::default();
        door.open();
        let (pool, store) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (at, asked) = (door.clone(), Arc::clone(&pool));
        registry
            .collect_with(move |pool: &Pool| {
                asked.fetch_add(1, Ordering::SeqCst);
                at.pass();
                pool.pool_size.set(7);
                Ok::<(), String>(())
            })
            .unwrap();
        let asked = Arc::clone(&store);
        registry
            .collect_with(move |store: &Store| {
                asked.fetch_add(1, Ordering::SeqCst);
                store.store_items.set(3);
                Ok::<(), String>(())
            })
            .unwrap();
        Fixture {
            registry,
            door,
            pool,
            store,
        }
    }

    /// How often the two were asked since the last time.
    fn asked(&self) -> (usize, usize) {
        let take = |asked: &AtomicUsize| asked.swap(0, Ordering::SeqCst);
        (take(&self.pool), take(&self.store))
    }
}

fn part(query: &str) -> EndpointRequest {
    get()
        .query(query)
        .header("x-prometheus-scrape-timeout-seconds", b"60")
}

#[test]
fn only_collectors_whose_families_are_asked_for_are_asked() {
    let fixture = Fixture::new();
    let endpoint = Endpoint::new(&fixture.registry);
    for (query, asked) in [
        ("name[]=pool_size", (1, 0)),
        ("name[]=store_items&name[]=orders", (0, 1)),
        ("name[]=pool_size&name[]=store_items", (1, 1)),
        ("name[]=orders_total", (0, 0)),
        ("name[]=nobody", (0, 0)),
        ("", (1, 1)),
        // What tells of all collectors is right when all were asked.
        ("name[]=vitalsigns_collector_up", (1, 1)),
        ("name[]=vitalsigns_collector_failures", (1, 1)),
        (
            "name[]=vitalsigns_collector_last_success_timestamp_seconds",
            (1, 1),
        ),
    ] {
        assert_eq!(endpoint.answer(&part(query)).status, 200);
        assert_eq!(fixture.asked(), asked, "{query}");
        let waits = endpoint.admit(part(query)).unwrap().waits();
        assert_eq!(waits, asked != (0, 0), "{query}");
    }
}

#[test]
fn one_that_is_not_asked_has_neither_failed_nor_succeeded() {
    let fixture = Fixture::new();
    let endpoint = Endpoint::new(&fixture.registry);
    let last_success = "vitalsigns_collector_last_success_timestamp_seconds{collector=\"Store\"}";
    let own = || text(&endpoint.answer(&part(""))).to_owned();
    let before = value(&own(), last_success);
    let within = Arc::new(std::sync::Mutex::new(String::new()));
    #[derive(MetricGroup)]
    struct Seen {
        /// Whether it was seen.
        seen: Gauge,
    }
    // A collector that asks for the page has one for which nobody is asked.
    let (seen, asked) = (Arc::clone(&within), endpoint.clone());
    fixture
        .registry
        .collect_with(move |own: &Seen| {
            let page = text(&asked.answer(&get())).to_owned();
            *seen.lock().unwrap() = page;
            own.seen.set(1);
            Ok::<(), String>(())
        })
        .unwrap();
    assert_has(&endpoint.answer(&part("name[]=seen")), "seen 1");
    let page = within.lock().unwrap().clone();
    assert_eq!(value(&page, last_success), before);
    assert_eq!(
        value(&page, "vitalsigns_collector_up{collector=\"Store\"}"),
        1.0
    );
    for cause in ["error", "panic", "deadline"] {
        let failures =
            format!("vitalsigns_collector_failures_total{{collector=\"Store\",cause=\"{cause}\"}}");
        assert_eq!(value(&page, &failures), 0.0);
    }
}

#[test]
fn a_part_lacks_nothing_because_of_what_is_not_on_it() {
    let fixture = Fixture::new();
    fixture
        .registry
        .collect_with(|_: &Store| Err::<(), _>("gone"))
        .unwrap();
    let endpoint = Endpoint::builder(&fixture.registry)
        .strict()
        .build()
        .unwrap();
    assert_eq!(endpoint.answer(&part("")).status, 500);
    assert_eq!(endpoint.answer(&part("name[]=store_items")).status, 500);
    assert_has(&endpoint.answer(&part("name[]=pool_size")), "pool_size 7");
}

#[test]
fn a_page_does_not_take_what_was_read_for_another_part() {
    let fixture = Fixture::new();
    let endpoint = Endpoint::builder(&fixture.registry)
        .strict()
        .build()
        .unwrap();
    fixture.door.shut();
    thread::scope(|scope| {
        let first = scope.spawn(|| endpoint.answer(&part("name[]=pool_size")));
        fixture.door.wait_for_one();
        let asked = ["", "name[]=store_items", "name[]=pool_size", ""]
            .map(|query| scope.spawn(|| endpoint.answer(&part(query))));
        fixture.door.open();
        let first = first.join().unwrap();
        assert_has(&first, "pool_size 7");
        assert!(!text(&first).contains("store_items"));
        let [whole, store, pool, again] = asked.map(|asked| asked.join().unwrap());
        for page in [whole, again] {
            assert_has(&page, "pool_size 7");
            assert_has(&page, "store_items 3");
        }
        assert_has(&store, "store_items 3");
        assert_has(&pool, "pool_size 7");
    });
    // Nobody has a collector asked once for each who waits.
    let (pool, store) = fixture.asked();
    assert!(pool >= 2 && store >= 1, "{pool} {store}");
}

#[cfg(feature = "prometheus-client")]
#[test]
fn metrics_of_another_library_are_read_if_they_can_be_meant() {
    use prometheus_client::collector::Collector;
    use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
    use prometheus_client::metrics::gauge::ConstGauge;
    use prometheus_client::registry::Registry as Theirs;
    use vitalsigns::PrometheusClient;

    #[derive(Debug)]
    struct Counting(Arc<AtomicUsize>);

    impl Collector for Counting {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let gauge = ConstGauge::new(5_i64);
            let kind = prometheus_client::metrics::MetricType::Gauge;
            gauge.encode(encoder.encode_descriptor("their_level", "Level.", None, kind)?)
        }
    }

    let fixture = Fixture::new();
    let asked = Arc::<AtomicUsize>::default();
    let mut theirs = Theirs::default();
    theirs.register_collector(Box::new(Counting(Arc::clone(&asked))));
    fixture
        .registry
        .attach(PrometheusClient::registry(Arc::new(theirs)))
        .unwrap();
    let endpoint = Endpoint::new(&fixture.registry);
    for (query, is_asked) in [
        ("name[]=pool_size", false),
        ("name[]=orders&name[]=store_items", false),
        ("name[]=their_level", true),
        ("name[]=pool_size&name[]=nobody", true),
        ("name[]=vitalsigns_foreign_families_dropped", true),
        ("", true),
    ] {
        asked.store(0, Ordering::SeqCst);
        assert_eq!(endpoint.answer(&part(query)).status, 200);
        assert_eq!(asked.load(Ordering::SeqCst) > 0, is_asked, "{query}");
    }
    assert_has(
        &endpoint.answer(&part("name[]=their_level")),
        "their_level 5",
    );
}
