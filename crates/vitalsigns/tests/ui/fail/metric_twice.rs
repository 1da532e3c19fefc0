use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Counter,
    /// Help.
    #[metric(name = "orders_total")]
    sales_total: Counter,
}

fn main() {}
