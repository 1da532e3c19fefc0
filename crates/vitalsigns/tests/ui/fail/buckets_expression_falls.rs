use vitalsigns::{Histogram, MetricGroup};

const LONG: f64 = 10.0;

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = [0.1, LONG, LONG / 2.0])]
    wait_seconds: Histogram,
}

fn main() {}
