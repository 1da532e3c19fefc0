use vitalsigns::{Counter, Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_count: Gauge,
    /// Help.
    weight_sum: Gauge,
    /// Help.
    leaky_bucket: Gauge,
    /// Help.
    orders_created: Gauge,
    /// Help.
    orders_total_total: Counter,
}

fn main() {}
