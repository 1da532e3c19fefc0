//! The auren program.

use std::process::ExitCode;

fn main() -> ExitCode {
    auren::program::main(lexopt::Parser::from_env())
}
