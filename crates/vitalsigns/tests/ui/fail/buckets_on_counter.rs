use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = [1, 2])]
    orders_total: Counter,
}

fn main() {}
