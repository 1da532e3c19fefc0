use vitalsigns::MetricGroup;

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: u64,
}

fn main() {}
