//! Options that several commands have.

use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt as _};
use vitalsigns::Catalogue;
use vitalsigns_kit::client::{Client, ClientError, catalogue_in};
use vitalsigns_kit::finding::{Finding, Output, Rule, Severity};

use super::{Failure, Outcome, print};

/// How services are asked.
pub(crate) const HELP: &str = "    --token-file FILE   asks with the bearer token in this file
    --timeout SECONDS   waits so long for an answer (10)
";

/// The options of [`HELP`].
#[derive(Default)]
pub(crate) struct Asking {
    token_file: Option<String>,
    timeout: Option<Duration>,
}

impl Asking {
    /// Whether the option was one of these.
    pub(crate) fn take(&mut self, name: &str, parser: &mut Parser) -> Result<bool, Failure> {
        match name {
            "token-file" => self.token_file = Some(parser.value()?.string()?),
            "timeout" => {
                let text = parser.value()?.string()?;
                let seconds = text.parse().ok().filter(|seconds: &f64| *seconds > 0.0);
                let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                self.timeout = Some(timeout.ok_or_else(|| {
                    Failure::Words(format!(
                        "`--timeout` is `{text}`, and it has to be a number of seconds, as `2.5`"
                    ))
                })?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let mut client = Client::new();
        if let Some(file) = &self.token_file {
            client = client.token_file(file).map_err(unreadable)?;
        }
        Ok(match self.timeout {
            Some(timeout) => client.timeout(timeout),
            None => client,
        })
    }

    /// The catalogue at an address or in a file.
    pub(crate) fn catalogue(&self, source: &str) -> Result<Catalogue, Failure> {
        let catalogue = match is_url(source) {
            true => self.client()?.catalogue(source),
            false => catalogue_in(source),
        };
        catalogue.map_err(unreadable)
    }
}

/// The output of this name.
pub(crate) fn output(name: &str) -> Result<Output, Failure> {
    Output::from_name(name).ok_or_else(|| {
        Failure::Words(format!(
            "there is no output `{name}`; there are {}",
            Output::NAMES
        ))
    })
}

/// A code that one of the rules has.
pub(crate) fn allowed(code: String, rules: &[&Rule]) -> Result<String, Failure> {
    let codes: Vec<&str> = rules.iter().map(|rule| rule.code).collect();
    if codes.contains(&code.as_str()) {
        return Ok(code);
    }
    let nearest = nearest(&code, &codes);
    let nearest = nearest.map(|nearest| format!("; did you mean `{nearest}`?"));
    Err(Failure::Words(format!(
        "no finding has the code `{code}`{}",
        nearest.unwrap_or_else(|| "; `--rules` lists them".to_owned())
    )))
}

/// Prints what is looked for.
pub(crate) fn list(rules: &[&Rule]) -> Result<Outcome, Failure> {
    let longest = rules.iter().map(|rule| rule.code.len()).max();
    let width = longest.unwrap_or_default() + 2;
    let lines = rules.iter().map(|rule| {
        let severity = rule.severity.as_str();
        format!("{:<width$}{severity:<9}{}\n", rule.code, rule.summary)
    });
    print(&lines.collect::<String>())
}

/// Keeps what is asked for.
pub(crate) fn keep(findings: &mut Vec<Finding>, errors_only: bool, allowed: &[String]) {
    findings.retain(|finding| {
        let is_heavy = !errors_only || finding.severity() == Severity::Error;
        is_heavy && !allowed.iter().any(|code| code == finding.code())
    });
}

pub(crate) fn unreadable(error: ClientError) -> Failure {
    let hint = match &error {
        ClientError::Status {
            status: 401 | 403, ..
        } => " (`--token-file`)",
        _ => "",
    };
    Failure::Unreadable(format!("{error}{hint}"))
}

pub(crate) fn is_url(source: &str) -> bool {
    source.starts_with("http://") || source.starts_with("https://")
}

/// Why an option is none of a command.
pub(crate) fn unknown(arg: Arg<'_>, known: &[&str]) -> Failure {
    let Arg::Long(name) = arg else {
        return arg.unexpected().into();
    };
    let complaint = match nearest(name, known) {
        Some(nearest) => format!("there is no option `--{name}`; did you mean `--{nearest}`?"),
        None => format!("there is no option `--{name}`"),
    };
    Failure::Words(complaint)
}

/// The known word that is most like this one, if one is.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(word, known);
    let best = known
        .iter()
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(best) >= 0.5).then_some(best)
}
