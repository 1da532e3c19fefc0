use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = [])]
    wait_seconds: Histogram,
}

fn main() {}
