use vitalsigns::{Family, Gauge, LabelSet, MetricGroup};

#[derive(LabelSet)]
struct Plan {
    paid: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(buckets = [1, 2])]
    open_orders: Family<Plan, Gauge>,
}

fn main() {}
