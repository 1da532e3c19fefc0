//! The fleet program: aura-render, azora and auren together, each visiting itself.
//!
//! Each service is a process of its own, as where it is deployed: its `process_*` metrics are its
//! own, and one that dies takes no other along. All of them are this very program, started again as
//! one of the services.

mod member;
mod service;
mod table;

use std::{error::Error, io::Write, process::ExitCode, time::Duration};

use lexopt::{Arg, Parser, ValueExt};
use tokio::{sync::mpsc, time::sleep};
use visitor::program::{self, Stop};

use member::{Member, Said};
use service::Service;

const HELP: &str = "\
fleet: the three example services together, with traffic

  --redis URL         the hot tier of auren's memory (default: in the process)
  --postgres URL      the warm tier of auren's memory (default: SQLite)
  --any-port          listen on free ports, in place of 8000, 4000 and 8888
  --seconds N         stop after N seconds (default: never)
  --quiet             do not show what the services say
  --help              show this
";

/// What the program was told.
struct Told {
    any_port: bool,
    is_quiet: bool,
    seconds: Option<Duration>,
    /// Flags of auren's.
    stores: Vec<String>,
}

/// Reads the flags; nothing where only help was asked for.
fn flags(mut parser: Parser) -> Result<Option<Told>, lexopt::Error> {
    let mut told = Told {
        any_port: false,
        is_quiet: false,
        seconds: None,
        stores: Vec::new(),
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("any-port") => told.any_port = true,
            Arg::Long("quiet") => told.is_quiet = true,
            Arg::Long("seconds") => {
                let seconds: u64 = parser.value()?.parse()?;
                told.seconds = Some(Duration::from_secs(seconds));
            }
            Arg::Long(name @ ("redis" | "postgres")) => {
                let flag = format!("--{name}");
                told.stores.extend([flag, parser.value()?.string()?]);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(told))
}

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|arg| arg == service::AS) {
        return service::become_one(args);
    }
    program::run("fleet", HELP, flags(Parser::from_env()), run)
}

async fn run(told: Told) -> Result<(), Box<dyn Error>> {
    let mut stop = Stop::listen()?;
    let (say, mut said) = mpsc::channel(64);
    let mut members = Vec::new();
    for service in Service::ALL {
        let mut args = service.flags(told.any_port);
        if service.has_stores() {
            args.extend(told.stores.iter().cloned());
        }
        members.push(Member::start(service, &args, say.clone())?);
    }
    drop(say);
    let result = tokio::select! {
        result = watch(&mut members, &mut said, &told) => result,
        () = stop.asked() => Ok(()),
    };
    // What they say in the end is shown as well, and nobody waits for a pipe that is full.
    let show = async {
        while let Some(said) = said.recv().await {
            show(&said, told.is_quiet);
        }
    };
    let (ended, ()) = tokio::join!(member::stop_all(members), show);
    result?;
    ended?;
    Ok(())
}

/// Waits until all are ready, tells where they are, and shows what they say. Ends when the time is
/// over, or with an error if one of them ends.
async fn watch(
    members: &mut [Member],
    said: &mut mpsc::Receiver<Said>,
    told: &Told,
) -> Result<(), Box<dyn Error>> {
    // What they say before the table stands would push it apart.
    let mut early = Vec::new();
    let ready = {
        let ready = member::all_ready(members);
        tokio::pin!(ready);
        loop {
            tokio::select! {
                result = &mut ready => break result,
                Some(said) = said.recv() => early.push(said),
            }
        }
    };
    if ready.is_ok() {
        let mut out = std::io::stdout();
        writeln!(out, "{}", table::of(members))?;
        writeln!(out, "Stop with Ctrl-C.\n")?;
    }
    early.iter().for_each(|said| show(said, told.is_quiet));
    ready?;
    let over = async {
        match told.seconds {
            Some(seconds) => sleep(seconds).await,
            None => std::future::pending().await,
        }
    };
    let ended = member::first_to_end(members);
    tokio::pin!(over, ended);
    loop {
        tokio::select! {
            () = &mut over => return Ok(()),
            error = &mut ended => return Err(error.into()),
            Some(said) = said.recv() => show(&said, told.is_quiet),
        }
    }
}

fn show(said: &Said, is_quiet: bool) {
    let Said { by, line, is_error } = said;
    let name = format!("{:width$}", by.name(), width = service::LONGEST_NAME);
    // Whoever read the output may be gone; that is no reason to end otherwise.
    let _ = match (is_error, is_quiet) {
        (true, _) => writeln!(std::io::stderr(), "{name} | {line}"),
        (false, false) => writeln!(std::io::stdout(), "{name} | {line}"),
        (false, true) => Ok(()),
    };
}
