//! The azora program: reads its flags, runs the service, and stops on a signal.

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use azora::{
    Config, Server,
    config::{Hashing, Secret},
    demo,
};
use lexopt::{Arg, Parser, ValueExt};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};

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

struct Flags {
    listen: SocketAddr,
    demo: bool,
    demo_seconds: Option<Duration>,
    config: Config,
}

/// Reads the flags; nothing where only help was asked for.
fn flags(mut parser: Parser) -> Result<Option<Flags>, lexopt::Error> {
    let mut flags = Flags {
        listen: SocketAddr::from(([127, 0, 0, 1], 4000)),
        demo: false,
        demo_seconds: None,
        config: Config::default(),
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("listen") => flags.listen = parser.value()?.parse()?,
            Arg::Long("data") => flags.config.data_dir = Some(PathBuf::from(parser.value()?)),
            Arg::Long("workers") => {
                flags.config.workers = parser.value()?.parse_with(at_least_one)?;
            }
            Arg::Long("demo") => flags.demo = true,
            Arg::Long("demo-seconds") => {
                let seconds: u64 = parser.value()?.parse()?;
                flags.demo_seconds = Some(Duration::from_secs(seconds));
            }
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    if flags.demo_seconds.is_some() && !flags.demo {
        return Err("--demo-seconds goes with --demo".into());
    }
    if flags.demo {
        flags.config.hashing = Hashing::CHEAP;
    }
    match std::env::var("AZORA_PROVIDER_KEY") {
        Ok(key) if key.is_empty() => return Err("AZORA_PROVIDER_KEY is empty".into()),
        Ok(key) => flags.config.provider_key = Some(Secret(key)),
        Err(std::env::VarError::NotPresent) => {}
        Err(std::env::VarError::NotUnicode(_)) => {
            return Err("AZORA_PROVIDER_KEY is no text".into());
        }
    }
    Ok(Some(flags))
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=64) => Ok(number),
        _ => Err("it must be a whole number from 1 to 64".into()),
    }
}

fn main() -> ExitCode {
    let flags = match flags(Parser::from_env()) {
        Ok(Some(flags)) => flags,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("azora: {error}; see --help");
            return ExitCode::FAILURE;
        }
    };
    let result = tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| {
            let result = runtime.block_on(run(flags));
            // A thread that waits for a disk keeps nobody here.
            runtime.shutdown_background();
            result
        });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("azora: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> Result<(), Box<dyn std::error::Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let server = Server::start(flags.config, flags.listen).await?;
    let addr = server.addr();
    let mut out = std::io::stdout();
    writeln!(out, "azora: http://{addr}/ and http://{addr}/metrics")?;
    let folder = server.service().storage().folder().display();
    writeln!(out, "data: {folder}; stop with Ctrl-C")?;
    let work = async {
        if !flags.demo {
            return std::future::pending().await;
        }
        let visits = demo::run(addr, server.service(), &mut out);
        match flags.demo_seconds {
            Some(limit) => timeout(limit, visits).await.unwrap_or(Ok(())),
            None => visits.await,
        }
    };
    let result = tokio::select! {
        result = work => result,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
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
