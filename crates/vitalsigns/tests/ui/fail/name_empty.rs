use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(name = "")]
    depth: Gauge,
}

fn main() {}
