//! The scrape: a page of one family in OpenMetrics text, of counters or of histograms with 16
//! bounds, two labels each. Nothing changes between scrapes; the first one after the series were
//! made, which vitalsigns sorts, is told apart. The pages of both must have the same samples.

use std::time::Instant;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::{counter, family, histogram};
use prometheus_client::registry::Unit;
use vitalsigns::{Counter, Family, Format, Histogram, LabelSet, MetricGroup, Registry};

use super::{Fault, Size};
use crate::measure::{Load, compare};
use crate::subject::{PROMETHEUS_CLIENT, Subject, VITALSIGNS};
use crate::table::{self, column, number};

const CALL_BOUNDS: [f64; 16] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0,
];
/// One for each bound, `+Inf`, the sum and the count.
const SAMPLES: u64 = CALL_BOUNDS.len() as u64 + 3;

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

#[derive(MetricGroup)]
#[metrics(prefix = "store")]
struct Histograms {
    /// Durations.
    #[metric(buckets = CALL_BOUNDS, max_series = 200_000)]
    call_duration_seconds: Family<Labels<'static>, Histogram>,
}

fn tenant(series: u64) -> String {
    format!("tenant-{:03}", series % 317)
}

fn operation(series: u64) -> String {
    format!("operation-{:03}", series / 317)
}

/// The value of a counter: one digit to seven.
fn calls(series: u64) -> u64 {
    series * series % 9_999_991 + 1
}

/// What a histogram has observed: three durations that end in different buckets; sums are exact.
fn durations(series: u64) -> [f64; 3] {
    [1, 37, 5003].map(|step| ((series * step) % 65_536 + 1) as f64 / 512.0)
}

pub(crate) fn run(size: Size) -> Result<(), Fault> {
    for series in size.counters.iter().copied() {
        let subjects = counters(series);
        let total: u64 = (0..series).map(calls).sum();
        scrape(
            &format!("C. a scrape of {series} counters"),
            &subjects,
            series,
            size,
        )?;
        check(
            &subjects,
            |line| line.starts_with("store_calls_total"),
            total as f64,
        )?;
    }
    for series in size.histograms.iter().copied() {
        let subjects = histograms(series);
        let title = format!("C. a scrape of {series} histograms of 16 bounds");
        scrape(&title, &subjects, series * SAMPLES, size)?;
        let sum: f64 = (0..series).flat_map(durations).sum();
        check(
            &subjects,
            |line| line.starts_with("store_call_duration_seconds_sum"),
            sum,
        )?;
        let is_last = |line: &str| line.contains("le=\"+Inf\"");
        check(&subjects, is_last, (series * 3) as f64)?;
    }
    Ok(())
}

fn scrape(title: &str, subjects: &[Subject], samples: u64, size: Size) -> Result<(), Fault> {
    let first: Vec<f64> = subjects.iter().map(first).collect();
    let operations = (100_000 / size.fraction / samples).max(1);
    let summaries = compare(
        subjects,
        Load {
            threads: 1,
            operations,
            rounds: size.rounds,
        },
    );
    let pages: Vec<_> = subjects.iter().map(Subject::page).collect();
    for (subject, page) in subjects.iter().zip(&pages) {
        if page.len() as u64 != samples {
            return Err(format!(
                "{title}: {} has {} samples",
                subject.name,
                page.len()
            ));
        }
        if page.digest() != pages[0].digest() {
            return Err(format!("{title}: {} has another page", subject.name));
        }
    }
    let [time, ratio] = table::time("CPU ms/scrape", 1e6, &summaries);
    let each = |nanos: f64| number(nanos / samples as f64);
    let columns = [
        time,
        ratio,
        column("ns/sample", &summaries, |summary| {
            each(summary.cpu_ns.median)
        }),
        column("wall ms", &summaries, |summary| {
            number(summary.wall_ns.median / 1e6)
        }),
        column("first, wall ms", first, number),
        column("allocations", &summaries, |summary| {
            number(summary.allocations)
        }),
        column("bytes allocated", &summaries, |summary| {
            number(summary.bytes)
        }),
        column("page bytes", &pages, |page| page.bytes.to_string()),
        column("digest", &pages, |page| format!("{:016x}", page.digest())),
    ];
    table::print(title, subjects, columns);
    Ok(())
}

/// The wall time of the first scrape, once, in milliseconds.
fn first(subject: &Subject) -> f64 {
    let start = Instant::now();
    subject.measured(0..1);
    start.elapsed().as_secs_f64() * 1e3
}

/// Checks the sum of the values in some lines of each page.
fn check(subjects: &[Subject], which: impl Fn(&str) -> bool, total: f64) -> Result<(), Fault> {
    for subject in subjects {
        let found = subject.page().total(&which);
        if found != total {
            return Err(format!(
                "C: the page of {} adds up to {found}, not {total}",
                subject.name
            ));
        }
    }
    Ok(())
}

pub(crate) fn counters(series: u64) -> Vec<Subject> {
    let peers = family::Family::<PeerLabels, counter::Counter>::default();
    let mut peer_registry = prometheus_client::registry::Registry::default();
    peer_registry.register("store_calls", "Calls", peers.clone());
    let registry = Registry::new();
    let own = Counters::register(&registry)
        .expect("the names are legal")
        .calls_total;
    for series in 0..series {
        let (tenant, operation) = (tenant(series), operation(series));
        own.with(&Labels {
            tenant: &tenant,
            operation: &operation,
        })
        .add(calls(series));
        peers
            .get_or_create(&PeerLabels { tenant, operation })
            .inc_by(calls(series));
    }
    subjects(peer_registry, registry)
}

pub(crate) fn histograms(series: u64) -> Vec<Subject> {
    let make = || histogram::Histogram::new(CALL_BOUNDS);
    let peers = family::Family::<PeerLabels, histogram::Histogram, _>::new_with_constructor(
        make as fn() -> histogram::Histogram,
    );
    let mut peer_registry = prometheus_client::registry::Registry::default();
    peer_registry.register_with_unit(
        "store_call_duration",
        "Durations",
        Unit::Seconds,
        peers.clone(),
    );
    let registry = Registry::new();
    let own = Histograms::register(&registry)
        .expect("the names are legal")
        .call_duration_seconds;
    for series in 0..series {
        let (tenant, operation) = (tenant(series), operation(series));
        let mine = own.with(&Labels {
            tenant: &tenant,
            operation: &operation,
        });
        let peer = peers.get_or_create(&PeerLabels { tenant, operation });
        for duration in durations(series) {
            mine.observe(duration);
            peer.observe(duration);
        }
    }
    subjects(peer_registry, registry)
}

fn subjects(peer: prometheus_client::registry::Registry, own: Registry) -> Vec<Subject> {
    vec![
        Subject::scraping(PROMETHEUS_CLIENT, move || peer_page(&peer)),
        Subject::scraping(VITALSIGNS, move || own.render(Format::OpenMetrics)),
    ]
}

/// As its documentation does it: into a new `String`.
pub(super) fn peer_page(registry: &prometheus_client::registry::Registry) -> String {
    let mut page = String::new();
    text::encode(&mut page, registry).expect("writing to a string does not fail");
    page
}
