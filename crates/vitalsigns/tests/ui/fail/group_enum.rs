use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
enum Shop {
    Open(Counter),
    Closed,
}

fn main() {}
