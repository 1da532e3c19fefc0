use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Orders.
    #[metric(max_series = 0)]
    orders_total: Counter,
}

fn main() {}
