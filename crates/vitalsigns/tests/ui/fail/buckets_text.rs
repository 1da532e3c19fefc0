use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = ["1", "2"])]
    wait_seconds: Histogram,
}

fn main() {}
