use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(histogram = "both")]
    order_lines: Histogram,
}

fn main() {}
