//! The service as a program: reads its flags, runs the service, and stops on a signal.

use std::{io::Write, path::PathBuf, process::ExitCode, time::Duration};

use crate::{
    Config, Server,
    config::{Hashing, Secret},
    demo,
};
use lexopt::Parser;
use tokio::time::timeout;
use visitor::program::{self, Flags, Stop, whole_number};

const HELP: &str = "\
azora: a small education platform

  --listen ADDR       where to listen (default: 127.0.0.1:4000)
  --data DIR          where the database is (default: a temporary folder, removed at the end)
  --workers N         how many threads serve HTTP (default: 2)
  --demo              visit yourself, as a mix of learners would
  --demo-seconds N    stop the demo after N seconds (default: never)
  --help              show this

The payment provider shows the key in AZORA_PROVIDER_KEY (default: a random one).
";

/// How long the last look at the database may take.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// Reads the flags; nothing where only help was asked for.
fn flags(parser: Parser) -> Result<Option<(Flags, Config)>, lexopt::Error> {
    let mut config = Config::default();
    let flags = Flags::read(parser, 4000, |name, parser| {
        match name {
            "data" => config.data_dir = Some(PathBuf::from(parser.value()?)),
            "workers" => config.workers = whole_number(parser, 1..=64)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let Some(flags) = flags else {
        return Ok(None);
    };
    if flags.demo {
        config.hashing = Hashing::CHEAP;
    }
    match std::env::var("AZORA_PROVIDER_KEY") {
        Ok(key) if key.is_empty() => return Err("AZORA_PROVIDER_KEY is empty".into()),
        Ok(key) => config.provider_key = Some(Secret(key)),
        Err(std::env::VarError::NotPresent) => {}
        Err(std::env::VarError::NotUnicode(_)) => {
            return Err("AZORA_PROVIDER_KEY is no text".into());
        }
    }
    Ok(Some((flags, config)))
}

/// Runs the service as its flags say, until it is done or asked to stop.
pub fn main(parser: Parser) -> ExitCode {
    let flags = flags(parser);
    program::run("azora", HELP, flags, run)
}

async fn run((flags, config): (Flags, Config)) -> Result<(), Box<dyn std::error::Error>> {
    let mut stop = Stop::listen()?;
    let server = Server::start(config, flags.listen).await?;
    let addr = server.addr();
    let mut out = std::io::stdout();
    writeln!(out, "azora: http://{addr}/ and http://{addr}/metrics")?;
    let folder = server.service().storage().folder().display();
    writeln!(out, "data: {folder}; stop with Ctrl-C")?;
    let visits = demo::run(addr, server.service(), &mut out);
    let result = tokio::select! {
        result = flags.work(visits) => result,
        () = stop.asked() => Ok(()),
    };
    if flags.demo && result.is_ok() {
        // Whoever read the output may be gone; that is no reason to end otherwise.
        let summary = demo::sum_up(server.service(), &mut out);
        if timeout(LAST_LOOK, summary).await.is_err() {
            eprintln!("azora: the database does not say what the demo came to");
        }
    }
    if !server.shutdown().await {
        eprintln!("azora: some work did not end in time; it is settled at the next start");
    }
    Ok(result?)
}
