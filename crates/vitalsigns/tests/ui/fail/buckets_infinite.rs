use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = [1, 10, f64::INFINITY])]
    wait_seconds: Histogram,
}

fn main() {}
