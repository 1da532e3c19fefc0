use vitalsigns::{Family, Gauge, LabelSet, LabelValue, MetricGroup, StateSet};

#[derive(LabelValue)]
enum Plan {
    Free,
    Team(u32),
}

#[derive(LabelSet)]
struct Order {
    plan: Plan,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    open_orders: Family<Order, Gauge>,
    /// Help.
    offer: StateSet<Plan>,
}

fn main() {}
