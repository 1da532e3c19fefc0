use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    tränen: Gauge,
}

fn main() {}
