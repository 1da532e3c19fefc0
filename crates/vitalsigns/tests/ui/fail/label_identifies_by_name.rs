use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(cap = 100, name = "user_id")]
    who: String,
}

fn main() {}
