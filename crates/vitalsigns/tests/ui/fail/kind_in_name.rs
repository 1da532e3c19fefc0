use vitalsigns::{Counter, Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_counter_total: Counter,
    /// Help.
    gauge_of_orders: Gauge,
}

fn main() {}
