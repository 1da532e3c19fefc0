//! Fields and types that others can and cannot see; nothing is left to warn about.

#![deny(warnings, missing_docs, unused, unreachable_pub, missing_debug_implementations)]

/// Metrics of the shop.
pub mod shop {
    use vitalsigns::{Counter, Family, Gauge, Info, LabelSet, LabelValue, MetricGroup, StateSet};

    /// What was paid.
    #[derive(LabelValue, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Plan {
        /// Nothing.
        Free,
        /// Something.
        #[label(rename = "team plan ✓")]
        Team = 7,
    }

    /// Labels of an order.
    #[derive(LabelSet, Clone, Copy, Debug)]
    pub struct Order<'a> {
        /// The plan.
        pub plan: Plan,
        pub(crate) is_new: bool,
        #[label(cap = 3)]
        campaign: &'a str,
    }

    impl<'a> Order<'a> {
        /// An order.
        pub fn new(plan: Plan, campaign: &'a str) -> Self {
            Order { plan, is_new: true, campaign }
        }
    }

    #[derive(LabelSet, Debug)]
    pub(super) struct Build {
        pub(super) release: bool,
    }

    /// Metrics of the shop.
    #[derive(MetricGroup, Clone, Debug)]
    #[metrics(prefix = "shop")]
    pub struct Shop {
        /// Orders.
        pub orders_total: Family<Order<'static>, Counter>,
        /// Open.
        pub(crate) open: Gauge<f64>,
        /// The build.
        pub(super) build_info: Info<Build>,
        /// The offer.
        offer: StateSet<Plan>,
    }

    impl Shop {
        /// Changes the offer.
        pub fn offer(&self, plan: Plan) {
            self.offer.set(plan);
        }
    }
}

fn main() {
    use vitalsigns::{Format, LabelValue, MetricGroup, Registry};

    let registry = Registry::new();
    let shop = shop::Shop::register(&registry).unwrap().clone();
    shop.orders_total.with(&shop::Order::new(shop::Plan::Team, "spring")).inc();
    shop.open.set(0.5);
    shop.build_info.set(&shop::Build { release: false });
    shop.offer(shop::Plan::Free);
    assert_eq!(shop::Plan::from_label("team plan ✓"), Some(shop::Plan::Team));
    assert_eq!(shop::Plan::Team.index(), 1);
    let page = registry.render(Format::Text);
    let line = "shop_orders_total{plan=\"team plan ✓\",is_new=\"true\",campaign=\"spring\"} 1\n";
    assert!(page.contains(line), "{page}");
}
