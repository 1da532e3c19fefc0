//! What the library has to reach, beside what it reached in a run.

use crate::floors;
use crate::ours;
use crate::report::{Report, Row, Table};
use crate::scenario::request::{BARE, NO_OP};
use crate::subject::Class;

/// A number that is to be reached.
pub(crate) struct Target {
    pub(crate) of: &'static str,
    what: &'static str,
    goal: Goal,
    reached: fn(&Figures<'_>) -> Option<f64>,
}

#[derive(Clone, Copy)]
enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// A target and what became of it.
pub(crate) struct Reached {
    pub(crate) of: &'static str,
    pub(crate) what: &'static str,
    pub(crate) goal: String,
    pub(crate) value: f64,
    pub(crate) is_met: bool,
}

use Goal::{AtLeast, AtMost};

const fn target(
    of: &'static str,
    what: &'static str,
    goal: Goal,
    reached: fn(&Figures<'_>) -> Option<f64>,
) -> Target {
    Target {
        of,
        what,
        goal,
        reached,
    }
}

const OURS: &str = ours::NAME;
/// All that a request tells, in one look-up.
const TOLD: &str = ours::HTTP_RECORD;
const CLIENT: &str = "prometheus-client";

const TARGETS: &[Target] = &[
    target(
        "A, 1 thread",
        "times as fast as the best peer",
        AtLeast(3.5),
        |f| f.beats("A-1t", "ns/op", TOLD),
    ),
    target(
        "A, 1 thread",
        "of the time of one look-up and cells of the thread",
        AtMost(1.4),
        |f| f.ratio("A-1t", "ns/op", TOLD, floors::FOUND_OWN),
    ),
    target(
        "A, 2 threads",
        "times the best peer's throughput",
        AtLeast(8.0),
        |f| f.beats("A-2t", "wall ns/op", TOLD),
    ),
    target(
        "A, 8 threads",
        "times the best peer's throughput",
        AtLeast(8.0),
        |f| f.beats("A-8t", "wall ns/op", TOLD),
    ),
    target(
        "A, 2 threads",
        "of the cost for each operation on one thread",
        AtMost(1.15),
        |f| Some(f.ns("A-2t", TOLD)? / f.ns("A-1t", TOLD)?),
    ),
    target(
        "A, 8 threads",
        "of the cost for each operation on one thread",
        AtMost(1.15),
        |f| Some(f.ns("A-8t", TOLD)? / f.ns("A-1t", TOLD)?),
    ),
    target(
        "B, counter, 1 thread",
        "of the time of a shared atomic",
        AtMost(1.2 / 4.5),
        |f| f.ratio("B-counter-1t", "ns/op", OURS, floors::SHARED),
    ),
    target(
        "B, counter, 2 threads",
        "times prometheus-client's throughput",
        AtLeast(10.0),
        |f| f.ratio("B-counter-2t", "wall ns/op", CLIENT, OURS),
    ),
    target(
        "B, counter, 8 threads",
        "times prometheus-client's throughput",
        AtLeast(10.0),
        |f| f.ratio("B-counter-8t", "wall ns/op", CLIENT, OURS),
    ),
    target(
        "B, histogram, 1 thread",
        "times as fast as the best peer",
        AtLeast(2.5),
        |f| f.beats("B-histogram-1t", "ns/op", OURS),
    ),
    target(
        "B, histogram, 2 threads",
        "times the best peer's throughput",
        AtLeast(7.0),
        |f| f.beats("B-histogram-2t", "wall ns/op", OURS),
    ),
    target(
        "B, histogram, 8 threads",
        "times the best peer's throughput",
        AtLeast(7.0),
        |f| f.beats("B-histogram-8t", "wall ns/op", OURS),
    ),
    target(
        "C, 100,000 counters",
        "times as fast as the best peer",
        AtLeast(3.0),
        |f| f.beats("C-counters-100000", "ms/scrape", OURS),
    ),
    target(
        "C, 1,000,000 counters",
        "times as fast as the best peer",
        AtLeast(3.0),
        |f| f.beats("C-counters-1000000", "ms/scrape", OURS),
    ),
    target(
        "C, 100,000 counters",
        "times as fast as prometheus-client",
        AtLeast(10.0),
        |f| f.ratio("C-counters-100000", "ms/scrape", CLIENT, OURS),
    ),
    target(
        "C, 1,000,000 counters",
        "times as fast as prometheus-client",
        AtLeast(10.0),
        |f| f.ratio("C-counters-1000000", "ms/scrape", CLIENT, OURS),
    ),
    target(
        "C, 6,667 histograms",
        "times as fast as the best peer",
        AtLeast(3.0),
        |f| f.beats("C-histograms-6667", "ms/scrape", OURS),
    ),
    target(
        "C, 6,667 histograms",
        "times as fast as prometheus-client",
        AtLeast(10.0),
        |f| f.ratio("C-histograms-6667", "ms/scrape", CLIENT, OURS),
    ),
    target(
        "C, 1,000,000 counters",
        "of the page's size held at the peak",
        AtMost(1.3),
        |f| f.ratio("C-counters-1000000", "peak KiB", OURS, floors::COPIED),
    ),
    target(
        "C, 100,000 counters",
        "of prometheus-client's bytes for each series",
        AtMost(1.0),
        |f| f.ratio("C-counters-100000", "held B/series", OURS, CLIENT),
    ),
    target(
        "C, 6,667 histograms",
        "of prometheus-client's bytes for each series",
        AtMost(1.0),
        |f| f.ratio("C-histograms-6667", "held B/series", OURS, CLIENT),
    ),
    target("D, while scraping", "µs at p99.99", AtMost(5.0), |f| {
        Some(f.value("D-scraped", "p99.99 ns", OURS)? / 1e3)
    }),
    target(
        "D, while scraping and creating",
        "µs at p99.99",
        AtMost(12.0),
        |f| Some(f.value("D-created", "p99.99 ns", OURS)? / 1e3),
    ),
    target(
        "E, axum",
        "of what the best peer adds to a layer that does nothing",
        AtMost(0.5),
        |f| {
            let (no_op, best) = (f.ns("E-axum", NO_OP)?, f.best_peer("E-axum", "ns/op")?);
            Some((f.ns("E-axum", OURS)? - no_op) / (best - no_op))
        },
    ),
    target(
        "E, axum",
        "allocations beyond a layer that does nothing",
        AtMost(0.0),
        |f| {
            let of = |subject| f.value("E-axum", "allocs/op", subject);
            Some(of(OURS)? - of(NO_OP)?)
        },
    ),
    target(
        "E, tower",
        "allocations beyond a layer that does nothing",
        AtMost(0.0),
        |f| {
            let of = |subject| f.value("E-tower", "allocs/op", subject);
            Some(of(OURS)? - of(NO_OP)?)
        },
    ),
    target(
        "E, actix-web",
        "of what actix-web-prom adds to a bare service",
        AtMost(0.25),
        |f| {
            let (bare, best) = (f.ns("E-actix", BARE)?, f.best_peer("E-actix", "ns/op")?);
            Some((f.ns("E-actix", OURS)? - bare) / (best - bare))
        },
    ),
    target(
        "F, counters",
        "of the time in which the fastest peer creates",
        AtMost(1.2),
        |f| Some(1.0 / f.beats("F-counters", "ns/creation", OURS)?),
    ),
    target(
        "F, counters",
        "times as fast as the best peer finds",
        AtLeast(1.5),
        |f| f.beats("F-counters", "ns/look-up", OURS),
    ),
    target(
        "F, histograms",
        "of the time in which the fastest peer creates",
        AtMost(1.2),
        |f| Some(1.0 / f.beats("F-histograms", "ns/creation", OURS)?),
    ),
    target(
        "F, histograms",
        "times as fast as the best peer finds",
        AtLeast(1.5),
        |f| f.beats("F-histograms", "ns/look-up", OURS),
    ),
    target(
        "G, the clock of the processor",
        "ns for each call",
        AtMost(40.0),
        |f| f.ns(FAST_CLOCK, OURS),
    ),
];

/// The table of scenario G with the feature `fast-clock`.
pub(crate) const FAST_CLOCK: &str = "G-fast-clock";

/// The targets whose figures are in a report.
pub(crate) fn reached(report: &Report) -> Vec<Reached> {
    let figures = Figures(report);
    let reached = |target: &Target| {
        let value = (target.reached)(&figures)?;
        let (goal, is_met) = match target.goal {
            AtLeast(least) => (format!("≥ {}", short(least)), value >= least),
            AtMost(most) => (format!("≤ {}", short(most)), value <= most),
        };
        Some(Reached {
            of: target.of,
            what: target.what,
            goal,
            value,
            is_met,
        })
    };
    TARGETS.iter().filter_map(reached).collect()
}

/// With two digits behind the point at the most.
pub(crate) fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

struct Figures<'a>(&'a Report);

impl Figures<'_> {
    fn table(&self, id: &str) -> Option<&Table> {
        self.0.tables.iter().find(|table| table.id == id)
    }

