use vitalsigns::{MetricGroup, StateSet};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    offer: StateSet<String>,
}

fn main() {}
