use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(histogram = "native")]
    orders_total: Counter,
}

fn main() {}
