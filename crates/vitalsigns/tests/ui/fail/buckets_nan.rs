use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = [1, f64::NAN, 10])]
    wait_seconds: Histogram,
}

fn main() {}
