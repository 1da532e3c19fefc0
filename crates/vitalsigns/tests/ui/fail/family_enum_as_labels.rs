use vitalsigns::{Counter, Family, LabelValue, MetricGroup};

#[derive(LabelValue)]
enum Plan {
    Free,
    Team,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    orders_total: Family<Plan, Counter>,
}

fn main() {}
