use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = [-1, 1, 1.0])]
    wait_seconds: Histogram,
}

fn main() {}
