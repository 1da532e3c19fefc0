use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    queue__depth: Gauge,
}

fn main() {}
