use vitalsigns::{Counter, Gauge, MetricGroup};

#[derive(MetricGroup)]
#[metrics(prefix = "orders")]
struct Shop {
    /// Help.
    total: Counter,
    /// Help.
    bucket: Gauge,
}

fn main() {}
