use vitalsigns::MetricGroup;

#[derive(MetricGroup)]
struct Shop;

fn main() {}
