use vitalsigns::{Family, LabelSet, MetricGroup, StateSet};

#[derive(LabelSet)]
struct Door {
    front: bool,
}

#[derive(MetricGroup)]
struct Shop {
    /// Help.
    #[metric(exemplars)]
    door_open: Family<Door, StateSet<bool>>,
}

fn main() {}
