//! Twenty collectors, of which five do wrong, each in its own way.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use tests::judges::{promtool_check_metrics, strict_openmetrics};
use vitalsigns::{
    Answer, Counter, Endpoint, EndpointRequest, Format, Gauge, MetricGroup, PrometheusClient,
    Registry,
};

use crate::door::Door;

/// What a scraper waits, and what the page may take of it.
const TIMEOUT: &[u8] = b"4";
const DEADLINE: Duration = Duration::from_millis(3600);

macro_rules! groups {
    ($($group:ident $level:literal $reads:literal,)*) => {
        $(
            #[derive(MetricGroup)]
            #[allow(dead_code, reason = "what does wrong is not read")]
            struct $group {
                /// A level.
                #[metric(name = $level)]
                level: Gauge,
                /// How often it was read.
                #[metric(name = $reads)]
                #[allow(dead_code, reason = "the bad ones never come so far")]
                reads_total: Counter,
            }
        )*
    };
}

groups! {
    Good00 "good_00_level" "good_00_reads_total",
    Good01 "good_01_level" "good_01_reads_total",
    Good02 "good_02_level" "good_02_reads_total",
    Good03 "good_03_level" "good_03_reads_total",
    Good04 "good_04_level" "good_04_reads_total",
    Good05 "good_05_level" "good_05_reads_total",
    Good06 "good_06_level" "good_06_reads_total",
    Good07 "good_07_level" "good_07_reads_total",
    Good08 "good_08_level" "good_08_reads_total",
    Good09 "good_09_level" "good_09_reads_total",
    Good10 "good_10_level" "good_10_reads_total",
    Good11 "good_11_level" "good_11_reads_total",
    Good12 "good_12_level" "good_12_reads_total",
    Good13 "good_13_level" "good_13_reads_total",
    Good14 "good_14_level" "good_14_reads_total",
    Panics "panics_level" "panics_reads_total",
    Errs "errs_level" "errs_reads_total",
    Sleeps "sleeps_level" "sleeps_reads_total",
}

/// A gauge of another library, which changes its name once something is wrong.
#[derive(Debug)]
struct Turncoat {
    good: &'static str,
    bad: &'static str,
    is_wrong: Arc<AtomicBool>,
}

impl Collector for Turncoat {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let name = match self.is_wrong.load(Ordering::SeqCst) {
            true => self.bad,
            false => self.good,
        };
        let gauge = ConstGauge::new(1_i64);
        let metric = encoder.encode_descriptor(name, "A gauge", None, gauge.metric_type())?;
        gauge.encode(metric)
    }
}

struct Drill {
    registry: Registry,
    is_wrong: Arc<AtomicBool>,
    bed: Door,
    /// How often the one that sleeps was asked.
    asked: Arc<AtomicUsize>,
}

impl Drill {
    fn new() -> Self {
        let registry = Registry::new();
        let is_wrong = Arc::new(AtomicBool::new(false));
        let (bed, asked) = (Door::default(), Arc::new(AtomicUsize::new(0)));
        macro_rules! good {
            ($($group:ident)*) => {
                $(
                    registry
                        .collect_with(|group: &$group| {
                            group.level.set(7);
                            group.reads_total.inc();
                            Ok::<(), String>(())
                        })
                        .unwrap();
                )*
            };
        }
        // The bad ones stand in front of good ones, and between them.
        good!(Good00 Good01 Good02);
        let (wrong, door, count) = (is_wrong.clone(), bed.clone(), asked.clone());
        registry
            .collect_with(move |sleeps: &Sleeps| {
                if wrong.load(Ordering::SeqCst) {
                    count.fetch_add(1, Ordering::SeqCst);
                    door.pass();
                }
                sleeps.level.set(7);
                Ok::<(), String>(())
            })
            .unwrap();
        good!(Good03 Good04 Good05);
        let wrong = is_wrong.clone();
        registry
            .collect_with(move |panics: &Panics| {
                assert!(!wrong.load(Ordering::SeqCst), "as the drill wants it");
                panics.level.set(7);
                Ok::<(), String>(())
            })
            .unwrap();
        good!(Good06 Good07 Good08 Good09);
        for (good, bad) in [("theirs", "good_00_level"), ("also_theirs", "no name}")] {
            let is_wrong = is_wrong.clone();
            let turncoat = Turncoat {
                good,
                bad,
                is_wrong,
            };
            registry
                .attach(PrometheusClient::collector(turncoat))
                .unwrap();
        }
        let wrong = is_wrong.clone();
        registry
            .collect_with(move |errs: &Errs| {
                errs.level.set(7);
                match wrong.load(Ordering::SeqCst) {
                    true => Err("as the drill wants it"),
                    false => Ok(()),
                }
            })
            .unwrap();
        good!(Good10 Good11 Good12 Good13 Good14);
        Drill {
            registry,
            is_wrong,
            bed,
            asked,
        }
    }

    fn go_wrong(&self, is_wrong: bool) {
        self.is_wrong.store(is_wrong, Ordering::SeqCst);
    }
}

