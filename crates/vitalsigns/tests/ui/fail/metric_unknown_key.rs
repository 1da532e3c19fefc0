use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(help = "Orders.")]
    orders_total: Counter,
}

fn main() {}
