use vitalsigns::{MetricGroup, StateSet};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(unit = "bytes")]
    lit_bytes: StateSet<bool>,
}

fn main() {}
