use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(unit)]
    orders_total: Counter,
}

fn main() {}
