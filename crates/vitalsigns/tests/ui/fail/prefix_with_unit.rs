use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(prefix = "last_minutes")]
struct Shop {
    /// Help.
    orders_total: Counter,
}

fn main() {}