fn scrape(endpoint: &Endpoint) -> (Answer, Duration) {
    let request = EndpointRequest::new("GET")
        .header("accept", Format::OpenMetrics.content_type().as_bytes())
        .header("x-prometheus-scrape-timeout-seconds", TIMEOUT);
    let started = Instant::now();
    let answer = endpoint.answer(&request);
    (answer, started.elapsed())
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

/// All fifteen are on the page and were read for it; it is in order altogether.
fn assert_good_ones(page: &str, reads: u64) {
    for number in 0..15 {
        for line in [
            format!("good_{number:02}_level 7\n"),
            format!("good_{number:02}_reads_total {reads}\n"),
            format!("vitalsigns_collector_up{{collector=\"Good{number:02}\"}} 1\n"),
        ] {
            assert!(page.contains(&line), "{line} is not in\n{page}");
        }
    }
    if let Err(complaint) = strict_openmetrics(page) {
        panic!("{complaint}\n{page}");
    }
}

/// What the page says of the five.
const NAMED: [&str; 5] = [
    "vitalsigns_collector_up{collector=\"Panics\"} 0\n",
    "vitalsigns_collector_up{collector=\"Errs\"} 0\n",
    "vitalsigns_collector_up{collector=\"Sleeps\"} 0\n",
    "vitalsigns_foreign_family_dropped{cause=\"duplicate\",family=\"good_00_level\"} 1\n",
    "vitalsigns_foreign_family_dropped{cause=\"unreadable\",family=\"no\"} 1\n",
];

/// How many threads of this process run collectors.
fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("vitalsigns-")).count()
}

#[test]
fn fifteen_of_twenty_are_served_in_time_while_five_do_wrong() {
    let drill = Drill::new();
    let endpoint = Endpoint::new(&drill.registry);
    let (answer, _) = scrape(&endpoint);
    assert_eq!(answer.status, 200);
    assert_good_ones(text(&answer), 1);
    assert!(text(&answer).contains("theirs 1\n") && text(&answer).contains("also_theirs 1\n"));
    assert!(!text(&answer).contains("} 0\nvitalsigns_collector_up"));

    drill.go_wrong(true);
    let (answer, took) = scrape(&endpoint);
    assert_eq!(answer.status, 200);
    assert!(took < DEADLINE, "{took:?}");
    assert_good_ones(text(&answer), 2);
    for line in NAMED {
        assert!(
            text(&answer).contains(line),
            "{line} is not in\n{}",
            text(&answer)
        );
    }
    for gone in [
        "panics_level",
        "errs_level",
        "sleeps_level",
        "panics_reads_total",
        "\ntheirs",
    ] {
        assert!(!text(&answer).contains(gone), "{gone}");
    }
    promtool_check_metrics(&drill.registry.render(Format::Text)).unwrap();

    // Later pages do not wait for the one that sleeps, nor ask it again, nor do threads add up.
    let later = Instant::now();
    for round in 0..40 {
        let (answer, _) = scrape(&endpoint);
        assert_eq!(answer.status, 200);
        if round % 20 == 0 {
            assert_good_ones(text(&answer), 4 + round);
        }
        assert!(text(&answer).contains("vitalsigns_collector_up{collector=\"Sleeps\"} 0\n"));
    }
    assert!(later.elapsed() < 40 * DEADLINE / 2, "{:?}", later.elapsed());
    assert_eq!(drill.asked.load(Ordering::SeqCst), 1);
    let threads = threads();
    assert!((1..=8).contains(&threads), "{threads}");
    assert_eq!(endpoint.check(), Ok(()));

    // All is well again, by itself.
    drill.go_wrong(false);
    drill.bed.open();
    tests::poll::until_ok(Duration::from_secs(20), "a complete page", || {
        let (answer, _) = scrape(&endpoint);
        let page = text(&answer);
        let lacks = [
            "panics_level 7\n",
            "errs_level 7\n",
            "sleeps_level 7\n",
            "theirs 1\n",
        ];
        let lacks = lacks.iter().find(|line| !page.contains(**line));
        match (lacks, page.contains("vitalsigns_foreign_family_dropped{")) {
            (None, false) => Ok(()),
            _ => Err(page.to_owned()),
        }
    });
}

#[test]
fn in_strict_mode_all_five_are_named_and_nothing_is_served() {
    let drill = Drill::new();
    let endpoint = Endpoint::builder(&drill.registry).strict().build().unwrap();
    let (answer, _) = scrape(&endpoint);
    assert_eq!(answer.status, 200, "{}", text(&answer));
    assert_good_ones(text(&answer), 1);

    drill.go_wrong(true);
    for _ in 0..3 {
        let (answer, took) = scrape(&endpoint);
        assert_eq!(answer.status, 500);
        assert!(took < DEADLINE, "{took:?}");
        for named in [
            "Panics (a panic)",
            "Errs (an error)",
            "Sleeps (too slow)",
            "good_00_level (a name that is taken)",
            "no (a name or a label that cannot be written)",
        ] {
            assert!(text(&answer).contains(named), "{named}: {}", text(&answer));
        }
        assert!(!text(&answer).contains("Good"), "{}", text(&answer));
        assert!(!text(&answer).contains("as the drill wants it"));
        assert_eq!(answer.header("content-encoding"), None);
    }
    assert_eq!(drill.asked.load(Ordering::SeqCst), 1);

    drill.go_wrong(false);
    drill.bed.open();
    tests::poll::until_ok(Duration::from_secs(20), "a complete page", || {
        let (answer, _) = scrape(&endpoint);
        match answer.status {
            200 => Ok(()),
            _ => Err(text(&answer).to_owned()),
        }
    });
}
