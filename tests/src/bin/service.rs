//! One of the examples as a process of its own: `service azora --listen 127.0.0.1:0 --demo`.

use std::process::ExitCode;

use lexopt::Parser;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let name = args.next().unwrap_or_default();
    let parser = Parser::from_args(args);
    match name.to_string_lossy().as_ref() {
        "aura-render" => aura_render::program::main(parser),
        "auren" => auren::program::main(parser),
        "azora" => azora::program::main(parser),
        other => {
            eprintln!("service: there is no example `{other}`");
            ExitCode::FAILURE
        }
    }
}
