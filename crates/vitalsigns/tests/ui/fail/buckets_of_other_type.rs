use vitalsigns::{Histogram, MetricGroup};

const BOUNDS: [u64; 2] = [1, 2];

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = BOUNDS)]
    wait_seconds: Histogram,
}

fn main() {}
