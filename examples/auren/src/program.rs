//! The service as a program: reads its flags, runs the service, and stops on a signal.

use std::{env::VarError, io::Write, path::PathBuf, process::ExitCode, time::Duration};

use crate::{
    Config, Server,
    config::{Secret, Secrets},
    demo,
    memory::{Policy, TIERS},
    webhooks::Vendor,
};
use lexopt::{Parser, ValueExt};
use visitor::program::{self, Flags, Stop, whole_number};
use vitalsigns::LabelValue;

const HELP: &str = "\
auren: an AI agent with a tiered memory

  --listen ADDR       where to listen (default: 127.0.0.1:8888)
  --data DIR          where the journal and the embedded tiers are (default: a temporary folder,
                      removed at the end)
  --redis URL         the hot tier, as redis://127.0.0.1:6379/0 (default: in the process)
  --postgres URL      the warm tier, as postgres://user@127.0.0.1/name (default: SQLite)
  --queue N           how many events may wait (default: 1000)
  --workers N         how many events are worked on at the same time (default: 2)
  --demo              visit yourself, as a mix of devices and people would; the memory is small and
                      forgets fast, so that all of it can be watched
  --demo-seconds N    stop the demo after N seconds (default: never)
  --help              show this

REDIS_URL and DATABASE_URL are taken where the flags are not there. Devices sign with the secrets in
AUREN_RING_SECRET, AUREN_STRAP_SECRET and AUREN_WATCH_SECRET (default: random ones).
";

/// A variable of the environment that must be text, and something.
fn variable(name: &str) -> Result<Option<Secret>, lexopt::Error> {
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Err(format!("{name} is empty").into()),
        Ok(text) => Ok(Some(Secret(text))),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(format!("{name} is no text").into()),
    }
}

/// Reads the flags; nothing where only help was asked for.
fn flags(parser: Parser) -> Result<Option<(Flags, Config)>, lexopt::Error> {
    let mut config = Config::default();
    let flags = Flags::read(parser, 8888, |name, parser| {
        match name {
            "data" => config.data_dir = Some(PathBuf::from(parser.value()?)),
            "redis" => config.redis = Some(Secret(parser.value()?.string()?)),
            "postgres" => config.postgres = Some(Secret(parser.value()?.string()?)),
            "queue" => config.queue = whole_number(parser, 1..)?,
            "workers" => config.workers = whole_number(parser, 1..=64)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let Some(flags) = flags else {
        return Ok(None);
    };
    if flags.demo {
        config.policy = Policy::brisk();
        config.minute = Duration::from_secs(1);
        config.curate_every = Duration::from_millis(250);
    }
    if config.redis.is_none() {
        config.redis = variable("REDIS_URL")?;
    }
    if config.postgres.is_none() {
        config.postgres = variable("DATABASE_URL")?;
    }
    let mut secrets = Secrets::random().map_err(|error| error.to_string())?;
    for vendor in Vendor::ALL {
        let name = format!("AUREN_{}_SECRET", vendor.as_label().to_uppercase());
        if let Some(secret) = variable(&name)? {
            *secrets.of_mut(vendor) = secret;
        }
    }
    config.secrets = Some(secrets);
    Ok(Some((flags, config)))
}

/// Runs the service as its flags say, until it is done or asked to stop.
pub fn main(parser: Parser) -> ExitCode {
    let flags = flags(parser);
    program::run("auren", HELP, flags, run)
}

async fn run((flags, config): (Flags, Config)) -> Result<(), Box<dyn std::error::Error>> {
    let mut stop = Stop::listen()?;
    let server = Server::start(config, flags.listen).await?;
    let addr = server.addr();
    let mut out = std::io::stdout();
    writeln!(out, "auren: http://{addr}/ and http://{addr}/metrics")?;
    let memory = &server.service().shared().memory;
    let tiers = TIERS.map(|tier| format!("{} in {}", tier.as_label(), memory.store(tier).name()));
    writeln!(out, "memory: {}; stop with Ctrl-C", tiers.join(", "))?;
    let visits = demo::run(addr, server.service(), &mut out);
    let result = tokio::select! {
        result = flags.work(visits) => result,
        () = stop.asked() => Ok(()),
    };
    if flags.demo && result.is_ok() {
        // Whoever read the output may be gone; that is no reason to end otherwise.
        drop(demo::sum_up(server.service(), &mut out));
    }
    if !server.shutdown().await {
        eprintln!("auren: some events wait still; they are in the journal for the next start");
    }
    Ok(result?)
}
