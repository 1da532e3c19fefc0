//! The aura-render program: reads its flags, runs the service, and stops on a signal.

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use aura_render::{Config, Server, demo};
use lexopt::{Arg, Parser, ValueExt};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::spawn_blocking,
};
use vitalsigns::{Endpoint, Listener};

const HELP: &str = "\
aura-render: a small video service

  --listen ADDR       where to listen (default: 127.0.0.1:8000)
  --metrics-listen ADDR
                      serve the metrics on a port of their own as well, as 127.0.0.1:9100; it
                      answers even when the service is stuck
  --workers N         how many jobs run at the same time (default: 2)
  --queue N           how many jobs may wait (default: 16)
  --renderer NAME     auto, ffmpeg or embedded (default: auto)
  --data-dir PATH     where files go (default: a temporary folder, removed at the end)
  --demo              visit yourself, as a mix of users would
  --demo-seconds N    stop the demo after N seconds (default: never)
  --help              show this
";

struct Flags {
    listen: SocketAddr,
    metrics_listen: Option<String>,
    demo: bool,
    demo_seconds: Option<Duration>,
    config: Config,
}

/// Reads the flags; nothing where only help was asked for.
fn flags(mut parser: Parser) -> Result<Option<Flags>, lexopt::Error> {
    let mut flags = Flags {
        listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
        metrics_listen: None,
        demo: false,
        demo_seconds: None,
        config: Config::default(),
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("listen") => flags.listen = parser.value()?.parse()?,
            Arg::Long("metrics-listen") => {
                flags.metrics_listen = Some(parser.value()?.parse()?);
            }
            Arg::Long("workers") => {
                flags.config.workers = parser.value()?.parse_with(at_least_one)?
            }
            Arg::Long("queue") => flags.config.queue = parser.value()?.parse_with(at_least_one)?,
            Arg::Long("renderer") => flags.config.renderer = parser.value()?.parse()?,
            Arg::Long("data-dir") => {
                flags.config.data_dir = Some(PathBuf::from(parser.value()?));
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
    flags.config.debug_routes = flags.demo;
    Ok(Some(flags))
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err("it must be a whole number from 1".into()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = match flags(Parser::from_env()) {
        Ok(Some(flags)) => flags,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("aura-render: {error}; see --help");
            return ExitCode::FAILURE;
        }
    };
    match run(flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aura-render: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> Result<(), Box<dyn std::error::Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let queue = flags.config.queue;
    let server = Server::start(flags.config, flags.listen).await?;
    let addr = server.addr();
    let renderer = server.service().renderer().clone();
    let mut out = std::io::stdout();
    writeln!(out, "aura-render: http://{addr}/ and http://{addr}/metrics")?;
    writeln!(out, "renderer: {}; stop with Ctrl-C", renderer.describe())?;
    let metrics = match flags.metrics_listen {
        None => None,
        Some(address) => {
            let endpoint = Endpoint::new(server.service().registry());
            // It asks itself for its page, which waits.
            let listener = spawn_blocking(|| Listener::bind(endpoint, address)).await??;
            writeln!(out, "metrics alone: http://{}/metrics", listener.address())?;
            Some(listener)
        }
    };
    let work = async {
        if !flags.demo {
            return std::future::pending().await;
        }
        let jobs = server.service().jobs().clone();
        let visits = demo::run(addr, queue, &jobs, renderer.name(), &mut out);
        match flags.demo_seconds {
            Some(limit) => tokio::time::timeout(limit, visits).await.unwrap_or(Ok(())),
            None => visits.await,
        }
    };
    let result = tokio::select! {
        result = work => result,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    server.shutdown().await;
    spawn_blocking(|| drop(metrics)).await?;
    Ok(result?)
}
