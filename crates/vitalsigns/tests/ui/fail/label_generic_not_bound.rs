use vitalsigns::{Counter, Family, LabelSet, MetricGroup};

#[derive(LabelSet)]
struct Order<T, C> {
    plan: T,
    #[label(cap = 5)]
    campaign: C,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Family<Order<u64, u64>, Counter>,
}

fn main() {}
