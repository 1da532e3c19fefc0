use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(crate = vital)]
struct Shop {
    /// Orders.
    orders_total: Counter,
}

fn main() {}
