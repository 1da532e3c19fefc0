use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(cap = 100, allow = "there are few")]
    route: String,
}

fn main() {}