    fn value(&self, table: &str, heading: &str, subject: &str) -> Option<f64> {
        let table = self.table(table)?;
        let row = table.rows.iter().find(|row| row.subject == subject)?;
        of(table, heading, row)
    }

    fn ns(&self, table: &str, subject: &str) -> Option<f64> {
        self.value(table, "ns/op", subject)
    }

    fn best_peer(&self, table: &str, heading: &str) -> Option<f64> {
        let table = self.table(table)?;
        let peers = table.rows.iter().filter(|row| row.class == Class::Peer);
        peers
            .filter_map(|row| of(table, heading, row))
            .min_by(f64::total_cmp)
    }

    /// How many times as much the best peer takes.
    fn beats(&self, table: &str, heading: &str, subject: &str) -> Option<f64> {
        Some(self.best_peer(table, heading)? / self.value(table, heading, subject)?)
    }

    fn ratio(&self, table: &str, heading: &str, one: &str, other: &str) -> Option<f64> {
        let of = |subject| self.value(table, heading, subject);
        Some(of(one)? / of(other)?)
    }
}

fn of(table: &Table, heading: &str, row: &Row) -> Option<f64> {
    let mut columns = table.columns.iter();
    let place = columns.position(|column| column.heading == heading)?;
    row.values[place]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::report::Kind;

    #[test]
    fn a_target_is_told_by_the_figures_of_a_run() {
        let subjects = [
            (floors::FOUND_OWN, Class::Floor),
            (TOLD, Class::Ours),
            ("slow", Class::Peer),
            ("fast", Class::Peer),
        ];
        let mut table = Table::new("A-1t", "A", subjects);
        table.column("ns/op", Kind::Number, [10.0, 15.0, 90.0, 60.0]);
        let report = Report {
            machine: Machine::this(),
            rounds: 1,
            tables: vec![table],
            left_out: Vec::new(),
        };
        let [beats, floor] = &reached(&report)[..] else {
            panic!("two targets have their figures there");
        };
        assert_eq!((beats.value, beats.is_met), (4.0, true));
        assert_eq!((floor.value, floor.is_met), (1.5, false));
        assert_eq!((&*beats.goal, &*floor.goal), ("≥ 3.5", "≤ 1.4"));
    }
}
