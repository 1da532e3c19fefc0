use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(namespace = "none")]
struct Shop {
    /// Orders.
    orders_total: Counter,
}

fn main() {}
