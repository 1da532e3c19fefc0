use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
struct Shop {
    orders_total: Counter,
    /// Orders that came back.
    returns_total: Counter,
    ///
    refunds_total: Counter,
    #[doc(hidden)]
    complaints_total: Counter,
}

fn main() {}
