use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metric(prefix = "shop")]
struct Shop {
    /// Help.
    orders_total: Counter,
}

fn main() {}
