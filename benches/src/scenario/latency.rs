//! One recording at a time, each measured alone, while nobody scrapes and while another thread
//! scrapes one page after the other: what a scrape makes a request wait.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::{counter, family};
use vitalsigns::{Counter, Family, Format, LabelSet, MetricGroup, Registry};

use super::scrape::peer_page;
use super::{Fault, Size};
use crate::subject::{PROMETHEUS_CLIENT, Subject, VITALSIGNS};
use crate::table::{self, column, number};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PeerLabels {
    tenant: String,
    operation: String,
}

#[derive(LabelSet)]
struct Labels<'a> {
    #[label(cap = 1000)]
    tenant: &'a str,
    #[label(cap = 1000)]
    operation: &'a str,
}

#[derive(MetricGroup)]
#[metrics(prefix = "store")]
struct Counters {
    /// Calls.
    #[metric(max_series = 200_000)]
    calls_total: Family<Labels<'static>, Counter>,
}

/// The labels of one series; made once, as a request brings its own.
fn labels(series: u64) -> Vec<(String, String)> {
    let label = |series: u64| {
        (
            format!("tenant-{:03}", series % 317),
            format!("operation-{:03}", series / 317),
        )
    };
    (0..series).map(label).collect()
}

/// The labels of a recording: neighbours are far from each other.
fn pick(labels: &[(String, String)], number: u64) -> &(String, String) {
    &labels[(number.wrapping_mul(7919) % labels.len() as u64) as usize]
}

pub(crate) fn run(size: Size) -> Result<(), Fault> {
    let series = size.counters.last().copied().unwrap_or_default();
    let recordings = 1_000_000 / size.fraction;
    let subjects = subjects(series);
    // Once for each series, so that nothing has to be made.
    let rounds = |subject: &Subject| subject.warm_up(series);
    subjects.iter().for_each(rounds);
    let alone: Vec<_> = subjects
        .iter()
        .map(|subject| measure(subject, recordings, false))
        .collect();
    let beside: Vec<_> = subjects
        .iter()
        .map(|subject| measure(subject, recordings, true))
        .collect();
    for subject in &subjects {
        let is_call = |line: &str| line.starts_with("store_calls_total{");
        let (found, expected) = (subject.page().total(is_call), series + 2 * recordings);
        if found != expected as f64 {
            return Err(format!(
                "D: the page of {} adds up to {found}, not {expected}",
                subject.name
            ));
        }
    }
    print("D. one recording, nobody scrapes", &subjects, &alone);
    let title = format!("D. one recording beside scrapes of {series} series");
    print(&title, &subjects, &beside);
    Ok(())
}

/// How long recordings took, in nanoseconds, and how many scrapes there were meanwhile.
struct Latency {
    sorted: Vec<u64>,
    scrapes: u64,
}

impl Latency {
    fn quantile(&self, share: f64) -> f64 {
        let place = (share * self.sorted.len() as f64) as usize;
        let nanos = self.sorted.get(place).or(self.sorted.last());
        nanos.map_or(0.0, |nanos| *nanos as f64)
    }
}

fn measure(subject: &Subject, recordings: u64, scrapes: bool) -> Latency {
    let (goes_on, done) = (AtomicBool::new(scrapes), AtomicU64::new(0));
    let mut sorted = Vec::with_capacity(recordings as usize);
    thread::scope(|scope| {
        scope.spawn(|| {
            while goes_on.load(Ordering::Relaxed) {
                std::hint::black_box(subject.scrape());
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
        for number in 0..recordings {
            let started = Instant::now();
            subject.measured(number..number + 1);
            sorted.push(started.elapsed().as_nanos() as u64);
        }
        goes_on.store(false, Ordering::Relaxed);
    });
    sorted.sort_unstable();
    Latency {
        sorted,
        scrapes: done.into_inner(),
    }
}

fn print(title: &str, subjects: &[Subject], latencies: &[Latency]) {
    let quantile = |heading, share: f64| {
        column(heading, latencies, move |latency| {
            number(latency.quantile(share))
        })
    };
    let columns = [
        quantile("p50 ns", 0.5),
        quantile("p99 ns", 0.99),
        quantile("p99.9 ns", 0.999),
        quantile("p99.99 ns", 0.9999),
        quantile("longest ns", 1.0),
        column("scrapes", latencies, |latency| latency.scrapes.to_string()),
    ];
    table::print(title, subjects, columns);
}

fn subjects(series: u64) -> Vec<Subject> {
    let known = labels(series);
    let peers = family::Family::<PeerLabels, counter::Counter>::default();
    let mut peer_registry = prometheus_client::registry::Registry::default();
    peer_registry.register("store_calls", "Calls", peers.clone());
    let peer_labels = known.clone();
    let peer = Subject::recording(
        PROMETHEUS_CLIENT,
        move |number| {
            let (tenant, operation) = pick(&peer_labels, number).clone();
            peers.get_or_create(&PeerLabels { tenant, operation }).inc();
        },
        move || peer_page(&peer_registry),
    );

    let registry = Registry::new();
    let calls = Counters::register(&registry)
        .expect("the names are legal")
        .calls_total;
    #[cfg(feature = "peers")]
    let exporter = exporter(known.clone());
    let own = Subject::recording(
        VITALSIGNS,
        move |number| {
            let (tenant, operation) = pick(&known, number);
            calls.with(&Labels { tenant, operation }).inc();
        },
        move || registry.render(Format::OpenMetrics),
    );
    vec![
        peer,
        #[cfg(feature = "peers")]
        exporter,
        own,
    ]
}

/// As its macros do it, but for the recorder, which is not global here.
#[cfg(feature = "peers")]
fn exporter(known: Vec<(String, String)>) -> Subject {
    use metrics::{Key, Label, Level, Metadata, Recorder};
    use metrics_exporter_prometheus::PrometheusBuilder;

    const HERE: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let record = move |number| {
        let (tenant, operation) = pick(&known, number).clone();
        let labels = vec![
            Label::new("tenant", tenant),
            Label::new("operation", operation),
        ];
        let key = Key::from_parts("store_calls_total", labels);
        recorder.register_counter(&key, &HERE).increment(1);
    };
    Subject::recording("metrics-exporter-prometheus", record, move || {
        handle.render()
    })
}
