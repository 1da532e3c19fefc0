#![deny(dead_code)]

use vitalsigns::{Counter, Family, LabelSet, LabelValue, MetricGroup, Registry};

#[derive(LabelValue)]
enum Plan {
    Free,
    Team,
}

#[derive(LabelSet)]
struct Order {
    plan: Plan,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Family<Order, Counter>,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.orders_total.with(&Order { plan: Plan::Free }).inc();
}
