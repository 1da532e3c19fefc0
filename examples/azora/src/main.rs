//! The azora program.

use std::process::ExitCode;

fn main() -> ExitCode {
    azora::program::main(lexopt::Parser::from_env())
}
