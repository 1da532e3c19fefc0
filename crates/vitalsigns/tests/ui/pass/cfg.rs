//! Parts that are there or not.

#![deny(warnings)]

use vitalsigns::{Counter, Family, Format, LabelSet, LabelValue, MetricGroup, Registry};

#[derive(LabelValue)]
enum Plan {
    Free,
    #[cfg(any())]
    Tiny,
    #[cfg(not(any()))]
    Team,
}

#[derive(LabelSet)]
struct Order {
    plan: Plan,
    #[cfg(any())]
    tiny: NotThere,
    #[cfg(not(any()))]
    #[cfg_attr(not(any()), label(cap = 2))]
    campaign: &'static str,
}

#[derive(MetricGroup)]
#[cfg_attr(not(any()), metrics(prefix = "shop"))]
struct Shop {
    /// Orders.
    #[cfg(not(any()))]
    orders_total: Family<Order, Counter>,
    #[cfg(any())]
    orders_total: NotThere,
    #[cfg(any())]
    returns: Counter,
    #[cfg_attr(not(any()), doc = "Refunds.")]
    refunds_total: Counter,
}

fn main() {
    assert_eq!(Plan::VALUES, ["free", "team"]);
    let registry = Registry::new();
    let shop = Shop::register(&registry).unwrap();
    shop.orders_total.with(&Order { plan: Plan::Team, campaign: "spring" }).inc();
    shop.orders_total.with(&Order { plan: Plan::Free, campaign: "spring" }).inc();
    shop.refunds_total.inc();
    assert!(registry.render(Format::Text).contains("shop_refunds_total 1\n"));
}
