//! `vitalsigns lint`: judges pages.

use std::fs;
use std::io::Read as _;

use lexopt::{Arg, Parser, ValueExt as _};
use vitalsigns::Format;
use vitalsigns_kit::client::{Answer, Client};
use vitalsigns_kit::finding::{Finding, Output, render};
use vitalsigns_kit::lint::{Subject, lint, rules};

use super::options::{Asking, is_url, unknown, unreadable};
use super::{Failure, Outcome, options, print};

const HELP: &str = "\
vitalsigns lint [OPTIONS] URL|FILE...

Judges pages of metrics: of services, in text and in OpenMetrics, and in files (`-` is stdin).
It finds what `promtool check metrics` finds, and what that lets pass.

    --output FORMAT     text, json, junit or sarif (text)
    --errors-only       leaves warnings out
    --allow CODE        leaves findings with this code out; may be repeated
    --rules             lists what is looked for
";

const OPTIONS: &[&str] = &[
    "output",
    "errors-only",
    "allow",
    "rules",
    "help",
    "token-file",
    "timeout",
];

#[derive(Default)]
struct Words {
    sources: Vec<String>,
    asking: Asking,
    output: Output,
    errors_only: bool,
    allowed: Vec<String>,
}

pub(super) fn run(parser: &mut Parser) -> Result<Outcome, Failure> {
    let mut words = Words::default();
    while let Some(arg) = parser.next()? {
        let name = match arg {
            Arg::Value(source) => {
                words.sources.push(source.string()?);
                continue;
            }
            Arg::Short('h') => "help".to_owned(),
            Arg::Long(name) => name.to_owned(),
            other => return Err(other.unexpected().into()),
        };
        match name.as_str() {
            "help" => return print(&format!("{HELP}{}", options::HELP)),
            "rules" => return options::list(&rules()),
            "errors-only" => words.errors_only = true,
            "output" => words.output = options::output(&parser.value()?.string()?)?,
            "allow" => words
                .allowed
                .push(options::allowed(parser.value()?.string()?, &rules())?),
            name if words.asking.take(name, parser)? => {}
            name => return Err(unknown(Arg::Long(name), OPTIONS)),
        }
    }
    if words.sources.is_empty() {
        return Err(Failure::Words(
            "name the page: an address as `http://127.0.0.1:8080/metrics`, a file, or `-`"
                .to_owned(),
        ));
    }
    let client = words.asking.client()?;
    let mut findings = Vec::new();
    for source in &words.sources {
        findings.extend(judge(source, &client)?);
    }
    options::keep(&mut findings, words.errors_only, &words.allowed);
    print(&render(&findings, words.output))?;
    Ok(match findings.is_empty() {
        true => Outcome::Fine,
        false => Outcome::Found,
    })
}

fn judge(source: &str, client: &Client) -> Result<Vec<Finding>, Failure> {
    if is_url(source) {
        return judge_service(source, client);
    }
    let body = match source {
        "-" => {
            let mut body = Vec::new();
            std::io::stdin().lock().read_to_end(&mut body).map(|_| body)
        }
        file => fs::read(file),
    };
    let body =
        body.map_err(|error| Failure::Unreadable(format!("`{source}` cannot be read: {error}")))?;
    let name = if source == "-" { "stdin" } else { source };
    Ok(lint(&Subject::file(name, &body)))
}

/// In both languages, if the service speaks both.
fn judge_service(url: &str, client: &Client) -> Result<Vec<Finding>, Failure> {
    let ask = |format: Format| -> Result<Answer, Failure> {
        let answer = client.get(url, format.content_type()).map_err(unreadable)?;
        match answer.status {
            200 => Ok(answer),
            status => Err(Failure::Unreadable(format!(
                "`{url}` answers with status {status} in place of 200{}",
                match status {
                    401 | 403 => "; it wants a token (`--token-file`)",
                    404 => "; the metrics endpoint is elsewhere",
                    _ => "",
                }
            ))),
        }
    };
    let text = ask(Format::Text)?;
    let judged = |answer: &Answer| {
        let subject = Subject::answer(url, answer.content_type.as_deref(), &answer.body);
        lint(&subject)
    };
    let mut findings = judged(&text);
    let open_metrics = ask(Format::OpenMetrics)?;
    if open_metrics.content_type != text.content_type {
        // What is the same in both is told once.
        let told: Vec<(&str, String)> = findings
            .iter()
            .map(|finding| (finding.code(), finding.cause.clone()))
            .collect();
        let more = judged(&open_metrics).into_iter();
        let more = more.filter(|new| {
            let is_told =
                |(code, cause): &(&str, String)| *code == new.code() && *cause == new.cause;
            !told.iter().any(is_told)
        });
        findings.extend(more.map(|mut finding| {
            finding.place = finding.place.in_part("in OpenMetrics");
            finding
        }));
    }
    Ok(findings)
}
