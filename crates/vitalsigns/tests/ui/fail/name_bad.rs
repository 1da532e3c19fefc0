use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(name = "Queue-Depth")]
    depth: Gauge,
}

fn main() {}
