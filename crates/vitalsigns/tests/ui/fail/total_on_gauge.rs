use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    open_orders_total: Gauge,
}

fn main() {}
