//! `vitalsigns healthcheck`: for containers without curl.

use lexopt::{Arg, Parser, ValueExt as _};
use vitalsigns_kit::healthcheck::healthcheck;

use super::options::{Asking, unknown};
use super::{Failure, Outcome, options, print};

const HELP: &str = "\
vitalsigns healthcheck [OPTIONS] URL

Asks whether a service answers with a status of 2xx. For a container without curl:

    HEALTHCHECK CMD [\"/vitalsigns\", \"healthcheck\", \"http://127.0.0.1:8080/health\"]

Exit codes: 0, it is well; 1, it is not, whatever the reason.

    --expect TEXT       the body has to contain this
";

const OPTIONS: &[&str] = &["expect", "help", "token-file", "timeout"];

pub(super) fn run(parser: &mut Parser) -> Result<Outcome, Failure> {
    let mut url = None;
    let mut expected = None;
    let mut asking = Asking::default();
    while let Some(arg) = parser.next()? {
        let name = match arg {
            Arg::Value(value) if url.is_none() => {
                url = Some(value.string()?);
                continue;
            }
            Arg::Short('h') => "help".to_owned(),
            Arg::Long(name) => name.to_owned(),
            other => return Err(other.unexpected().into()),
        };
        match name.as_str() {
            "help" => return print(&format!("{HELP}{}", options::HELP)),
            "expect" => expected = Some(parser.value()?.string()?),
            name if asking.take(name, parser)? => {}
            name => return Err(unknown(Arg::Long(name), OPTIONS)),
        }
    }
    let url = url.ok_or_else(|| {
        Failure::Words("name the address, as `http://127.0.0.1:8080/health`".to_owned())
    })?;
    match healthcheck(&asking.client()?, &url, expected.as_deref()) {
        Ok(()) => Ok(Outcome::Fine),
        Err(error) => {
            eprintln!("vitalsigns: {error}");
            Ok(Outcome::Found)
        }
    }
}
