use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(cells = "own")]
    orders_total: Counter,
}

fn main() {}
