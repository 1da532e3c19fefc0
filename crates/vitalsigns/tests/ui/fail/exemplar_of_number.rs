use vitalsigns::{Counter, MetricGroup, Registry};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(exemplars)]
    orders_total: Counter,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.orders_total.inc_with(17);
}
