//! `vitalsigns` beside `prometheus-client`: recording and scraping, in one run.
//!
//! `--short` makes the same checks in a second or two. `--one SCENARIO SUBJECT COUNT` runs one
//! loop alone, for a profiler; see README.md.

mod alloc;
mod measure;
mod scenario;
mod subject;
mod table;

use std::env;
use std::process::ExitCode;

use scenario::{Fault, Size, function, latency, outcome, resolved, scrape};
use subject::Subject;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [] => all(Size::FULL),
        ["--short"] => all(Size::SHORT),
        ["--latency"] => latency::run(Size::FULL),
        ["--one", scenario, subject, count] => one(scenario, subject, count),
        _ => Err("usage: benches [--short | --latency | --one SCENARIO SUBJECT COUNT]".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

fn all(size: Size) -> Result<(), Fault> {
    println!(
        "Medians of {} rounds, ± half the interquartile range.",
        size.rounds
    );
    println!(
        "The ratio is that of the CPU times to {}'s.",
        subject::PROMETHEUS_CLIENT
    );
    outcome::run(size)?;
    resolved::run(size)?;
    function::run(size)?;
    scrape::run(size)?;
    latency::run(size)
}

/// Runs the loop of one subject: unmeasured, to make what is made once, then measured.
fn one(scenario: &str, subject: &str, count: &str) -> Result<(), Fault> {
    let count: u64 = count
        .parse()
        .map_err(|_| format!("`{count}` is no count"))?;
    let (warm_up, subjects) = subjects(scenario).ok_or_else(|| {
        format!("`{scenario}` is none of outcome, function, counter, histogram, counters-N, histograms-N")
    })?;
    let subject = subjects
        .into_iter()
        .find(|known| known.name == subject)
        .ok_or_else(|| format!("`{subject}` is no subject of {scenario}"))?;
    subject.warm_up(warm_up);
    subject.measured(0..count);
    Ok(())
}

/// The subjects, and after how many operations there is nothing left to be made.
fn subjects(scenario: &str) -> Option<(u64, Vec<Subject>)> {
    match scenario.split_once('-') {
        None => match scenario {
            "outcome" => Some((outcome::CYCLE, outcome::all())),
            "function" => Some((1, function::all())),
            "counter" => Some((1, resolved::counters())),
            "histogram" => Some((1, resolved::histograms())),
            _ => None,
        },
        Some(("counters", series)) => Some((1, scrape::counters(series.parse().ok()?))),
        Some(("histograms", series)) => Some((1, scrape::histograms(series.parse().ok()?))),
        Some(_) => None,
    }
}
