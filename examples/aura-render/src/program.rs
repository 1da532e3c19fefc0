//! The service as a program: reads its flags, runs the service, and stops on a signal.

use std::{io::Write, path::PathBuf, process::ExitCode};

use crate::{Config, Server, demo};
use lexopt::{Parser, ValueExt};
use tokio::task::spawn_blocking;
use visitor::program::{self, Flags, Stop, whole_number};
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

/// What the program was told.
struct Told {
    flags: Flags,
    metrics_listen: Option<String>,
    config: Config,
}

/// Reads the flags; nothing where only help was asked for.
fn flags(parser: Parser) -> Result<Option<Told>, lexopt::Error> {
    let mut config = Config::default();
    let mut metrics_listen = None;
    let flags = Flags::read(parser, 8000, |name, parser| {
        match name {
            "metrics-listen" => metrics_listen = Some(parser.value()?.parse()?),
            "workers" => config.workers = whole_number(parser, 1..)?,
            "queue" => config.queue = whole_number(parser, 1..)?,
            "renderer" => config.renderer = parser.value()?.parse()?,
            "data-dir" => config.data_dir = Some(PathBuf::from(parser.value()?)),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(flags.map(|flags| {
        config.debug_routes = flags.demo;
        Told {
            flags,
            metrics_listen,
            config,
        }
    }))
}

/// Runs the service as its flags say, until it is done or asked to stop.
pub fn main(parser: Parser) -> ExitCode {
    let told = flags(parser);
    program::run("aura-render", HELP, told, run)
}

async fn run(told: Told) -> Result<(), Box<dyn std::error::Error>> {
    let mut stop = Stop::listen()?;
    let queue = told.config.queue;
    let server = Server::start(told.config, told.flags.listen).await?;
    let addr = server.addr();
    let renderer = server.service().renderer().clone();
    let mut out = std::io::stdout();
    writeln!(out, "aura-render: http://{addr}/ and http://{addr}/metrics")?;
    writeln!(out, "renderer: {}; stop with Ctrl-C", renderer.describe())?;
    let metrics = match told.metrics_listen {
        None => None,
        Some(address) => {
            let endpoint = Endpoint::new(server.service().registry());
            // It asks itself for its page, which waits.
            let listener = spawn_blocking(|| Listener::bind(endpoint, address)).await??;
            writeln!(out, "metrics alone: http://{}/metrics", listener.address())?;
            Some(listener)
        }
    };
    let jobs = server.service().jobs().clone();
    let visits = demo::run(addr, queue, &jobs, renderer.name(), &mut out);
    let result = tokio::select! {
        result = told.flags.work(visits) => result,
        () = stop.asked() => Ok(()),
    };
    server.shutdown().await;
    spawn_blocking(|| drop(metrics)).await?;
    Ok(result?)
}
