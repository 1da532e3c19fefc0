//! `vitalsigns verify`: judges rules, dashboards and configuration together.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use lexopt::{Arg, Parser, ValueExt as _};
use vitalsigns_kit::finding::{Output, Rule, render};
use vitalsigns_kit::live::{self, Chain};
use vitalsigns_kit::verify::{Folder, Knowledge, rules, verify};
use vitalsigns_kit::{agreement, lint};

use super::options::{Asking, unknown};
use super::{Failure, Outcome, options, print};

const HELP: &str = "\
vitalsigns verify [OPTIONS] DIR|FILE...
vitalsigns verify [OPTIONS] --live URL [DIR|FILE...]

Judges what monitors a system, together and against what is exported: files of rules, dashboards,
what Prometheus, Alertmanager, Grafana and Compose are told, scripts, files of variables. What a
file is is seen from what is in it. What services export is read from catalogues in the folders
(`catalogue/<job>.json`), and from those named here.

    --catalogue [JOB=]URL|FILE
                        a catalogue of a job, or of all of which nothing else is known; may be
                        repeated
    --live URL          asks the Prometheus at this address too: its targets and their pages, its
                        rules, what the panels of the folders ask, and its Alertmanagers
    --service JOB=URL   with --live: a page that has to answer here; may be repeated
    --alertmanager URL  with --live: where Alertmanager is, if its name is another one here
    --output FORMAT     text, json, junit or sarif (text)
    --errors-only       leaves warnings out
    --allow CODE        leaves findings with this code out; may be repeated
    --rules             lists what is looked for
    --watch             looks again whenever a file has changed, and with --live every 15 seconds,
                        until it is interrupted

Exit codes: 0, nothing was found; 1, something was; 2, the words were not understood; 3, something
could not be read.
";

const OPTIONS: &[&str] = &[
    "catalogue",
    "live",
    "service",
    "alertmanager",
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

/// How often programs that run are asked again.
const ASK: Duration = Duration::from_secs(15);

#[derive(Default)]
struct Words {
    paths: Vec<String>,
    catalogues: Vec<String>,
    live: Option<String>,
    services: Vec<(String, String)>,
    alertmanager: Option<String>,
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
            "rules" => return options::list(&all_rules()),
            "live" => words.live = Some(parser.value()?.string()?),
            "alertmanager" => words.alertmanager = Some(parser.value()?.string()?),
            "service" => words.services.push(service(&parser.value()?.string()?)?),
            "errors-only" => words.errors_only = true,
            "watch" => words.watches = true,
            "catalogue" => words.catalogues.push(parser.value()?.string()?),
            "output" => words.output = options::output(&parser.value()?.string()?)?,
            "allow" => {
                let code = parser.value()?.string()?;
                words.allowed.push(options::allowed(code, &all_rules())?);
            }
            name if words.asking.take(name, parser)? => {}
            name => return Err(unknown(Arg::Long(name), OPTIONS)),
        }
    }
    if words.paths.is_empty() && words.live.is_none() {
        return Err(Failure::Words(
            "name the folder that has the rules, dashboards and configuration, or the Prometheus \
             that runs (`--live`)"
                .to_owned(),
        ));
    }
    let is_for_live = !words.services.is_empty() || words.alertmanager.is_some();
    if is_for_live && words.live.is_none() {
        return Err(Failure::Words(
            "`--service` and `--alertmanager` go with `--live`".to_owned(),
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
    if folder.paths().is_empty() && !words.paths.is_empty() {
        return Err(Failure::Unreadable(format!(
            "there is no configuration in `{}`",
            words.paths.join("`, `")
        )));
    }
    let mut findings = match words.paths.is_empty() {
        true => Vec::new(),
        false => verify(&folder, &knowledge(words)?),
    };
    if let Some(prometheus) = &words.live {
        findings.extend(chain(words, prometheus, &folder)?.verify());
    }
    options::keep(&mut findings, words.errors_only, &words.allowed);
    print(&render(&findings, words.output))?;
    Ok(match findings.is_empty() {
        true => Outcome::Fine,
        false => Outcome::Found,
    })
}

fn chain(words: &Words, prometheus: &str, folder: &Folder) -> Result<Chain, Failure> {
    let mut chain = Chain::new(words.asking.client()?, prometheus).folder(folder);
    if let Some(address) = &words.alertmanager {
        chain = chain.alertmanager(address);
    }
    for (job, url) in &words.services {
        chain = chain.service(job, url);
    }
    for word in &words.catalogues {
        chain = chain.declares(&words.asking.catalogue(job_and_source(word).1)?);
    }
    Ok(chain)
}

/// What is looked for in files, and in what runs.
fn all_rules() -> Vec<&'static Rule> {
    let mut all = rules();
    all.extend(live::rules());
    all.extend(agreement::rules());
    all.extend(lint::rules());
    all.sort_by_key(|rule| rule.code);
    all.dedup_by_key(|rule| rule.code);
    all
}

fn service(word: &str) -> Result<(String, String), Failure> {
    match job_and_source(word) {
        (Some(job), url) => Ok((job.to_owned(), url.to_owned())),
        (None, _) => Err(Failure::Words(format!(
            "`--service` is `{word}`, and it has to be a job and the address of its page, as \
             `shop=http://127.0.0.1:8080/metrics`"
        ))),
    }
}

/// An address may have `=` in it, and a job none of what begins one.
fn job_and_source(word: &str) -> (Option<&str>, &str) {
    match word.split_once('=') {
        Some((job, source)) if !job.contains(['/', ':', '?']) => (Some(job), source),
        _ => (None, word),
    }
}

fn knowledge(words: &Words) -> Result<Knowledge, Failure> {
    let mut knowledge = Knowledge::new();
    for word in &words.catalogues {
        let (job, source) = job_and_source(word);
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
        let asked = Instant::now();
        loop {
            thread::sleep(LOOK);
            let now = stamps(words);
            let is_due = words.live.is_some() && asked.elapsed() >= ASK;
            if now != seen || is_due {
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
