//! Two hundred scrapes at once while threads record as fast as they can.

use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tests::judges::Reader;
use tests::{http, poll};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use vitalsigns::{
    Counter, Endpoint, EndpointRequest, Family, Format, Gauge, Histogram, LabelSet, MetricGroup,
    PrometheusClient, Registry,
};
use vitalsigns_tower::MetricsEndpoint;

use crate::door::Door;

const SCRAPES: usize = 200;
const RECORDERS: u64 = 3;
const SERIES: u64 = 50;

#[derive(LabelSet)]
struct Item<'a> {
    #[label(cap = 1000)]
    item: &'a str,
}

#[derive(Clone, MetricGroup)]
struct Work {
    /// Items.
    work_items_total: Family<Item<'static>, Counter>,
    /// Durations.
    work_duration_seconds: Family<Item<'static>, Histogram>,
    /// A level.
    work_level: Gauge,
}

#[derive(MetricGroup)]
struct Late {
    /// A level.
    late_level: Gauge,
}

/// One piece of work, under a label that is looked up.
fn record(work: &Work, number: u64) {
    let item = format!("item-{}", number % SERIES);
    let item = Item { item: &item };
    work.work_items_total.with(&item).inc();
    work.work_duration_seconds
        .with(&item)
        .observe(0.001 * (number % 7) as f64);
    work.work_level.set(number as i64);
}

/// Threads that record until they are told to stop, and how much they did.
struct Recorders {
    goes_on: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Recorders {
    fn start(work: &Work) -> Self {
        let (goes_on, done) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
        let recorder = |thread: u64| {
            let (work, goes_on, done) = (work.clone(), goes_on.clone(), done.clone());
            move || {
                for number in (thread..).step_by(RECORDERS as usize) {
                    if !goes_on.load(Ordering::Relaxed) {
                        return;
                    }
                    record(&work, number);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        let threads = (0..RECORDERS).map(|thread| thread::spawn(recorder(thread)));
        Recorders {
            threads: threads.collect(),
            goes_on,
            done,
        }
    }

    fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Recordings per second while `meanwhile` runs.
    fn rate<T>(&self, meanwhile: impl FnOnce() -> T) -> (T, f64) {
        let (before, started) = (self.done(), Instant::now());
        let result = meanwhile();
        let took = started.elapsed().as_secs_f64();
        (result, (self.done() - before) as f64 / took)
    }

    fn stop(self) -> u64 {
        self.goes_on.store(false, Ordering::Relaxed);
        self.threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        self.done.load(Ordering::Relaxed)
    }
}

/// A registry with all series, and a collector.
fn registry() -> (Registry, Work) {
    let registry = Registry::new();
    let work = Work::register(&registry).unwrap();
    (0..SERIES).for_each(|number| record(&work, number));
    registry
        .collect_with(|late: &Late| {
            late.late_level.set(1);
            Ok::<(), String>(())
        })
        .unwrap();
    (registry, work)
}

/// Runs `scrape` on many threads at the same time: its status and its page.
fn all_at_once(scrape: impl Fn() -> (u16, String) + Sync) -> Vec<(u16, String)> {
    let start = Barrier::new(SCRAPES);
    thread::scope(|scope| {
        let scrapes: Vec<_> = (0..SCRAPES)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    scrape()
                })
            })
            .collect();
        let ended = scrapes.into_iter().map(|scrape| scrape.join().unwrap());
        ended.collect()
    })
}

/// Each is a complete page, with every series, or says that there are too many.
fn assert_complete(answers: Vec<(u16, String)>, at_least: usize) {
    let mut reader = Reader::start();
    // Those who ask at the same time share a page, so few of them differ.
    let mut known = HashSet::new();
    let mut pages = 0;
    for (status, page) in &answers {
        if *status == 503 {
            assert!(!page.contains("work_"), "{page}");
            continue;
        }
        assert_eq!(*status, 200, "{page}");
        pages += 1;
        if !known.insert(page) {
            continue;
        }
        let families = reader.openmetrics(page).unwrap();
        let samples = |name: &str| {
            let samples = families.iter().flat_map(|family| &family.samples);
            samples.filter(|sample| sample.name == name).count() as u64
        };
        assert_eq!(samples("work_items_total"), SERIES);
        assert_eq!(samples("work_duration_seconds_count"), SERIES);
        assert_eq!(samples("late_level"), 1);
    }
    assert!(pages >= at_least, "{pages} pages");
    let refused = answers.len() - pages;
    println!(
        "{pages} pages, {} of them different, {refused} refused",
        known.len()
    );
}

/// A second of recording with nobody asking, then the scrapes.
fn drill(
    recorders: &Recorders,
    how: &str,
    scrape: impl Fn() -> (u16, String) + Sync,
) -> Vec<(u16, String)> {
    let ((), alone) = recorders.rate(|| thread::sleep(Duration::from_millis(500)));
    let (answers, beside) = recorders.rate(|| all_at_once(scrape));
    println!(
        "{how}: recordings with scrapes at {:.2} of the rate without",
        beside / alone
    );
    answers
}

