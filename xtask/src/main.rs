//! `cargo xtask test` runs everything that must pass, on a contributor's machine and in CI alike;
//! see `cargo xtask help`.

mod args;
mod fuzz;
mod install;
mod newer;
mod run;
mod steps;

use std::process::ExitCode;

use args::Words;

fn main() -> ExitCode {
    let words = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned());
    let outcome = match args::parse(words) {
        Ok(Words::Help) => {
            print!("{}", args::help());
            Ok(())
        }
        Ok(Words::Fuzz { seconds, target }) => fuzz::fuzz(seconds, target.as_deref()),
        Ok(Words::Install) => install::install(),
        Ok(Words::Test(selection)) => steps::test(&selection),
        Err(complaint) => {
            eprintln!("xtask: {complaint}");
            eprintln!("`cargo xtask help` lists what there is.");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}
