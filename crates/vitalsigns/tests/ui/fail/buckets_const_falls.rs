use vitalsigns::{Histogram, MetricGroup};

const BOUNDS: &[f64] = &[1.0, 0.5];

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = BOUNDS)]
    wait_seconds: Histogram,
}

fn main() {}
