//! `vitalsigns catalogue`: catalogues, and what has changed between two.

use std::fs;

use lexopt::{Arg, Parser, ValueExt as _};
use vitalsigns::Format;
use vitalsigns_kit::client::Client;
use vitalsigns_kit::diff::{diff, to_json, used_by};
use vitalsigns_kit::lint::Subject;
use vitalsigns_kit::record::record;
use vitalsigns_kit::verify::Folder;

use super::options::{Asking, is_url, unknown, unreadable};
use super::{Failure, Outcome, options, print};

const HELP: &str = "\
vitalsigns catalogue show [OPTIONS] URL|FILE
vitalsigns catalogue diff [OPTIONS] OLD NEW
vitalsigns catalogue record [OPTIONS] URL|FILE...

`show` prints the catalogue of a service as JSON, for a file that a later `diff` compares.
`record` makes one from the pages of a program that has no catalogue.
`diff` tells what has changed between two catalogues, each of a service or in a file. Exit codes:
0, nothing that breaks queries; 1, something that does.

    --output FORMAT     text or json (text), for `diff`
    --used-by DIR       for `diff`: names the rules and panels of this folder that ask for what has
                        changed; a bound that none of them asks for breaks nothing. May be repeated
";

const OPTIONS: &[&str] = &["output", "used-by", "help", "token-file", "timeout"];

pub(super) fn run(parser: &mut Parser) -> Result<Outcome, Failure> {
    let mut sources = Vec::new();
    let mut as_json = false;
    let mut users: Option<Folder> = None;
    let mut asking = Asking::default();
    while let Some(arg) = parser.next()? {
        let name = match arg {
            Arg::Value(value) => {
                sources.push(value.string()?);
                continue;
            }
            Arg::Short('h') => "help".to_owned(),
            Arg::Long(name) => name.to_owned(),
            other => return Err(other.unexpected().into()),
        };
        match name.as_str() {
            "help" => return print(&format!("{HELP}{}", options::HELP)),
            "used-by" => {
                let path = parser.value()?.string()?;
                let added = users.get_or_insert_default().add(&path);
                added.map_err(|error| {
                    Failure::Unreadable(format!("`{path}` cannot be read: {error}"))
                })?;
            }
            "output" => match parser.value()?.string()?.as_str() {
                "text" => as_json = false,
                "json" => as_json = true,
                other => {
                    return Err(Failure::Words(format!(
                        "there is no output `{other}`; there are text, json"
                    )));
                }
            },
            name if asking.take(name, parser)? => {}
            name => return Err(unknown(Arg::Long(name), OPTIONS)),
        }
    }
    let words: Vec<&str> = sources.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["show", source] => print(&format!("{}\n", asking.catalogue(source)?.to_json())),
        ["diff", old, new] => compare(old, new, &asking, users.as_ref(), as_json),
        ["record", pages @ ..] if !pages.is_empty() => record_from(pages, &asking),
        ["record"] => Err(Failure::Words(
            "`catalogue record` takes addresses or files with pages of metrics".to_owned(),
        )),
        ["show", ..] => Err(Failure::Words(
            "`catalogue show` takes one address or file".to_owned(),
        )),
        ["diff", ..] => Err(Failure::Words(
            "`catalogue diff` takes two addresses or files: the old one, then the new one"
                .to_owned(),
        )),
        [] => Err(Failure::Words(
            "say `catalogue show`, `catalogue diff` or `catalogue record`".to_owned(),
        )),
        [other, ..] => Err(Failure::Words(format!(
            "there is no `catalogue {other}`; there are `catalogue show`, `catalogue diff` and \
             `catalogue record`"
        ))),
    }
}

fn compare(
    old: &str,
    new: &str,
    asking: &Asking,
    users: Option<&Folder>,
    as_json: bool,
) -> Result<Outcome, Failure> {
    let mut changes = diff(&asking.catalogue(old)?, &asking.catalogue(new)?);
    if let Some(users) = users {
        changes = used_by(changes, users);
    }
    let text = match as_json {
        true => to_json(&changes),
        false => changes.iter().map(|change| format!("{change}\n")).collect(),
    };
    print(&text)?;
    Ok(match changes.iter().any(|change| change.is_breaking) {
        true => Outcome::Found,
        false => Outcome::Fine,
    })
}

fn record_from(sources: &[&str], asking: &Asking) -> Result<Outcome, Failure> {
    let client = asking.client()?;
    let mut pages = Vec::new();
    for source in sources {
        let body = match is_url(source) {
            true => page_of(source, &client)?,
            false => fs::read(source).map_err(|error| {
                Failure::Unreadable(format!("`{source}` cannot be read: {error}"))
            })?,
        };
        pages.push(body);
    }
    let subjects = sources.iter().zip(&pages);
    let subjects: Vec<Subject<'_>> = subjects
        .map(|(source, body)| Subject::file(source, body))
        .collect();
    let catalogue = record(&subjects).map_err(|error| Failure::Unreadable(error.to_string()))?;
    print(&format!("{}\n", catalogue.to_json()))
}

fn page_of(url: &str, client: &Client) -> Result<Vec<u8>, Failure> {
    let answer = client.get(url, Format::Text.content_type());
    let answer = answer.map_err(unreadable)?;
    match answer.status {
        200 => Ok(answer.body),
        status => Err(Failure::Unreadable(format!(
            "`{url}` answers with status {status} in place of 200"
        ))),
    }
}
