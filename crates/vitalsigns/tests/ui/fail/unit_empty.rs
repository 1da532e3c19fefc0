use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(unit = "")]
    output_total: Counter,
}

fn main() {}
