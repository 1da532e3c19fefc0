//! The command `vitalsigns`; `vitalsigns --help` says what it does.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
