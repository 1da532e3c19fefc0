use vitalsigns::{Counter, Family, LabelSet, MetricGroup, Registry};

#[derive(LabelSet)]
struct Order<'a> {
    #[label(cap = 0)]
    campaign: &'a str,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Family<Order<'static>, Counter>,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.orders_total.with(&Order { campaign: "spring" }).inc();
}
