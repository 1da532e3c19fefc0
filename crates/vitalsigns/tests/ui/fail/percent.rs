use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    cpu_usage_percent: Gauge,
}

fn main() {}
