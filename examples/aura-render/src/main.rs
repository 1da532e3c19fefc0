//! The aura-render program.

use std::process::ExitCode;

fn main() -> ExitCode {
    aura_render::program::main(lexopt::Parser::from_env())
}
