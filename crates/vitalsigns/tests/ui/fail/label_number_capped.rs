use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(cap = 5)]
    lines: u64,
}

fn main() {}
