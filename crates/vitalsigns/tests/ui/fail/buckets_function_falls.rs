use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = vitalsigns::exponential_buckets::<4>(1.0, 0.5))]
    wait_seconds: Histogram,
}

fn main() {}
