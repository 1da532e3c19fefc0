use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    le: bool,
    quantile: bool,
    job: bool,
    instance: bool,
    __x: bool,
}

fn main() {}
