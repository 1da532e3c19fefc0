use vitalsigns::{Counter, MetricGroup};

#[derive(MetricGroup)]
#[metrics(prefix = "shop")]
#[metrics(prefix = "floor")]
struct Shop {
    /// Help.
    orders_total: Counter,
}

fn main() {}
