//! The library under another name and in another place.

#![deny(warnings)]

mod deps {
    pub use vitalsigns;
}

mod one {
    use vitalsigns as metrics_lib;

    use metrics_lib::{Counter, Family, LabelSet, LabelValue, MetricGroup};

    #[derive(LabelValue)]
    #[label(crate = metrics_lib)]
    pub enum Plan {
        Free,
        Team,
    }

    #[derive(LabelSet)]
    #[label(crate = metrics_lib)]
    pub struct Order<'a> {
        pub plan: Plan,
        #[label(cap = 2)]
        pub campaign: &'a str,
    }

    #[derive(MetricGroup)]
    #[metrics(crate = metrics_lib, prefix = "one")]
    pub struct Shop {
        /// Orders.
        pub orders_total: Family<Order<'static>, Counter>,
    }
}

mod two {
    use crate::deps::vitalsigns::{Gauge, MetricGroup};

    #[derive(MetricGroup)]
    #[metrics(prefix = "two")]
    #[metrics(crate = crate::deps::vitalsigns)]
    pub struct Absolute {
        /// Open.
        pub open: Gauge,
    }

    #[derive(MetricGroup)]
    #[metrics(crate = super::deps::vitalsigns)]
    pub struct Relative {
        /// Open.
        pub open: Gauge,
    }
}

mod three {
    // There is no `vitalsigns` to be found here but this one.
    pub mod vitalsigns {}
    pub mod reexported {
        pub use ::vitalsigns::*;
    }

    #[derive(reexported::MetricGroup)]
    #[metrics(crate = reexported, prefix = "three")]
    pub struct Shop {
        /// Open.
        pub open: reexported::Gauge,
    }
}

fn main() {
    use vitalsigns::{MetricGroup, Registry};

    let registry = Registry::new();
    let one = one::Shop::register(&registry).unwrap();
    one.orders_total.with(&one::Order { plan: one::Plan::Team, campaign: "spring" }).inc();
    one.orders_total.with(&one::Order { plan: one::Plan::Free, campaign: "spring" }).inc();
    two::Absolute::register(&registry).unwrap().open.inc();
    two::Relative::register(&registry).unwrap().open.inc();
    three::Shop::register(&registry).unwrap().open.inc();
    assert_eq!(two::Absolute::register(&registry).unwrap().open.get(), 1);
}
