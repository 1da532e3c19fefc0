//! What is compared. The first subject of each scenario is prometheus-client,
//! but for the function, where it is the function itself.

pub(crate) mod function;
pub(crate) mod latency;
pub(crate) mod outcome;
pub(crate) mod resolved;
pub(crate) mod scrape;

use crate::measure::{Load, Summary, compare};
use crate::subject::Subject;
use crate::table::{self, column, number};

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rounds: usize,
    /// The operations of a round are divided by it.
    pub(crate) fraction: u64,
    pub(crate) counters: &'static [u64],
    pub(crate) histograms: &'static [u64],
}

impl Size {
    pub(crate) const FULL: Size = Size {
        rounds: 21,
        fraction: 1,
        counters: &[1_000, 10_000, 100_000],
        histograms: &[100, 1_000, 6_000],
    };
    /// The same checks in a second or two; its times say little.
    pub(crate) const SHORT: Size = Size {
        rounds: 3,
        fraction: 20,
        counters: &[1_000, 10_000],
        histograms: &[100, 1_000],
    };
}

/// Why a comparison is worth nothing.
pub(crate) type Fault = String;

/// Compares recorders on 1, 2 and 4 threads. `make` makes them and, for each, the lines that its
/// page must then have.
fn record(
    title: &str,
    operations: u64,
    size: Size,
    make: impl Fn() -> Vec<Subject>,
    expected: impl Fn(&Subject, Load) -> Vec<String>,
) -> Result<(), Fault> {
    for threads in [1, 2, 4] {
        let operations = operations / size.fraction;
        let load = Load {
            threads,
            operations,
            rounds: size.rounds,
        };
        let subjects = make();
        let summaries = compare(&subjects, load);
        for subject in &subjects {
            if let Some(line) = subject.page().lacks(&expected(subject, load)) {
                return Err(format!(
                    "{title}: the page of {} lacks `{line}`",
                    subject.name
                ));
            }
        }
        let title = format!("{title}, threads: {threads}");
        table::print(&title, &subjects, recorded(&summaries));
    }
    Ok(())
}

fn recorded(summaries: &[Summary]) -> impl IntoIterator<Item = table::Column> {
    let [time, ratio] = table::time("CPU ns/op", 1.0, summaries);
    [
        time,
        ratio,
        column("wall ns/op", summaries, |summary| {
            number(summary.wall_ns.median)
        }),
        column("allocations/op", summaries, |summary| {
            number(summary.allocations)
        }),
        column("bytes/op", summaries, |summary| number(summary.bytes)),
    ]
}
