use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Option<Counter>,
}

fn main() {}
