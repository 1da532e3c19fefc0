//! The command line: words in, text and an exit code out.

mod catalogue;
mod generate;
mod healthcheck;
mod lint;
mod options;
mod verify;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use lexopt::{Arg, Parser};

const HELP: &str = "\
vitalsigns: what is made from metrics, and what is wrong with them

vitalsigns lint URL|FILE...          judges pages of metrics
vitalsigns verify DIR|FILE...        judges rules, dashboards and configuration together
vitalsigns healthcheck URL           asks whether a service answers
vitalsigns catalogue show URL|FILE   prints the catalogue of a service as JSON
vitalsigns catalogue diff OLD NEW    tells what has changed, and what of it breaks queries
vitalsigns generate DESCRIPTION      makes the files of a monitoring stack
vitalsigns COMMAND --help            says more
vitalsigns --version

Data goes to stdout, everything else to stderr. Exit codes: 0, nothing is wrong; 1, something is;
2, the words were not understood; 3, something could not be read. `healthcheck` knows 0 and 1 only.
";

/// What a command has come to.
pub(crate) enum Outcome {
    /// Nothing is wrong.
    Fine,
    /// Something is.
    Found,
}

/// Why a command has come to nothing.
pub(crate) enum Failure {
    /// The words were not understood.
    Words(String),
    /// Something could not be read.
    Unreadable(String),
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Failure::Words(error.to_string())
    }
}

/// What a program's words lead to.
pub(crate) fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut parser = Parser::from_iter(words);
    let (command, outcome) = dispatch(&mut parser);
    let code = match outcome {
        Ok(Outcome::Fine) => 0,
        Ok(Outcome::Found) => 1,
        Err(Failure::Words(complaint)) => {
            eprintln!("vitalsigns: {complaint}");
            eprintln!("`vitalsigns{command} --help` lists what there is.");
            2
        }
        Err(Failure::Unreadable(reason)) => {
            eprintln!("vitalsigns: {reason}");
            3
        }
    };
    // Docker keeps every code but 0 and 1 for itself.
    let is_healthcheck = command == " healthcheck";
    ExitCode::from(if is_healthcheck { code.min(1) } else { code })
}

/// The command, with a space in front, and what it has come to.
fn dispatch(parser: &mut Parser) -> (&'static str, Result<Outcome, Failure>) {
    let first = match parser.next() {
        Ok(first) => first,
        Err(error) => return ("", Err(error.into())),
    };
    let word = match first {
        None => return ("", Err(Failure::Words("a command is missing".to_owned()))),
        Some(Arg::Long("help") | Arg::Short('h')) => return ("", print(HELP)),
        Some(Arg::Long("version") | Arg::Short('V')) => {
            let version = concat!("vitalsigns ", env!("CARGO_PKG_VERSION"), "\n");
            return ("", print(version));
        }
        Some(Arg::Value(word)) => word.to_string_lossy().into_owned(),
        Some(other) => return ("", Err(other.unexpected().into())),
    };
    match word.as_str() {
        "lint" => (" lint", lint::run(parser)),
        "verify" => (" verify", verify::run(parser)),
        "healthcheck" => (" healthcheck", healthcheck::run(parser)),
        "catalogue" => (" catalogue", catalogue::run(parser)),
        "generate" => (" generate", generate::run(parser)),
        "help" => ("", print(HELP)),
        other => {
            let known = ["lint", "verify", "healthcheck", "catalogue", "generate"];
            let complaint = match options::nearest(other, &known) {
                Some(nearest) => {
                    format!("there is no command `{other}`; did you mean `{nearest}`?")
                }
                None => format!(
                    "there is no command `{other}`; there are {}",
                    known.join(", ")
                ),
            };
            ("", Err(Failure::Words(complaint)))
        }
    }
}

/// Writes to stdout; whoever stops reading has read enough.
pub(crate) fn print(text: &str) -> Result<Outcome, Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Unreadable(
            format!("stdout cannot be written: {error}"),
        )),
        _ => Ok(Outcome::Fine),
    }
}
