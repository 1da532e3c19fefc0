use vitalsigns::{Family, Info, LabelSet, MetricGroup};

#[derive(LabelSet)]
struct Plan {
    paid: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    build_info: Family<Plan, Info<Plan>>,
}

fn main() {}
