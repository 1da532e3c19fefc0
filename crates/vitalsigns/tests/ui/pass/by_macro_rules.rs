//! Groups that a macro writes.

#![deny(warnings, missing_docs)]

use vitalsigns::{Counter, Family, Format, Histogram, LabelSet, LabelValue, MetricGroup, Registry};

macro_rules! labels {
    ($plan:ident { $($variant:ident = $text:literal),+ }, $set:ident { $($label:ident: $ty:ty),+ }, $open:ident < $cap:literal) => {
        #[derive(LabelValue)]
        enum $plan {
            $(#[label(rename = $text)] $variant),+
        }

        #[derive(LabelSet)]
        struct $set<'a> {
            $($label: $ty,)+
            #[label(cap = $cap, allow = "there are few")]
            $open: &'a str,
        }
    };
}

macro_rules! group {
    ($(#[$meta:meta])* $name:ident, $prefix:literal {
        $($(#[$field_meta:meta])* $help:literal $field:ident: $ty:ty = $buckets:expr,)*
    } $($more:ident: $more_ty:ty;)*) => {
        $(#[$meta])*
        #[derive(MetricGroup)]
        #[metrics(prefix = $prefix)]
        struct $name {
            $(
                $(#[$field_meta])*
                #[doc = $help]
                #[metric(buckets = $buckets)]
                $field: $ty,
            )*
            $(
                #[doc = concat!("not ", "read")]
                #[doc = "More."]
                $more: $more_ty,
            )*
        }
    };
}

labels!(Plan { Free = "no plan", Team = "team" }, Order { plan: Plan, is_new: bool }, user_id < 3);

group! {
    /// Metrics of the shop.
    Shop, "shop" {
        "Time." waiting_seconds: Histogram = [1, 2.5, -(-3.0)],
        "Lines." lines: Family<Order<'static>, Histogram> = vitalsigns::linear_buckets::<2>(1.0, 1.0),
    }
    orders_total: Family<Order<'static>, Counter>;
    returns_total: Counter;
}

fn main() {
    let registry = Registry::new();
    let shop = Shop::register(&registry).unwrap();
    let order = Order { plan: Plan::Team, is_new: true, user_id: "1" };
    shop.waiting_seconds.observe(2.7);
    shop.lines.with(&order).observe(1.0);
    shop.orders_total.with(&order).inc();
    shop.orders_total.with(&Order { plan: Plan::Free, ..order }).inc();
    shop.returns_total.inc();
    let page = registry.render(Format::Text);
    assert!(page.contains("shop_waiting_seconds_bucket{le=\"3.0\"} 1\n"), "{page}");
    let line = "shop_orders_total{plan=\"no plan\",is_new=\"true\",user_id=\"1\"} 1\n";
    assert!(page.contains(line), "{page}");
    assert!(page.contains("# HELP shop_returns_total More.\n"), "{page}");
}
