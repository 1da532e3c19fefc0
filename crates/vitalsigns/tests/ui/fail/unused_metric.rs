#![deny(dead_code)]

use vitalsigns::{Counter, MetricGroup, Registry};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Counter,
    /// Help.
    returns_total: Counter,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.orders_total.inc();
}
