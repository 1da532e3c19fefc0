use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Counter<i64>,
}

fn main() {}
