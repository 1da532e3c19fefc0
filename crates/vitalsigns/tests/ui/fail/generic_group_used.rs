use vitalsigns::{Counter, Family, LabelSet, LabelValue, MetricGroup, Registry};

#[derive(LabelSet)]
struct Order<T> {
    plan: T,
}

#[derive(MetricGroup)]
struct Shop<T: LabelValue> {
    /// Help.
    orders: Family<Order<T>, Counter>,
}

fn main() {
    Shop::<bool>::register(&Registry::new()).unwrap();
}
