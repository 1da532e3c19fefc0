//! The instructions that operations of this library may take: recorded in `ceilings.json`, and not
//! to be exceeded by more than a twentieth.

use std::collections::BTreeMap;
use std::fs;

use crate::instructions;
use crate::ours;
use crate::scenario::{Fault, function, request};

const SLACK: f64 = 0.05;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ceilings.json");

/// What is counted.
struct Counted {
    /// In the file.
    name: &'static str,
    /// As `--one` takes it.
    scenario: &'static str,
    subject: &'static str,
    /// What is taken off: that which is measured, without being measured.
    beyond: Option<&'static str>,
    count: u64,
}

const fn counted(name: &'static str, scenario: &'static str, subject: &'static str) -> Counted {
    Counted {
        name,
        scenario,
        subject,
        beyond: None,
        count: 4096,
    }
}

const ALL: [Counted; 9] = [
    counted("A, Family::with", "outcome", ours::NAME),
    counted("A, HttpServer::record", "outcome", ours::HTTP_RECORD),
    counted("A, HttpServer", "outcome", ours::HTTP_SERVER),
    counted("B, a counter", "counter", ours::NAME),
    counted("B, a histogram", "histogram", ours::NAME),
    Counted {
        beyond: Some(request::BARE),
        count: 1000,
        ..counted("E, axum", "axum", ours::NAME)
    },
    Counted {
        beyond: Some(request::BARE),
        count: 1000,
        ..counted("E, tower", "tower", ours::NAME)
    },
    Counted {
        beyond: Some(request::BARE),
        count: 1000,
        ..counted("E, actix-web", "actix", ours::NAME)
    },
    Counted {
        beyond: Some(function::BARE),
        ..counted("G, a function", "function", ours::NAME)
    },
];

impl Counted {
    fn instructions(&self) -> Result<f64, Fault> {
        let each = |subject| instructions::each(self.scenario, subject, self.count);
        let beyond = self.beyond.map_or(Ok(0.0), each)?;
        Ok(each(self.subject)? - beyond)
    }
}

/// Fails where an operation takes more than was recorded.
pub(crate) fn check() -> Result<(), Fault> {
    let recorded = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let recorded: BTreeMap<String, f64> =
        serde_json::from_str(&recorded).map_err(|error| format!("{FILE}: {error}"))?;
    println!(
        "\nInstructions for each operation, beyond what is measured; the ceiling in brackets:"
    );
    let mut above = Vec::new();
    for counted in &ALL {
        let ceiling = *recorded
            .get(counted.name)
            .ok_or_else(|| format!("{FILE} has no `{}`; {AGAIN}", counted.name))?;
        let found = counted.instructions()?;
        println!("  {:<16} {found:>9.1} ({ceiling:.1})", counted.name);
        if found > ceiling * (1.0 + SLACK) {
            above.push(format!("{}: {found:.1}, not {ceiling:.1}", counted.name));
        }
    }
    match above[..] {
        [] => Ok(()),
        _ => Err(format!(
            "more instructions than the ceiling and {:.0} % allow: {}.\n\
             Find out why; if it is worth it, {AGAIN}",
            SLACK * 100.0,
            above.join("; ")
        )),
    }
}

const AGAIN: &str = "`cargo run --release -p benches -- --record` writes it anew";

/// Writes the file.
pub(crate) fn record() -> Result<(), Fault> {
    let mut recorded = BTreeMap::new();
    for counted in &ALL {
        let found = counted.instructions()?;
        println!("{:<16} {found:>9.1}", counted.name);
        recorded.insert(counted.name, (found * 10.0).round() / 10.0);
    }
    let text = serde_json::to_string_pretty(&recorded).map_err(|error| error.to_string())?;
    fs::write(FILE, text + "\n").map_err(|error| format!("{FILE}: {error}"))
}
