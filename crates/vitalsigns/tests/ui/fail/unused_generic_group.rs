#![deny(dead_code)]

use vitalsigns::{Counter, Family, LabelSet, LabelValue, MetricGroup};

#[derive(LabelSet)]
struct Order<T> {
    plan: T,
}

#[derive(MetricGroup)]
struct Shop<T: LabelValue> {
    /// Help.
    orders_total: Family<Order<T>, Counter>,
}

fn main() {}
