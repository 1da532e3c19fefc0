use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(cap = 99999999999999999999)]
    campaign: String,
}

fn main() {}
