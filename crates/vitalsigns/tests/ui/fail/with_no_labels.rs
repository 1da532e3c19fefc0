use vitalsigns::{Counter, Family, LabelSet, MetricGroup, Registry};

#[derive(LabelSet)]
struct Order {
    paid: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Family<Order, Counter>,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.orders_total.with(&true).inc();
}
