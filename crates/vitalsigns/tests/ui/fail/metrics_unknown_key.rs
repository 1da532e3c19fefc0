use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(prefixed = "shop")]
struct Shop {
    /// Help.
    orders_total: Counter,
}

fn main() {}
