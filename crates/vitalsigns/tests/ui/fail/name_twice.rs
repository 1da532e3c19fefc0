use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(name = "a", name = "b")]
    depth: Gauge,
}

fn main() {}
