use vitalsigns::{Family, LabelSet, MetricGroup};

#[derive(LabelSet)]
struct Plan {
    paid: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Family<Plan, u64>,
}

fn main() {}
