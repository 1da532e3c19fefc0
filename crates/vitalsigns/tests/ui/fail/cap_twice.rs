use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(cap = 5, cap = 6)]
    campaign: String,
}

fn main() {}
