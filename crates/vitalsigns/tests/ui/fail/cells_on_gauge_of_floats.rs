use vitalsigns::{Gauge, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(cells = "thread")]
    room_celsius: Gauge<f64>,
}

fn main() {}
