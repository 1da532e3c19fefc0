use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric]
    orders_total: Counter,
}

fn main() {}
