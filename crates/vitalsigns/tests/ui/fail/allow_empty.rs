use vitalsigns::LabelSet;

#[derive(LabelSet)]
struct Order {
    #[label(cap = 100, allow = "")]
    user_id: String,
    #[label(cap = 100, allow = " ")]
    email: String,
}

fn main() {}
