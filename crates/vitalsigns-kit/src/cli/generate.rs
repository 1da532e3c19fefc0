//! `vitalsigns generate`: the files of a monitoring stack, from a description.

use std::fs;
use std::path::{Path, PathBuf};

use lexopt::{Arg, Parser, ValueExt as _};
use vitalsigns::Catalogue;
use vitalsigns_kit::client::catalogue_in;
use vitalsigns_kit::generate::{Report, artefacts, check, write};
use vitalsigns_kit::system::description;

use super::options::{Asking, is_url, unknown};
use super::{Failure, Outcome, options, print};

const HELP: &str = "\
vitalsigns generate [OPTIONS] DESCRIPTION

Makes the files of a monitoring stack from the description of a system (`vitalsigns.yml`):
Prometheus, Alertmanager, Grafana, exporters, and Compose's file to run them. The same description
makes the same files. What was edited by hand is left as it is and reported. Exit codes: 0, all files
are as they should be; 1, some were edited, or differ; 3, the description or a catalogue could not be
read, or a file not be written.

    --out DIR           where the files go (the folder of the description)
    --check             writes nothing, and tells what differs
    --force             writes over what was edited, too
";

const OPTIONS: &[&str] = &["out", "check", "force", "help", "token-file", "timeout"];

#[derive(Default)]
struct Words {
    description: Option<PathBuf>,
    out: Option<PathBuf>,
    is_check: bool,
    force: bool,
    asking: Asking,
}

pub(super) fn run(parser: &mut Parser) -> Result<Outcome, Failure> {
    let mut words = Words::default();
    while let Some(arg) = parser.next()? {
        let name = match arg {
            Arg::Value(value) if words.description.is_none() => {
                words.description = Some(PathBuf::from(value));
                continue;
            }
            Arg::Short('h') => "help".to_owned(),
            Arg::Long(name) => name.to_owned(),
            other => return Err(other.unexpected().into()),
        };
        match name.as_str() {
            "help" => return print(&format!("{HELP}{}", options::HELP)),
            "out" => words.out = Some(PathBuf::from(parser.value()?.string()?)),
            "check" => words.is_check = true,
            "force" => words.force = true,
            name if words.asking.take(name, parser)? => {}
            name => return Err(unknown(Arg::Long(name), OPTIONS)),
        }
    }
    if words.is_check && words.force {
        return Err(Failure::Words(
            "`--check` writes nothing, and `--force` writes over everything: say one".to_owned(),
        ));
    }
    generate(&words)
}

fn generate(words: &Words) -> Result<Outcome, Failure> {
    let Some(file) = &words.description else {
        return Err(Failure::Words(
            "name the description, as `vitalsigns.yml`".to_owned(),
        ));
    };
    let shown = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::Unreadable(format!("`{shown}` cannot be read: {error}")))?;
    let beside = file.parent().unwrap_or(Path::new(""));
    let load = |source: &str| -> Result<Catalogue, String> {
        match is_url(source) {
            true => words
                .asking
                .catalogue(source)
                .map_err(|failure| match failure {
                    Failure::Words(reason) | Failure::Unreadable(reason) => reason,
                }),
            false => catalogue_in(beside.join(source)).map_err(|error| error.to_string()),
        }
    };
    let system = description::read(&text, load).map_err(|faults| {
        let lines = faults.0.iter().map(|fault| format!("{shown}:{fault}"));
        Failure::Unreadable(lines.collect::<Vec<_>>().join("\nvitalsigns: "))
    })?;
    let files =
        artefacts(&system).map_err(|error| Failure::Unreadable(format!("`{shown}`: {error}")))?;
    let folder = words.out.as_deref().unwrap_or(beside);
    let report = match words.is_check {
        true => check(folder, &files),
        false => write(folder, &files, words.force),
    };
    let report = report.map_err(|error| Failure::Unreadable(error.to_string()))?;
    tell(&report, words.is_check)
}

fn tell(report: &Report, is_check: bool) -> Result<Outcome, Failure> {
    let (written, removed) = match is_check {
        true => ("differs", "no longer made"),
        false => ("written", "removed"),
    };
    let mut text = String::new();
    for (what, paths) in [
        (written, &report.written),
        (removed, &report.removed),
        ("edited by hand", &report.edited),
    ] {
        for path in paths {
            text.push_str(&format!("{what}: {path}\n"));
        }
    }
    print(&text)?;
    let (edited, differ) = (
        report.edited.len(),
        report.written.len() + report.removed.len(),
    );
    match (is_check, edited, differ) {
        (_, 0, 0) | (false, 0, _) => return Ok(Outcome::Fine),
        (true, ..) => match edited + differ {
            1 => eprintln!("vitalsigns: one file differs from what is made"),
            more => eprintln!("vitalsigns: {more} files differ from what is made"),
        },
        (false, ..) => eprintln!(
            "vitalsigns: what was edited by hand is left as it is: put what you want into the \
             description, or write over it with `--force`"
        ),
    }
    Ok(Outcome::Found)
}
