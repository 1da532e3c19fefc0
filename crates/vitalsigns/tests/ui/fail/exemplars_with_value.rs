use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(exemplars = true)]
    orders_total: Counter,
}

fn main() {}
