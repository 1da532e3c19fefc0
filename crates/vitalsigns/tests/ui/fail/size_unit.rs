use vitalsigns::{Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    page_kilobytes: Histogram,
}

fn main() {}
