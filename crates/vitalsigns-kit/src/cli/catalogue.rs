//! `vitalsigns catalogue`: catalogues, and what has changed between two.

use lexopt::{Arg, Parser, ValueExt as _};
use vitalsigns_kit::diff::{diff, to_json};

use super::options::{Asking, unknown};
use super::{Failure, Outcome, options, print};

const HELP: &str = "\
vitalsigns catalogue show [OPTIONS] URL|FILE
vitalsigns catalogue diff [OPTIONS] OLD NEW

`show` prints the catalogue of a service as JSON, for a file that a later `diff` compares.
`diff` tells what has changed between two catalogues, each of a service or in a file. Exit codes:
0, nothing that breaks queries; 1, something that does.

    --output FORMAT     text or json (text), for `diff`
";

const OPTIONS: &[&str] = &["output", "help", "token-file", "timeout"];

pub(super) fn run(parser: &mut Parser) -> Result<Outcome, Failure> {
    let mut sources = Vec::new();
    let mut as_json = false;
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
        ["diff", old, new] => compare(old, new, &asking, as_json),
        ["show", ..] => Err(Failure::Words(
            "`catalogue show` takes one address or file".to_owned(),
        )),
        ["diff", ..] => Err(Failure::Words(
            "`catalogue diff` takes two addresses or files: the old one, then the new one"
                .to_owned(),
        )),
        [] => Err(Failure::Words(
            "say `catalogue show` or `catalogue diff`".to_owned(),
        )),
        [other, ..] => Err(Failure::Words(format!(
            "there is no `catalogue {other}`; there are `catalogue show` and `catalogue diff`"
        ))),
    }
}

fn compare(old: &str, new: &str, asking: &Asking, as_json: bool) -> Result<Outcome, Failure> {
    let changes = diff(&asking.catalogue(old)?, &asking.catalogue(new)?);
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
