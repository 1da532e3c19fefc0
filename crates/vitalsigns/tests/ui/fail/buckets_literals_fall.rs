use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = [0.1, 2, 1.5, 3])]
    wait_seconds: Histogram,
}

fn main() {}
