use vitalsigns::{Histogram, MetricGroup};

fn bound() -> f64 {
    2.0
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = [1, bound()])]
    wait_seconds: Histogram,
}

fn main() {}
