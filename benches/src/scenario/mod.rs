//! What is compared.

pub(crate) mod creation;
pub(crate) mod function;
pub(crate) mod latency;
pub(crate) mod outcome;
pub(crate) mod request;
pub(crate) mod resolved;
pub(crate) mod scrape;

use crate::instructions;
use crate::library::{self, Library};
use crate::measure::{Load, Summary, compare};
use crate::report::{Kind, Table};
use crate::subject::Subject;
use crate::table;

/// Why a comparison is worth nothing.
pub(crate) type Fault = String;

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Full,
    /// The same checks with little work; its times say little.
    Short,
}

impl Size {
    /// One of two numbers.
    pub(crate) fn of<T>(self, full: T, short: T) -> T {
        match self {
            Size::Full => full,
            Size::Short => short,
        }
    }

    pub(crate) fn rounds(self) -> usize {
        self.of(15, 2)
    }
}

/// A run that is under way.
pub(crate) struct Bench {
    pub(crate) size: Size,
    /// Whether the tables tell instructions.
    pub(crate) instructions: bool,
    pub(crate) tables: Vec<Table>,
    pub(crate) left_out: Vec<String>,
}

impl Bench {
    pub(crate) fn add(&mut self, table: Table) {
        print!("{}", table::text(&table));
        self.tables.push(table);
    }

    /// Says what is missing, and why.
    pub(crate) fn leave_out(&mut self, what: &str) {
        println!("Left out: {what}.");
        self.left_out.push(format!("{what}."));
    }

    /// Instructions for each operation of each subject; `None` where they are not told.
    pub(crate) fn instructions<'a>(
        &self,
        scenario: &str,
        subjects: impl IntoIterator<Item = &'a str>,
        count: u64,
    ) -> Result<Option<Vec<f64>>, Fault> {
        if !self.instructions {
            return Ok(None);
        }
        let subjects: Vec<&str> = subjects.into_iter().collect();
        instructions::all(scenario, &subjects, count).map(Some)
    }
}

/// The subjects that libraries have for a scenario, or the one of this name alone.
pub(crate) fn of_libraries<T>(only: Option<&str>, make: impl Fn(&Library) -> Option<T>) -> Vec<T> {
    let wanted = |library: &Library| only.is_none_or(|only| only == library.name);
    let libraries = library::all().filter(wanted);
    libraries.filter_map(|library| make(&library)).collect()
}

/// A scenario in which something is recorded.
pub(crate) struct Recorded<'a> {
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    /// As `--one` takes it, and how many operations it is then counted over.
    pub(crate) one: (&'a str, u64),
    pub(crate) threads: &'a [u64],
    pub(crate) warm_up: u64,
    pub(crate) operations: u64,
    /// Whether the first subject is the one beyond which the others cost something.
    pub(crate) beyond_first: bool,
    /// What is checked.
    pub(crate) checked: &'a str,
}

