use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(unit = "frames")]
    output_total: Counter,
}

fn main() {}
