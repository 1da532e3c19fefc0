use vitalsigns::{Counter, Family, Gauge, LabelSet, LabelValue, MetricGroup, Registry};

#[derive(LabelSet)]
struct Order<T> {
    plan: T,
}

#[derive(MetricGroup)]
#[metrics(prefix = "Shop")]
struct Shop<T: LabelValue> {
    /// Help.
    orders: Family<Order<T>, Counter>,
    /// Help.
    size_kb: Gauge,
}

fn main() {
    Shop::<bool>::register(&Registry::new()).unwrap();
}
