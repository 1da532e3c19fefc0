use vitalsigns::{Counter, Family, LabelSet, MetricGroup};

#[derive(LabelSet)]
struct Order<'a> {
    #[label(cap = 5)]
    campaign: &'a str,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Family<Order, Counter>,
}

fn main() {}
