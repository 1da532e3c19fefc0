use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(histogram = "native", buckets = [0.1, 1])]
    order_seconds: Histogram,
}

fn main() {}
