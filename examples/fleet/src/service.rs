//! The services of the fleet.

use std::{ffi::OsString, io::Read, process::ExitCode, thread};

use lexopt::Parser;
use rustix::process::{Signal, getpid, kill_process};

/// The first argument of the program when it is to be one of the services.
pub(crate) const AS: &str = "--as";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    AuraRender,
    Azora,
    Auren,
}

/// How long the longest name is.
pub(crate) const LONGEST_NAME: usize = 11;

impl Service {
    pub(crate) const ALL: [Self; 3] = [Self::AuraRender, Self::Azora, Self::Auren];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AuraRender => "aura-render",
            Self::Azora => "azora",
            Self::Auren => "auren",
        }
    }

    /// Where it listens if nothing else is said.
    fn port(self) -> u16 {
        match self {
            Self::AuraRender => 8000,
            Self::Azora => 4000,
            Self::Auren => 8888,
        }
    }

    /// The flags with which it visits itself.
    pub(crate) fn flags(self, any_port: bool) -> Vec<String> {
        let port = if any_port { 0 } else { self.port() };
        let listen = format!("127.0.0.1:{port}");
        ["--listen", &listen, "--demo"].map(str::to_owned).into()
    }

    /// Whether it can be told where its stores are.
    pub(crate) fn has_stores(self) -> bool {
        self == Self::Auren
    }

    fn run(self, parser: Parser) -> ExitCode {
        match self {
            Self::AuraRender => aura_render::program::main(parser),
            Self::Azora => azora::program::main(parser),
            Self::Auren => auren::program::main(parser),
        }
    }
}

/// Runs the service whose name comes first, with the other arguments as its flags.
pub(crate) fn become_one(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let name = args.next().unwrap_or_default();
    let known = Service::ALL
        .into_iter()
        .find(|service| *service.name() == *name);
    let Some(service) = known else {
        let names = Service::ALL.map(Service::name).join(", ");
        eprintln!("fleet: {AS} wants one of {names}");
        return ExitCode::FAILURE;
    };
    // The fleet holds the other end: when it is gone, however that came, so is the service.
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = kill_process(getpid(), Signal::TERM);
    });
    service.run(Parser::from_args(args))
}
