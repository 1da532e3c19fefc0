//! Every metric whose cells can be chosen.

#![deny(warnings)]

use vitalsigns::{Counter, Family, Gauge, Histogram, LabelSet, MetricGroup, Registry};

#[derive(LabelSet)]
struct Paid {
    paid: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Orders.
    #[metric(cells = "shared")]
    orders_total: Counter,
    /// Time.
    #[metric(cells = "thread", max_series = 3)]
    spent_seconds_total: Family<Paid, Counter<f64>>,
    /// Time.
    #[metric(cells = "shared")]
    #[metric(histogram = "native")]
    order_seconds: Family<Paid, Histogram>,
    /// Open.
    #[metric(cells = "thread")]
    open_carts: Gauge,
    /// Full.
    #[metric(cells = "shared")]
    full_carts: Family<Paid, Gauge>,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.orders_total.inc();
    shop.spent_seconds_total.with(&Paid { paid: true }).add(0.5);
    shop.order_seconds.with(&Paid { paid: true }).observe(0.5);
    drop(shop.open_carts.hold(1));
    shop.full_carts.with(&Paid { paid: false }).set(-1);
    assert_eq!(shop.orders_total.get(), 1);
    assert_eq!(shop.open_carts.get(), 0);
}
