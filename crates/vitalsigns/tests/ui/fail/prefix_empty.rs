use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(prefix = "")]
struct Shop {
    /// Help.
    orders_total: Counter,
}

fn main() {}
