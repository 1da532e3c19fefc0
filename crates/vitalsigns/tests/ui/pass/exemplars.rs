//! Every metric that can keep exemplars, and everything that an exemplar can be.

#![deny(warnings)]

use vitalsigns::{
    Counter, Exemplar, Family, Histogram, LabelSet, MetricGroup, Registry, TraceContext,
};

#[derive(LabelSet)]
struct Paid {
    paid: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Orders.
    #[metric(exemplars)]
    orders_total: Counter,
    /// Time.
    #[metric(exemplars, max_series = 3)]
    spent_seconds_total: Family<Paid, Counter<f64>>,
    /// Time.
    #[metric(exemplars)]
    #[metric(histogram = "native")]
    order_seconds: Family<Paid, Histogram>,
    /// Lines.
    #[metric(buckets = [1, 2], exemplars)]
    order_lines: Histogram,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    let text = String::from("A-17");
    let pairs = vec![("order", text.as_str())];
    let exemplar = Exemplar::new(&pairs);
    shop.orders_total.inc_with(exemplar);
    shop.orders_total.inc_with(&exemplar);
    shop.orders_total.add_with(2, pairs.as_slice());
    shop.orders_total.inc_with(&[("order", text.as_str())]);
    let trace = TraceContext::from_ids([1; 16], [2; 8], true);
    let spent = shop.spent_seconds_total.with(&Paid { paid: true });
    spent.add_with(0.5, trace);
    shop.order_seconds.with(&Paid { paid: true }).observe_with(0.5, trace.unwrap());
    shop.order_lines.observe_with(3, trace);
    assert_eq!(shop.orders_total.get(), 5);
}
