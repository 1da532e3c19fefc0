use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metrics(unit = "orders")]
    orders_total: Counter,
}

fn main() {}
