use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(cap = 0)]
    campaign: String,
}

fn main() {}
