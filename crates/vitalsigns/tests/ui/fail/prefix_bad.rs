use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(prefix = "Shop-Floor")]
struct Shop {
    /// Help.
    orders_total: Counter,
    /// Help.
    returns_total: Counter,
}

fn main() {}
