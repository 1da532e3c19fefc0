use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(unit = "orders")]
    #[metric(unit = "orders")]
    orders_total: Counter,
}

fn main() {}
