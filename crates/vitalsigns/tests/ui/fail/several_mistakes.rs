use vitalsigns::{Counter, Gauge, Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders: Counter,
    /// Help.
    latency_ms: Histogram,
    /// Help.
    #[metric(unit = "bytes")]
    page_size: Gauge,
}

fn main() {}