impl Recorded<'_> {
    /// Compares the subjects that `make` makes, once for each number of threads; `check` judges
    /// them, from what they have counted before and after.
    pub(crate) fn run(
        &self,
        bench: &mut Bench,
        make: impl Fn() -> Vec<Subject>,
        check: impl Fn(&[Subject], Load) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for &threads in self.threads {
            let load = Load {
                threads,
                warm_up: self.warm_up,
                operations: self.operations / bench.size.of(1, 20),
                rounds: bench.size.rounds(),
            };
            let subjects = make();
            let before: Vec<_> = subjects.iter().map(Subject::counted).collect();
            let summaries = compare(&subjects, load);
            for (subject, before) in subjects.iter().zip(before) {
                self.check_count(subject, before, load)?;
            }
            check(&subjects, load).map_err(|fault| format!("{}: {fault}", self.title))?;
            let instructions = match threads {
                1 => {
                    let names = subjects.iter().map(|subject| subject.name);
                    bench.instructions(self.one.0, names, self.one.1)?
                }
                _ => None,
            };
            let table = self.table(threads, &subjects, &summaries, instructions);
            bench.add(table);
        }
        Ok(())
    }

    /// A subject that counts must have counted each operation.
    fn check_count(&self, subject: &Subject, before: Option<f64>, load: Load) -> Result<(), Fault> {
        let (Some(before), Some(after)) = (before, subject.counted()) else {
            return Ok(());
        };
        let expected = load.ranges().flatten().count() as u64 * load.runs();
        let found = after - before;
        if found != expected as f64 {
            let (title, name) = (self.title, subject.name);
            return Err(format!(
                "{title}: {name} has counted {found}, not {expected}"
            ));
        }
        Ok(())
    }

    fn table(
        &self,
        threads: u64,
        subjects: &[Subject],
        summaries: &[Summary],
        instructions: Option<Vec<f64>>,
    ) -> Table {
        let (id, title) = match self.threads {
            [_] => (self.id.to_owned(), self.title.to_owned()),
            _ => (
                format!("{}-{threads}t", self.id),
                format!("{}, {threads} {}", self.title, plural(threads, "thread")),
            ),
        };
        let names = subjects.iter().map(|subject| (subject.name, subject.class));
        let mut table = Table::new(id, title, names);
        let cpu = || summaries.iter().map(|summary| summary.cpu_ns.median);
        table.column("ns/op", Kind::Number, cpu());
        if self.beyond_first {
            table.added("ns/op", "added ns");
        }
        table
            .column(
                "spread",
                Kind::Spread,
                summaries.iter().map(|summary| summary.cpu_ns.share()),
            )
            .times_best_peer(match self.beyond_first {
                true => "added ns",
                false => "ns/op",
            });
        if threads > 1 {
            let wall = summaries.iter().map(|summary| summary.wall_ns.median);
            table.column("wall ns/op", Kind::Number, wall);
        }
        if let Some(instructions) = instructions {
            table.column("instr/op", Kind::Number, instructions);
            if self.beyond_first {
                table.added("instr/op", "added instr");
            }
        }
        let allocations = summaries.iter().map(|summary| summary.allocations);
        table.column("allocs/op", Kind::Number, allocations);
        let bytes = summaries.iter().map(|summary| summary.bytes);
        table.column("alloc B/op", Kind::Number, bytes);
        table.checked = self.checked.to_owned();
        table
    }
}

fn plural(number: u64, word: &str) -> String {
    match number {
        1 => word.to_owned(),
        _ => format!("{word}s"),
    }
}

/// The lines that each page must have.
pub(crate) fn has_lines(
    subjects: &[Subject],
    lines: &[String],
    holds: impl Fn(&Subject, &str) -> bool,
) -> Result<(), Fault> {
    for subject in subjects {
        let held: Vec<String> = lines
            .iter()
            .filter(|line| holds(subject, line))
            .cloned()
            .collect();
        if let Some(line) = subject.page().lacks(&held) {
            return Err(format!("the page of {} lacks `{line}`", subject.name));
        }
    }
    Ok(())
}

/// Runs the loop of one subject: unmeasured, to make what is made once, then measured.
pub(crate) fn one(scenario: &str, subject: &str, count: u64) -> Result<(), Fault> {
    let (warm_up, subjects) = subjects(scenario, subject)
        .ok_or_else(|| format!("`{scenario}` is none of {SCENARIOS}"))?;
    let subject = subjects
        .into_iter()
        .find(|known| known.name == subject)
        .ok_or_else(|| format!("`{subject}` is no subject of {scenario}"))?;
    subject.warm_up(0..warm_up);
    subject.measured(0..count);
    subject.measured_upkeep();
    Ok(())
}

/// What `--one` takes.
const SCENARIOS: &str = "outcome, counter, histogram, function, axum, tower, actix, scrape-counters-N, \
    scrape-histograms-N, create-counters-N, create-histograms-N, find-counters-N, find-histograms-N";

/// The subjects, and after how many operations there is nothing left to be made.
fn subjects(scenario: &str, only: &str) -> Option<(u64, Vec<Subject>)> {
    let only = Some(only);
    Some(match scenario {
        "outcome" => (crate::traffic::CYCLE, outcome::subjects(only)),
        "counter" => (1, resolved::counters(only)),
        "histogram" => (1, resolved::histograms(only)),
        "function" => (1, function::subjects()),
        "axum" => {
            let apps = request::axum::all();
            let subjects = apps.iter().map(request::axum::Served::subject);
            (request::ROUTES, subjects.collect())
        }
        "tower" => (request::ROUTES, request::tower::subjects()),
        "actix" => (request::ROUTES, request::actix::subjects()),
        _ => {
            let (scenario, series) = scenario.rsplit_once('-')?;
            let series: u64 = series.parse().ok()?;
            match scenario {
                "scrape-counters" => (1, scrape::counters(series, only)),
                "scrape-histograms" => (1, scrape::histograms(series, only)),
                "create-counters" => (0, creation::counters(series, only)),
                "create-histograms" => (0, creation::histograms(series, only)),
                "find-counters" => (series, creation::counters(series, only)),
                "find-histograms" => (series, creation::histograms(series, only)),
                _ => return None,
            }
        }
    })
}
