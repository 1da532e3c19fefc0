//! A report as JSON, and as `docs/performance.md`.

use std::fmt::{Display, Write as _};
use std::fs;
use std::path::Path;

use crate::report::Report;
use crate::scenario::Fault;
use crate::{table, targets};

const JSON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/benches.json");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");

/// The page shows what there is to compare with, so only a run with all peers writes it.
const HAS_PEERS: bool = cfg!(feature = "peers");

/// Writes both.
pub(crate) fn write(report: &Report) -> Result<(), Fault> {
    save(report, JSON.as_ref())?;
    print!("{}", targets_of(report));
    println!("\nThe figures are in target/benches.json.");
    if !HAS_PEERS {
        println!("docs/performance.md is made with `--features peers`.");
        return Ok(());
    }
    store(PAGE.as_ref(), &page(report))?;
    println!("docs/performance.md is made of them.");
    Ok(())
}

/// Makes the page of the figures of the last run.
pub(crate) fn again() -> Result<(), Fault> {
    store(PAGE.as_ref(), &page(&saved(JSON.as_ref())?))
}

/// Writes the figures of a run.
pub(crate) fn save(report: &Report, path: &Path) -> Result<(), Fault> {
    let text = serde_json::to_string_pretty(report).map_err(|error| error.to_string())?;
    store(path, &(text + "\n"))
}

/// The figures of a run.
pub(crate) fn saved(path: &Path) -> Result<Report, Fault> {
    let failed = |error: &dyn Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    serde_json::from_str(&text).map_err(|error| failed(&error))
}

fn store(path: &Path, text: &str) -> Result<(), Fault> {
    let failed = |error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// What each letter is.
const SCENARIOS: [(char, &str, &str); 7] = [
    (
        'A',
        "An HTTP outcome",
        "One HTTP request that has ended, told by label texts: a counter by method, route and status \
         and a histogram by method and route, 300 series each, which exist already. The HTTP family \
         (`HttpServer`) counts requests in flight and reads the clock twice as well.",
    ),
    (
        'B',
        "A resolved metric",
        "One increment of a counter, one observation of a histogram of 14 bounds, which were looked up \
         before. On several threads it is the same metric for all.",
    ),
    (
        'C',
        "A scrape",
        "One page of one family with two labels, into a new buffer. Nothing changes between scrapes; \
         the first one after the series were made is told apart. What is held is all that was \
         allocated for the series.",
    ),
    (
        'D',
        "Recording beside a scrape",
        "One increment by label texts, each measured alone with two readings of the clock, while \
         another thread scrapes 100,000 series all the time, and while a third one makes a series \
         each millisecond as well. With fewer cores than threads, the last columns show who waits \
         for a core.",
    ),
    (
        'E',
        "A request",
        "One request through a framework of 50 routes, in the process, to the end of the response's \
         body. What is added is told beyond the bare service.",
    ),
    (
        'F',
        "Making series",
        "The series of a family are made one by one, and then found again, each in a family that is \
         new in each round.",
    ),
    (
        'G',
        "A function",
        "One call of a function that does next to nothing, without and with an attribute.",
    ),
];

const HEAD: &str = "\
<!-- Made by `cargo run --release -p benches --features peers`. -->

# Performance

The library beside others, in one run on one machine, in turns. Compare within a table: ratios and
instructions carry over to other machines, times do not. What is done, and how to run it, is in the
[README of the benches](../benches/README.md).

- **class**: a *peer* is another library, used as its documentation does it; *aside* is one that is
  told more beforehand than the scenario allows (handles, declared values); a *floor* is the same
  work by hand, or less, without any library.
- **ns** are CPU time of the threads that do the work, the median of all rounds; **spread** is half of
  the interquartile range. **x best peer** is the ratio to the fastest peer.
- **instr** are instructions by callgrind; **allocs** and **alloc** what the thread allocated, **peak**
  the most that it held at once beyond what it held before.
";

const NOTES: &str = "\
measured 0.1.0 needs a newer Rust than this workspace. tower-otel-http-metrics is made for
OpenTelemetry 0.30, so it has that one.
";

/// Why some are not reached, by profiles.
const MISSED: &str = include_str!("../missed.md");

fn targets_of(report: &Report) -> String {
    let mut text = "| | target | reached | |\n|---|--:|--:|---|\n".to_owned();
    for reached in targets::reached(report) {
        let targets::Reached {
            of,
            what,
            goal,
            value,
            is_met,
        } = reached;
        let (value, word) = (targets::short(value), if is_met { "" } else { "missed" });
        let _ = writeln!(text, "| {of}: {what} | {goal} | {value} | {word} |");
    }
    text
}

fn page(report: &Report) -> String {
    let mut page = HEAD.to_owned();
    let machine = &report.machine;
    let _ = write!(page, "\n{}\n", machine.in_words());
    let _ = write!(page, "\nVersions: {}.\n", machine.versions.join(", "));
    page.push_str(NOTES);
    let _ = write!(page, "\n## Targets\n\n{}\n{MISSED}", targets_of(report));
    for (letter, name, what) in SCENARIOS {
        let mut tables = report
            .tables
            .iter()
            .filter(|table| table.id.starts_with(letter))
            .peekable();
        if tables.peek().is_none() {
            continue;
        }
        let _ = write!(page, "\n## {letter}. {name}\n\n{what}\n");
        for table in tables {
            let _ = write!(page, "\n{}", table::markdown(table));
        }
    }
    if !report.left_out.is_empty() {
        page.push_str("\n## What is not here\n\n");
        for left_out in &report.left_out {
            let _ = writeln!(page, "- {left_out}");
        }
    }
    page
}
