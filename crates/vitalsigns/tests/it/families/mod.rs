//! The domain families: a plausible hour of each, every way out of a guard, and bad input.

mod build;
mod gateway;

use vitalsigns::{Registry, testing};

/// The samples of a family that are not 0, without its name.
fn nonzero(registry: &Registry, name: &str) -> Vec<String> {
    testing::samples(registry, name)
        .lines()
        .filter(|line| !line.ends_with(" 0"))
        .map(|line| line[name.len()..].to_owned())
        .collect()
}
