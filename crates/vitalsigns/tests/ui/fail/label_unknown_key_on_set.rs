use vitalsigns::LabelSet;

#[derive(LabelSet)]
#[label(cap = 5)]
struct Order {
    paid: bool,
}

fn main() {}
