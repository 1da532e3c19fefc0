//! An example as a program: its flags, its end, and what it says when it fails.

use std::{error::Error, io, net::SocketAddr, ops::RangeBounds, process::ExitCode, time::Duration};

use lexopt::{Arg, Parser, ValueExt};
use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
    time::timeout,
};

/// The flags that every example has.
#[derive(Clone, Debug)]
pub struct Flags {
    /// `--listen`: where to listen.
    pub listen: SocketAddr,
    /// `--demo`: whether it visits itself.
    pub demo: bool,
    /// `--demo-seconds`: when the demo ends; never, where it is not said.
    pub demo_seconds: Option<Duration>,
}

impl Flags {
    /// Reads the command line; nothing where only help was asked for.
    ///
    /// `own` takes the value of a flag that only this program has, and says whether it has it.
    ///
    /// # Errors
    ///
    /// Where a flag is unknown, lacks its value, or has one that cannot be.
    pub fn read(
        mut parser: Parser,
        port: u16,
        mut own: impl FnMut(&str, &mut Parser) -> Result<bool, lexopt::Error>,
    ) -> Result<Option<Self>, lexopt::Error> {
        let mut flags = Self {
            listen: SocketAddr::from(([127, 0, 0, 1], port)),
            demo: false,
            demo_seconds: None,
        };
        while let Some(arg) = parser.next()? {
            let name = match arg {
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                Arg::Long(name) => name.to_owned(),
                other => return Err(other.unexpected()),
            };
            match name.as_str() {
                "listen" => flags.listen = parser.value()?.parse()?,
                "demo" => flags.demo = true,
                "demo-seconds" => {
                    let seconds: u64 = parser.value()?.parse()?;
                    flags.demo_seconds = Some(Duration::from_secs(seconds));
                }
                name if own(name, &mut parser)? => {}
                name => return Err(Arg::Long(name).unexpected()),
            }
        }
        if flags.demo_seconds.is_some() && !flags.demo {
            return Err("--demo-seconds goes with --demo".into());
        }
        Ok(Some(flags))
    }

    /// Waits for the end of the visits where this is a demo, no longer than it may take; otherwise
    /// for ever.
    pub async fn work(&self, visits: impl Future<Output = io::Result<()>>) -> io::Result<()> {
        match (self.demo, self.demo_seconds) {
            (false, _) => std::future::pending().await,
            (true, None) => visits.await,
            (true, Some(limit)) => timeout(limit, visits).await.unwrap_or(Ok(())),
        }
    }
}

/// Takes the value of a flag that is a whole number in a range.
///
/// # Errors
///
/// Where it is not.
pub fn whole_number(
    parser: &mut Parser,
    range: impl RangeBounds<usize> + std::fmt::Debug,
) -> Result<usize, lexopt::Error> {
    parser.value()?.parse_with(|text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("it must be a whole number in {range:?}")),
    })
}

/// Runs a program on a runtime of its own, with the flags that were read: shows the help, or says
/// what went wrong.
pub fn run<F, R>(
    name: &str,
    help: &str,
    flags: Result<Option<F>, lexopt::Error>,
    run: impl FnOnce(F) -> R,
) -> ExitCode
where
    R: Future<Output = Result<(), Box<dyn Error>>>,
{
    match flags {
        Ok(None) => print!("{help}"),
        Ok(Some(flags)) => {
            if let Err(error) = block_on(run(flags)) {
                eprintln!("{name}: {error}");
                return ExitCode::FAILURE;
            }
        }
        Err(error) => {
            eprintln!("{name}: {error}; see --help");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn block_on(run: impl Future<Output = Result<(), Box<dyn Error>>>) -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let result = runtime.block_on(run);
    // A thread that waits for a disk keeps nobody here.
    runtime.shutdown_background();
    result
}

/// The signals that ask a program to stop: SIGINT and SIGTERM.
#[derive(Debug)]
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// From now on the signals do not end the process.
    ///
    /// # Errors
    ///
    /// Where the system does not tell of signals.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits until one of them comes.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Option<(Flags, usize)>, lexopt::Error> {
        let mut workers = 0;
        let parser = Parser::from_args(args);
        let flags = Flags::read(parser, 4000, |name, parser| match name {
            "workers" => {
                workers = whole_number(parser, 1..=64)?;
                Ok(true)
            }
            _ => Ok(false),
        })?;
        Ok(flags.map(|flags| (flags, workers)))
    }

    #[test]
    fn flags_are_those_of_all_examples_and_its_own() {
        let (flags, workers) = read(&["--workers", "2", "--demo"]).unwrap().unwrap();
        assert_eq!(
            (flags.listen.to_string().as_str(), workers),
            ("127.0.0.1:4000", 2)
        );
        assert!(flags.demo && flags.demo_seconds.is_none());
        let (flags, _) = read(&["--listen=[::1]:0", "--demo-seconds", "3", "--demo"])
            .unwrap()
            .unwrap();
        assert_eq!(flags.listen.to_string(), "[::1]:0");
        assert_eq!(flags.demo_seconds, Some(Duration::from_secs(3)));
        for help in ["--help", "-h"] {
            assert!(read(&["--demo", help]).unwrap().is_none());
        }
    }

    #[test]
    fn wrong_flags_are_refused() {
        for (args, complaint) in [
            (["--nonsense"].as_slice(), "invalid option '--nonsense'"),
            (&["more"], "unexpected argument \"more\""),
            (&["--listen"], "missing argument for option '--listen'"),
            (&["--demo-seconds", "3"], "--demo-seconds goes with --demo"),
            (
                &["--workers", "65"],
                "cannot parse argument \"65\": it must be a whole number in 1..=64",
            ),
        ] {
            assert_eq!(read(args).unwrap_err().to_string(), complaint);
        }
    }
}
