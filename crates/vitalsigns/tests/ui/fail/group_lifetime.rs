use std::marker::PhantomData;
use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop<'a> {
    /// Orders.
    orders_total: Counter,
    shop: PhantomData<&'a str>,
}

fn main() {}
