//! `vitalsigns verify`: judges rules, dashboards and configuration together.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use lexopt::{Arg, Parser, ValueExt as _};
use vitalsigns_kit::finding::{Output, render};
use vitalsigns_kit::verify::{Folder, Knowledge, rules, verify};

use super::options::{Asking, unknown};
use super::{Failure, Outcome, options, print};

const HELP: &str = "\
vitalsigns verify [OPTIONS] DIR|FILE...

Judges what monitors a system, together and against what is exported: files of rules, dashboards,
what Prometheus, Alertmanager, Grafana and Compose are told, scripts, files of variables. What a
file is is seen from what is in it. What services export is read from catalogues in the folders
(`catalogue/<job>.json`), and from those named here.

    --catalogue [JOB=]URL|FILE
                        a catalogue of a job, or of all of which nothing else is known; may be
                        repeated
    --output FORMAT     text, json, junit or sarif (text)
    --errors-only       leaves warnings out
    --allow CODE        leaves findings with this code out; may be repeated
    --rules             lists what is looked for
    --watch             looks again whenever a file has changed, until it is interrupted

Exit codes: 0, nothing was found; 1, something was; 2, the words were not understood; 3, something
could not be read.
";

const OPTIONS: &[&str] = &[
    "catalogue",
    "output",
    "errors-only",
    "allow",
    "rules",
    "watch",
    "help",
    "token-file",
    "timeout",
];

/// How often is looked whether a file has changed.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Words {
    paths: Vec<String>,
    catalogues: Vec<String>,
    asking: Asking,
    output: Output,
    errors_only: bool,
    allowed: Vec<String>,
    watches: bool,
}

pub(super) fn run(parser: &mut Parser) -> Result<Outcome, Failure> {
    let mut words = Words::default();
    while let Some(arg) = parser.next()? {
        let name = match arg {
            Arg::Value(path) => {
                words.paths.push(path.string()?);
                continue;
            }
            Arg::Short('h') => "help".to_owned(),
            Arg::Long(name) => name.to_owned(),
            other => return Err(other.unexpected().into()),
        };
        match name.as_str() {
            "help" => return print(&format!("{HELP}\n{}", options::HELP)),
            "rules" => return options::list(&rules()),
            "errors-only" => words.errors_only = true,
            "watch" => words.watches = true,
            "catalogue" => words.catalogues.push(parser.value()?.string()?),
            "output" => words.output = options::output(&parser.value()?.string()?)?,
            "allow" => {
                let code = parser.value()?.string()?;
                words.allowed.push(options::allowed(code, &rules())?);
            }
            name if words.asking.take(name, parser)? => {}
            name => return Err(unknown(Arg::Long(name), OPTIONS)),
        }
    }
    if words.paths.is_empty() {
        return Err(Failure::Words(
            "name the folder that has the rules, dashboards and configuration".to_owned(),
        ));
    }
    if words.watches {
        return watch(&words);
    }
    judge(&words)
}

fn judge(words: &Words) -> Result<Outcome, Failure> {
    let mut folder = Folder::default();
    for path in &words.paths {
        folder
            .add(path)
            .map_err(|error| Failure::Unreadable(format!("`{path}` cannot be read: {error}")))?;
    }
    if folder.paths().is_empty() {
        return Err(Failure::Unreadable(format!(
            "there is no configuration in `{}`",
            words.paths.join("`, `")
        )));
    }
    let mut findings = verify(&folder, &knowledge(words)?);
    options::keep(&mut findings, words.errors_only, &words.allowed);
    print(&render(&findings, words.output))?;
    Ok(match findings.is_empty() {
        true => Outcome::Fine,
        false => Outcome::Found,
    })
}

fn knowledge(words: &Words) -> Result<Knowledge, Failure> {
    let mut knowledge = Knowledge::new();
    for word in &words.catalogues {
        // An address may have `=` in it, and a job none of what begins one.
        let (job, source) = match word.split_once('=') {
            Some((job, source)) if !job.contains(['/', ':', '?']) => (Some(job), source),
            _ => (None, word.as_str()),
        };
        let catalogue = words.asking.catalogue(source)?;
        knowledge = match job {
            Some(job) => knowledge.job(job, &catalogue),
            None => knowledge.catalogue(&catalogue),
        };
    }
    Ok(knowledge)
}

/// Looks again and again; ends only when what was asked for cannot be read at first.
fn watch(words: &Words) -> Result<Outcome, Failure> {
    let mut seen = stamps(words);
    judge(words)?;
    loop {
        eprintln!("vitalsigns: waiting for a change");
        loop {
            thread::sleep(LOOK);
            let now = stamps(words);
            if now != seen {
                seen = now;
                break;
            }
        }
        // What is half written now will be changed again.
        match judge(words) {
            Ok(Outcome::Fine) => eprintln!("vitalsigns: nothing was found"),
            Ok(Outcome::Found) => {}
            Err(Failure::Words(reason) | Failure::Unreadable(reason)) => {
                eprintln!("vitalsigns: {reason}");
            }
        }
    }
}

type Stamps = BTreeMap<std::path::PathBuf, (Option<SystemTime>, u64)>;

/// When each file was changed last, and how long it is.
fn stamps(words: &Words) -> Stamps {
    let mut stamps = Stamps::new();
    let files = words
        .catalogues
        .iter()
        .map(|word| word.rsplit('=').next().unwrap_or(word));
    for path in words.paths.iter().map(String::as_str).chain(files) {
        stamp(Path::new(path), &mut stamps);
    }
    stamps
}

fn stamp(path: &Path, stamps: &mut Stamps) {
    let Ok(metadata) = fs::metadata(path) else {
        return;
    };
    if metadata.is_file() {
        stamps.insert(path.to_owned(), (metadata.modified().ok(), metadata.len()));
        return;
    }
    for file in vitalsigns_kit::verify::files(path).unwrap_or_default() {
        stamp(&file, stamps);
    }
}
