//! The fuzzer, in `--cfg fuzzing` builds; `cargo xtask fuzz` makes and runs it.
//!
//! All targets are in one program, so there is one to build; `FUZZ_TARGET` chooses.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod fuzzing {
    use std::sync::OnceLock;

    static TARGET: OnceLock<fuzz::Target> = OnceLock::new();

    fn chosen() -> fuzz::Target {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let names: Vec<&str> = fuzz::TARGETS.iter().map(|target| target.name).collect();
        let known = fuzz::TARGETS.iter().find(|target| target.name == name);
        *known.unwrap_or_else(|| panic!("FUZZ_TARGET is `{name}`; there are {names:?}"))
    }

    libfuzzer_sys::fuzz_target!(|input: &[u8]| {
        (TARGET.get_or_init(chosen).run)(input);
    });
}

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("This build cannot fuzz; `cargo xtask fuzz` makes one that can.");
    std::process::exit(2);
}
