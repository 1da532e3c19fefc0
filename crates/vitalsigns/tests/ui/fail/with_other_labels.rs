use vitalsigns::{Counter, Family, LabelSet, MetricGroup, Registry};

#[derive(LabelSet)]
struct Order {
    paid: bool,
}

#[derive(LabelSet)]
struct Return {
    paid: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Family<Order, Counter>,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.orders_total.with(&Return { paid: true }).inc();
}
