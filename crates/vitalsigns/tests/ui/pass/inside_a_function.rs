//! Everything declared where it is used, and two groups that share a name.

#![deny(warnings)]

use vitalsigns::Registry;

fn orders(registry: &Registry) -> u64 {
    use vitalsigns::{Counter, Family, LabelSet, LabelValue, MetricGroup};

    #[derive(LabelValue, Clone, Copy)]
    enum Plan {
        Free,
        Team,
    }

    #[derive(LabelSet, Clone, Copy)]
    struct Order {
        plan: Plan,
    }

    #[derive(MetricGroup)]
    #[metrics(prefix = "orders")]
    struct Shop {
        /// Orders.
        placed_total: Family<Order, Counter>,
    }

    let shop = Shop::register(registry).unwrap();
    shop.placed_total.with(&Order { plan: Plan::Free }).inc();
    shop.placed_total.with(&Order { plan: Plan::Team }).inc();
    shop.placed_total.with(&Order { plan: Plan::Team }).get()
}

fn returns(registry: &Registry) -> u64 {
    #[derive(vitalsigns::MetricGroup)]
    #[metrics(prefix = "returns")]
    struct Shop {
        /// Returns.
        total: vitalsigns::Counter,
    }

    let shop = <Shop as vitalsigns::MetricGroup>::register(registry).unwrap();
    shop.total.inc();
    shop.total.get()
}

fn main() {
    let registry = Registry::new();
    assert_eq!(orders(&registry), 1);
    assert_eq!(returns(&registry), 1);
}
