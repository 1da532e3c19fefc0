use vitalsigns::{Counter, Histogram, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    latency_milliseconds: Histogram,
    /// Help.
    latency_ms: Histogram,
    /// Help.
    waiting_minutes_total: Counter,
}

fn main() {}
