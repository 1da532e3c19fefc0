//! A group as most are.

use vitalsigns::{Counter, MetricGroup, Registry};

#[derive(MetricGroup)]
struct Shop {
    /// Orders placed.
    orders_total: Counter,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.orders_total.inc();
    assert_eq!(shop.orders_total.get(), 1);
}
