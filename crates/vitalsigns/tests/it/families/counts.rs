//! How often histograms observed; what they observed is time, which no test can foresee.

use vitalsigns::{Registry, testing};

/// The `_count` of each series of a histogram that is not 0, without the name of the family.
pub(super) fn counts(registry: &Registry, name: &str) -> Vec<String> {
    let count = format!("{name}_count");
    testing::samples(registry, name)
        .lines()
        .filter_map(|line| line.strip_prefix(&count))
        .filter(|line| !line.ends_with(" 0"))
        .map(str::to_owned)
        .collect()
}
