use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(exemplars)]
    open_carts: Gauge,
}

fn main() {}
