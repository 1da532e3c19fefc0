use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(name = 5)]
    depth: Gauge,
}

fn main() {}
