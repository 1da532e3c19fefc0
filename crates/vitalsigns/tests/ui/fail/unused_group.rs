#![deny(dead_code)]

use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Counter,
}

fn main() {}
