use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    paid: Option<bool>,
}

fn main() {}
