use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    campaign: String,
}

fn main() {}