#[test]
fn two_hundred_at_once_get_complete_pages_or_are_refused() {
    let (registry, work) = registry();
    let recorders = Recorders::start(&work);
    for (most, at_least) in [(64, 64), (SCRAPES, SCRAPES)] {
        let endpoint = Endpoint::builder(&registry)
            .most_at_once(most)
            .build()
            .unwrap();
        let answers = drill(&recorders, "in process", || {
            let request = EndpointRequest::new("GET")
                .header("accept", Format::OpenMetrics.content_type().as_bytes());
            let answer = endpoint.answer(&request);
            (
                answer.status,
                String::from_utf8(answer.body.to_vec()).unwrap(),
            )
        });
        assert_complete(answers, at_least);

        let server = Server::start(&endpoint);
        let url = format!("http://{}/metrics", server.address);
        let limit = Duration::from_secs(60);
        let answers = drill(&recorders, "over sockets", || {
            let accept = [("Accept", Format::OpenMetrics.content_type())];
            let answer = http::request("GET", &url, &accept, b"", limit).unwrap();
            // The client has read as many bytes as were announced, or fails.
            assert!(answer.header("content-length").is_some());
            (answer.status, answer.text().to_owned())
        });
        assert_complete(answers, at_least);
    }
    let done = recorders.stop();
    let total: u64 = (0..SERIES)
        .map(|number| {
            let item = format!("item-{number}");
            work.work_items_total.with(&Item { item: &item }).get()
        })
        .sum();
    assert_eq!(total, done + SERIES);
}

struct Server {
    address: SocketAddr,
    // The server lives on it.
    _runtime: Runtime,
}

impl Server {
    fn start(endpoint: &Endpoint) -> Self {
        let runtime = Runtime::new().unwrap();
        let endpoint = MetricsEndpoint::from(endpoint.clone());
        let app = Router::new().route_service("/metrics", endpoint);
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = runtime.block_on(TcpListener::bind(anywhere)).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, app).await });
        Server {
            address,
            _runtime: runtime,
        }
    }
}

/// Recorders go on: with known series, new ones and removed ones; and others register.
fn assert_recording_goes_on(registry: &Registry, work: &Work) {
    let recorders = Recorders::start(work);
    poll::until_ok(Duration::from_secs(30), "recordings", || {
        match recorders.done() {
            0..20_000 => Err(format!("{} recordings", recorders.done())),
            _ => Ok(()),
        }
    });
    recorders.stop();
    for number in 0..2_000 {
        let item = format!("new-{}", number % 500);
        let item = Item { item: &item };
        work.work_items_total.with(&item).inc();
        if number % 3 == 0 {
            work.work_items_total.remove(&item);
        }
    }
    #[derive(MetricGroup)]
    struct More {
        /// A level.
        more_level: Gauge,
    }
    More::register(registry).unwrap().more_level.set(1);
}

/// A collector of another library that does not come back.
#[derive(Debug)]
struct Hangs(Door, AtomicBool);

impl Collector for Hangs {
    fn encode(&self, _: DescriptorEncoder<'_>) -> fmt::Result {
        // Not when it is attached, but in the midst of a scrape.
        if self.1.swap(true, Ordering::SeqCst) {
            self.0.pass();
        }
        Ok(())
    }
}

#[test]
fn recording_goes_on_while_a_scrape_hangs_in_a_collector_of_others() {
    let registry = Registry::builder()
        .collect_deadline(Duration::from_secs(600))
        .build()
        .unwrap();
    let work = Work::register(&registry).unwrap();
    let door = Door::default();
    let hangs = Hangs(door.clone(), AtomicBool::new(false));
    registry.attach(PrometheusClient::collector(hangs)).unwrap();
    let endpoint = Endpoint::new(&registry);
    thread::scope(|scope| {
        let scrape = scope.spawn(|| {
            let request = EndpointRequest::new("GET");
            endpoint.answer(&request.header("x-prometheus-scrape-timeout-seconds", b"600"))
        });
        door.wait_for_one();
        assert_recording_goes_on(&registry, &work);
        assert!(!scrape.is_finished());
        door.open();
        assert_eq!(scrape.join().unwrap().status, 200);
    });
}

/// Takes some of a page, and then no more.
struct Clogged(Door, usize);

impl fmt::Write for Clogged {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.1 = self.1.saturating_sub(text.len());
        if self.1 == 0 {
            self.0.pass();
        }
        Ok(())
    }
}

#[test]
fn recording_goes_on_while_a_page_is_stuck_half_way() {
    let (registry, work) = registry();
    // Another library writes our series, one by one, to somebody who does not take them.
    let mut theirs = prometheus_client::registry::Registry::default();
    theirs.register_collector(Box::new(registry.clone()));
    let door = Door::default();
    let mut clogged = Clogged(door.clone(), 2_000);
    thread::scope(|scope| {
        let page = scope.spawn(|| prometheus_client::encoding::text::encode(&mut clogged, &theirs));
        door.wait_for_one();
        assert_recording_goes_on(&registry, &work);
        assert!(!page.is_finished());
        door.open();
        page.join().unwrap().unwrap();
    });
}
