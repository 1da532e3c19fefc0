//! Parts that are there or not.

#![deny(warnings)]

use vitalsigns::{Counter, Family, Format, LabelSet, LabelValue, MetricGroup, Registry};

#[derive(LabelValue)]
enum Plan {
    Free,
    #[cfg(target_pointer_width = "8")]
    Tiny,
    #[cfg(not(target_pointer_width = "8"))]
    Team,
}

#[derive(LabelSet)]
struct Order {
    plan: Plan,
    #[cfg(target_pointer_width = "8")]
    tiny: NotThere,
    #[cfg(not(target_pointer_width = "8"))]
    #[cfg_attr(not(target_pointer_width = "8"), label(cap = 2))]
    campaign: &'static str,
}

#[derive(MetricGroup)]
#[cfg_attr(not(target_pointer_width = "8"), metrics(prefix = "shop"))]
struct Shop {
    /// Orders.
    #[cfg(not(target_pointer_width = "8"))]
    orders_total: Family<Order, Counter>,
    #[cfg(target_pointer_width = "8")]
    orders_total: NotThere,
    #[cfg(target_pointer_width = "8")]
    returns: Counter,
    #[cfg_attr(not(target_pointer_width = "8"), doc = "Refunds.")]
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
