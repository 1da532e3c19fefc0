//! The page, byte for byte.

use vitalsigns::{
    Counter, Family, Format, Gauge, Histogram, Info, LabelSet, LabelValue, MetricGroup, Registry,
    StateSet,
};

#[derive(LabelValue, Clone, Copy)]
enum Plan {
    Free,
    Team,
}

#[derive(LabelSet)]
struct Order<'a> {
    plan: Plan,
    #[label(cap = 2)]
    campaign: &'a str,
}

#[derive(LabelSet)]
struct ByPlan {
    plan: Plan,
}

#[derive(LabelSet)]
struct Build<'a> {
    #[label(cap = 1)]
    version: &'a str,
}

#[derive(MetricGroup)]
#[metrics(prefix = "checkout")]
struct Checkout {
    /// Orders placed.
    ///
    /// This paragraph is for readers of the code.
    orders_total: Family<Order<'static>, Counter>,
    /// Time "spent" on an order,
    /// from click to page \ receipt.
    #[metric(buckets = [0.1, 1, 2.5])]
    order_duration_seconds: Histogram,
    /// Carts that are open.
    open_carts: Family<ByPlan, Gauge>,
    /// The plan that is on offer.
    offer: StateSet<Plan>,
    /// The version that is running.
    build_info: Info<Build<'static>>,
    /// Weight shipped.
    shipped_grams_total: Counter<f64>,
}

fn recorded() -> Registry {
    let registry = Registry::builder()
        .namespace("shop")
        .constant_label("region", "eu")
        .build()
        .unwrap();
    let checkout = Checkout::register(&registry).unwrap();
    for campaign in ["spring \"sale\"", "a\\b\nc", "third", "fourth"] {
        checkout
            .orders_total
            .with(&Order {
                plan: Plan::Team,
                campaign,
            })
            .inc();
    }
    for seconds in [0.1, 0.5, 3.0, f64::NAN, f64::INFINITY, -1.0] {
        checkout.order_duration_seconds.observe(seconds);
    }
    checkout
        .open_carts
        .with(&ByPlan { plan: Plan::Free })
        .set(-3);
    checkout.offer.set(Plan::Team);
    checkout.build_info.set(&Build { version: "1.2.3" });
    checkout.shipped_grams_total.add(12.5);
    checkout.shipped_grams_total.add(-1.0);
    registry
}

#[test]
fn the_text_page_is_exactly_this() {
    assert_eq!(
        recorded().render(Format::Text),
        r##"# HELP shop_checkout_build_info The version that is running.
# TYPE shop_checkout_build_info gauge
shop_checkout_build_info{region="eu",version="1.2.3"} 1
# HELP shop_checkout_offer The plan that is on offer.
# TYPE shop_checkout_offer gauge
shop_checkout_offer{region="eu",shop_checkout_offer="free"} 0
shop_checkout_offer{region="eu",shop_checkout_offer="team"} 1
# HELP shop_checkout_open_carts Carts that are open.
# TYPE shop_checkout_open_carts gauge
shop_checkout_open_carts{region="eu",plan="free"} -3
shop_checkout_open_carts{region="eu",plan="team"} 0
# HELP shop_checkout_order_duration_seconds Time "spent" on an order, from click to page \\ receipt.
# TYPE shop_checkout_order_duration_seconds histogram
shop_checkout_order_duration_seconds_bucket{region="eu",le="0.1"} 1
shop_checkout_order_duration_seconds_bucket{region="eu",le="1.0"} 2
shop_checkout_order_duration_seconds_bucket{region="eu",le="2.5"} 2
shop_checkout_order_duration_seconds_bucket{region="eu",le="+Inf"} 3
shop_checkout_order_duration_seconds_sum{region="eu"} 3.6
shop_checkout_order_duration_seconds_count{region="eu"} 3
# HELP shop_checkout_orders_total Orders placed.
# TYPE shop_checkout_orders_total counter
shop_checkout_orders_total{region="eu",plan="team",campaign="a\\b\nc"} 1
shop_checkout_orders_total{region="eu",plan="team",campaign="other"} 2
shop_checkout_orders_total{region="eu",plan="team",campaign="spring \"sale\""} 1
# HELP shop_checkout_shipped_grams_total Weight shipped.
# TYPE shop_checkout_shipped_grams_total counter
shop_checkout_shipped_grams_total{region="eu"} 12.5
# HELP vitalsigns_collector_failures_total Times a collector failed, so that its families were left out, by cause; that a scraper had no time for it is none.
# TYPE vitalsigns_collector_failures_total counter
# HELP vitalsigns_collector_last_success_timestamp_seconds When the collector was last read, in seconds since 1970; 0 if it never was.
# TYPE vitalsigns_collector_last_success_timestamp_seconds gauge
# HELP vitalsigns_collector_up Whether the collector could be read for this page: 1 if so, 0 if its families are left out.
# TYPE vitalsigns_collector_up gauge
# HELP vitalsigns_foreign_families_dropped_total Attached metrics of other libraries that were left out of a page.
# TYPE vitalsigns_foreign_families_dropped_total counter
vitalsigns_foreign_families_dropped_total{region="eu",cause="duplicate"} 0
vitalsigns_foreign_families_dropped_total{region="eu",cause="unreadable"} 0
# HELP vitalsigns_foreign_family_dropped Attached metrics of another library that are left out of this page, by name and cause.
# TYPE vitalsigns_foreign_family_dropped gauge
# HELP vitalsigns_native_resolution_halvings_total Times the resolution of a native histogram was halved, because its values fell into more than 160 buckets.
# TYPE vitalsigns_native_resolution_halvings_total counter
# HELP vitalsigns_observations_rejected_total Values that were no measurement (NaN, infinite, or negative where that is impossible) and were not recorded.
# TYPE vitalsigns_observations_rejected_total counter
vitalsigns_observations_rejected_total{region="eu",metric="shop_checkout_order_duration_seconds"} 3
vitalsigns_observations_rejected_total{region="eu",metric="shop_checkout_shipped_grams_total"} 1
# HELP vitalsigns_series_overflow_total Look-ups of a series whose label values were beyond a cap and were folded into one.
# TYPE vitalsigns_series_overflow_total counter
vitalsigns_series_overflow_total{region="eu",metric="shop_checkout_orders_total"} 2
"##
    );
}

#[test]
fn the_openmetrics_page_has_the_same_samples() {
    let registry = recorded();
    let samples = |page: String| -> Vec<String> {
        page.lines()
            .filter(|line| !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    let open_metrics = registry.render(Format::OpenMetrics);
    assert!(open_metrics.contains("# TYPE shop_checkout_orders counter\n"));
    assert!(open_metrics.contains("# TYPE shop_checkout_build info\n"));
    assert!(open_metrics.contains("# TYPE shop_checkout_offer stateset\n"));
    assert!(open_metrics.contains("# UNIT shop_checkout_shipped_grams grams\n"));
    assert!(open_metrics.contains("Time \\\"spent\\\" on an order"));
    assert!(open_metrics.ends_with("# EOF\n"));
    assert_eq!(
        samples(open_metrics),
        samples(registry.render(Format::Text))
    );
}
