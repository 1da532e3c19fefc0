use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = 5)]
    wait_seconds: Histogram,
}

fn main() {}
