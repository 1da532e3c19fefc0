use vitalsigns::{LabelSet, LabelValue};

#[derive(LabelValue)]
enum Plan {
    Free,
    Team,
}

#[derive(LabelSet)]
struct Order {
    #[label(cap = 2)]
    plan: Plan,
}

fn main() {}
