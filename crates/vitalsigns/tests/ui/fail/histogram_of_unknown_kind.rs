use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(histogram = "sparse")]
    order_seconds: Histogram,
}

fn main() {}
