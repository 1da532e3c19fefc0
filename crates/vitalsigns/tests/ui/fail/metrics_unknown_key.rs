use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(namespace = "shop")]
struct Shop {
    /// Help.
    orders_total: Counter,
}

fn main() {}
