//! `vitalsigns` beside its peers and beside what can be reached by hand, in one run; see README.md.

mod alloc;
mod ceilings;
mod docs;
mod floors;
mod instructions;
mod library;
mod machine;
mod measure;
mod ours;
mod page;
mod peers;
mod quantiles;
mod report;
mod scenario;
mod store;
mod subject;
mod table;
mod targets;
mod traffic;

use std::env;
use std::process::{Command, ExitCode};

use machine::Machine;
use report::Report;
use scenario::{
    Bench, Fault, Size, creation, function, latency, outcome, request, resolved, scrape,
};

const USAGE: &str = "usage: benches [--short | --only LETTERS | --docs | --record | \
                     --figures LETTERS FILE | --one SCENARIO SUBJECT COUNT]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [] => full(),
        ["--short"] => short(),
        ["--only", letters] => run(Size::Full, letters).map(drop),
        ["--figures", letters, file] => {
            run(Size::Full, letters).and_then(|report| docs::save(&report, file.as_ref()))
        }
        ["--docs"] => docs::again(),
        ["--record"] if cfg!(feature = "peers") => {
            Err("the ceilings are those of the build without `peers`".to_owned())
        }
        ["--record"] => ceilings::record(),
        ["--one", scenario, subject, count] => match count.parse() {
            Ok(count) => scenario::one(scenario, subject, count),
            Err(_) => Err(format!("`{count}` is no count")),
        },
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

const ALL: &str = "ABCDEFG";

/// Each scenario runs in a process of its own: what one leaves behind, as the memory that threads of
/// it had, is no part of the next.
fn full() -> Result<(), Fault> {
    let program = env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let mut report = Report {
        machine: Machine::this(),
        rounds: Size::Full.rounds(),
        tables: Vec::new(),
        left_out: Vec::new(),
    };
    for letter in ALL.chars() {
        let part = figures(&mut Command::new(&program), &letter.to_string())?;
        report.tables.extend(part.tables);
        for left_out in part.left_out {
            if !report.left_out.contains(&left_out) {
                report.left_out.push(left_out);
            }
        }
    }
    report.tables.extend(with_the_fast_clock()?);
    docs::write(&report)
}

/// Scenario G by another build of the library, as a table of its own.
fn with_the_fast_clock() -> Result<Option<report::Table>, Fault> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "--release", "--quiet"])
        .args(["--features", "fast-clock", "--"]);
    let table = figures(&mut cargo, "G")?.tables.pop();
    Ok(table.map(|table| report::Table {
        id: targets::FAST_CLOCK.to_owned(),
        title: "G. One call of a function, with the feature `fast-clock`".to_owned(),
        ..table
    }))
}

/// Has a program of its own run scenarios, and reads what it found.
fn figures(program: &mut Command, letters: &str) -> Result<Report, Fault> {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/benches-part.json");
    let status = program
        .args(["--figures", letters, FILE])
        .status()
        .map_err(|error| format!("{}: {error}", program.get_program().display()))?;
    match status.success() {
        true => docs::saved(FILE.as_ref()),
        false => Err(format!("scenario {letters} failed: {status}")),
    }
}

/// CI's form: every check with little work, and the ceilings.
fn short() -> Result<(), Fault> {
    if !instructions::available() {
        return Err(
            "there is no valgrind, which counts the instructions: install the Debian package \
             valgrind, or run `cargo xtask install`"
                .to_owned(),
        );
    }
    run(Size::Short, ALL)?;
    match cfg!(feature = "peers") {
        true => println!("\nThe ceilings are those of the build without `peers`."),
        false => ceilings::check()?,
    }
    Ok(())
}

/// The scenarios of these letters.
fn run(size: Size, letters: &str) -> Result<Report, Fault> {
    let machine = Machine::this();
    println!("{}", machine.in_words());
    let mut bench = Bench {
        size,
        instructions: size == Size::Full && instructions::available(),
        tables: Vec::new(),
        left_out: Vec::new(),
    };
    if size == Size::Full && !bench.instructions {
        bench.leave_out("instructions: there is no valgrind");
    }
    for letter in letters.chars() {
        match letter {
            'A' => outcome::run(&mut bench)?,
            'B' => resolved::run(&mut bench)?,
            'C' => scrape::run(&mut bench)?,
            'D' => latency::run(&mut bench)?,
            'E' => request::run(&mut bench)?,
            'F' => creation::run(&mut bench)?,
            'G' => function::run(&mut bench)?,
            _ => return Err(format!("`{letter}` is none of {ALL}")),
        }
    }
    Ok(Report {
        machine,
        rounds: size.rounds(),
        tables: bench.tables,
        left_out: bench.left_out,
    })
}
