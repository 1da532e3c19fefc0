use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(cap = "many")]
    campaign: String,
    #[label(cap = -1)]
    medium: String,
    #[label(cap)]
    source: String,
}

fn main() {}
