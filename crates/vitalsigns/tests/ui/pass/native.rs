//! Every kind of histogram.

#![deny(warnings)]

use vitalsigns::{Family, Histogram, LabelSet, MetricGroup, Registry};

#[derive(LabelSet)]
struct Paid {
    paid: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Native, without a unit that bounds would follow from.
    #[metric(histogram = "native")]
    order_lines: Histogram,
    /// Native, with labels.
    #[metric(histogram = "native")]
    order_seconds: Family<Paid, Histogram>,
    /// Both, with the bounds of the unit.
    #[metric(histogram = "both")]
    reply_seconds: Histogram,
    /// Both, with bounds of its own.
    #[metric(histogram = "both", buckets = [1, 2])]
    returned_lines: Histogram,
    /// What it is without a word.
    #[metric(histogram = "classic")]
    wait_seconds: Histogram,
}

fn main() {
    let shop = Shop::register(&Registry::new()).unwrap();
    shop.order_lines.observe(3);
    shop.order_seconds.with(&Paid { paid: true }).observe(0.2);
    shop.reply_seconds.observe(0.2);
    shop.returned_lines.observe(1);
    shop.wait_seconds.observe(1);
    assert_eq!(shop.order_lines.count(), 1);
}
