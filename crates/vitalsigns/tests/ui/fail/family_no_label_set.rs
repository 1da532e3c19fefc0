use vitalsigns::{Counter, Family, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Family<String, Counter>,
}

fn main() {}
