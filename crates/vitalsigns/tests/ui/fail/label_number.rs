use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    lines: u64,
}

fn main() {}
