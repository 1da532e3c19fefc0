use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop(Counter);

fn main() {}
