use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(prefix = "shop_")]
struct Shop {
    /// Help.
    orders_total: Counter,
}

fn main() {}
