use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(crate = "vitalsigns")]
struct Shop {
    /// Orders.
    orders_total: Counter,
}

fn main() {}
