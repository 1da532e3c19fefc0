use vitalsigns::{Counter, MetricGroup, Registry};

#[derive(MetricGroup)]
struct Shop {
    orders_total: Counter,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.orders_total.inc();
}
